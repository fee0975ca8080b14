// SPDX-License-Identifier: MIT
`default_nettype none
// UART transmitter, 8N1; bytes follow each other without a pause when they are there in time.
//   CLOCKS_PER_BIT  clocks of one bit, >= 2 (default 12)
module uart_tx #(
  parameter int CLOCKS_PER_BIT = 12
) (
  input  wire logic       clk_i,
  input  wire logic       rst_i,
  input  wire logic       valid_i,
  output logic            ready_o,
  input  wire logic [7:0] data_i,
  output logic            tx_o       // idle high
);
  localparam int CW = $clog2(CLOCKS_PER_BIT);

  logic [3:0]    bit_q = '0;         // bits left, start and stop included
  logic [CW-1:0] count_q = '0;
  logic [8:0]    shift_q = '1;

  assign ready_o = bit_q == '0 || (bit_q == 4'd1 && count_q == '0);
  assign tx_o    = shift_q[0];

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      bit_q   <= '0;
      shift_q <= '1;
    end else if (valid_i && ready_o) begin
      bit_q   <= 4'd10;
      count_q <= CW'(CLOCKS_PER_BIT - 1);
      shift_q <= {data_i, 1'b0};
    end else if (bit_q != '0) begin
      if (count_q != '0) begin
        count_q <= count_q - CW'(1);
      end else begin
        count_q <= CW'(CLOCKS_PER_BIT - 1);
        bit_q   <= bit_q - 4'd1;
        shift_q <= {1'b1, shift_q[8:1]};
      end
    end
  end
endmodule
`resetall
