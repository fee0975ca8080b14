// SPDX-License-Identifier: MIT
`default_nettype none
// Proves the UART: a byte taken by the transmitter comes out of a receiver on the same line, once, within eleven bits, while
// further bytes follow at any pace.
module uart_f #(
  parameter int CLOCKS_PER_BIT = 4
) (
  input wire logic clk_i,
  input wire logic valid_i
);
  // Bytes alternate between two, any; the receiver may still owe one when the next is taken.
  (* anyconst *) logic [7:0] even;
  (* anyconst *) logic [7:0] odd;
  logic       rst_q = 1'b1, turn_q = 1'b0, begun_q = 1'b0;
  logic [1:0] owed_q = '0;
  logic [7:0] age_q = '0;
  logic       ready, line, received, take;
  logic [7:0] data, expected;

  assign take     = !rst_q && valid_i && ready;
  assign expected = (turn_q == (owed_q == 2'd2)) ? odd : even;  // the oldest byte owed

  uart_tx #(.CLOCKS_PER_BIT(CLOCKS_PER_BIT)) u_tx (
    .clk_i(clk_i), .rst_i(rst_q), .valid_i(valid_i), .ready_o(ready), .data_i(turn_q ? odd : even), .tx_o(line)
  );
  uart_rx #(.CLOCKS_PER_BIT(CLOCKS_PER_BIT)) u_rx (
    .clk_i(clk_i), .rst_i(rst_q), .rx_i(line), .valid_o(received), .data_o(data)
  );

  always_ff @(posedge clk_i) begin
    rst_q  <= 1'b0;
    owed_q <= owed_q + 2'(take) - 2'(received);
    age_q  <= take ? 8'd1 : age_q + 8'd1;
    if (take) turn_q <= !turn_q;
    if (take) begun_q <= 1'b1;
  end

  always_comb begin
    // An idle transmitter waits in one state: the first byte may as well come at once.
    if (!rst_q && !begun_q) m_first: assume (valid_i);
    if (!rst_q) begin
      if (received) a_byte: assert (owed_q != '0 && data == expected);
      if (owed_q == 2'd1) a_time: assert (32'(age_q) <= 11 * CLOCKS_PER_BIT);
      if (owed_q == 2'd2) a_late: assert (32'(age_q) <= CLOCKS_PER_BIT);
      if (take) a_once: assert (owed_q < 2'd2);
      if (owed_q == '0 && ready) a_idle: assert (line);
    end
    c_byte: cover (received && data == 8'h5a);
  end
endmodule
`resetall
