// SPDX-License-Identifier: MIT
`default_nettype none
// UART receiver, 8N1: samples in the middle of each bit. A byte whose stop bit is not high is dropped, and the line must go
// high before the next start bit counts.
//   CLOCKS_PER_BIT  clocks of one bit, >= 4 (default 12)
module uart_rx #(
  parameter int CLOCKS_PER_BIT = 12
) (
  input  wire logic       clk_i,
  input  wire logic       rst_i,
  input  wire logic       rx_i,      // asynchronous, idle high
  output logic            valid_o,   // one clock per byte; bytes are at least 9.5 bits apart
  output logic      [7:0] data_o
);
  localparam int CW = $clog2(CLOCKS_PER_BIT);

  logic [2:0]    line_q = '1;        // synchroniser, and the value before
  logic [3:0]    bit_q = '0;         // samples left: 10 start, 9..2 data, 1 stop; 0 waiting
  logic [CW-1:0] count_q = '0;
  logic [7:0]    data_q = '0;
  logic          valid_q = 1'b0;

  always_ff @(posedge clk_i) begin
    line_q  <= {line_q[1:0], rx_i};
    valid_q <= 1'b0;
    if (rst_i) begin
      line_q <= '1;
      bit_q  <= '0;
    end else if (bit_q == '0) begin
      count_q <= CW'(CLOCKS_PER_BIT / 2 - 1);
      if (line_q[2] && !line_q[1]) bit_q <= 4'd10;
    end else if (count_q != '0) begin
      count_q <= count_q - CW'(1);
    end else begin
      count_q <= CW'(CLOCKS_PER_BIT - 1);
      bit_q   <= bit_q - 4'd1;
      if (bit_q == 4'd10) begin
        if (line_q[1]) bit_q <= '0;  // too short for a start bit
      end else if (bit_q == 4'd1) begin
        valid_q <= line_q[1];
      end else begin
        data_q <= {line_q[1], data_q[7:1]};
      end
    end
  end

  assign valid_o = valid_q;
  assign data_o  = data_q;
endmodule
`resetall
