// SPDX-License-Identifier: MIT
`default_nettype none
`timescale 1ns / 1ns
// Test bench of the board shell: plays bytes on the line and prints what comes back. Not synthesisable.
// One number per line of the script, hexadecimal: below 100 a byte, from 100 on that many clocks of silence (less 100).
// Prints the bytes the shell sends, one per line; an unknown level of the line shows as xx.
// The parameters are those of board_shell; a netlist (TB_NETLIST) has its own built in and must have 4 clocks per bit.
module tb_shell #(
  parameter int N = 2,
  parameter int DW = 16,
  parameter int AW = 36,
  parameter int OPERAND_DEPTH = 64,
  parameter int GRAM_DEPTH = 64,
  parameter int MAX_FEATURES = 8,
  parameter int LIMBS = 1,
  parameter int RX_BYTES = 512,
  parameter int MAX_PAYLOAD = 256
);
  logic clk = 1'b0, rst = 1'b1, rx = 1'b1, tx, led;

`ifdef TB_NETLIST
  board_shell dut (
`else
  board_shell #(
    .N(N), .DW(DW), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .MAX_FEATURES(MAX_FEATURES), .LIMBS(LIMBS),
    .RX_BYTES(RX_BYTES), .MAX_PAYLOAD(MAX_PAYLOAD), .CLOCK_HZ(4000000), .BAUD(1000000)
  ) dut (
`endif
    .clk_i(clk), .rst_i(rst), .uart_rx_i(rx), .uart_tx_o(tx), .led_o(led)
  );

  always #5 clk = !clk;

  // The line back, sampled in the middle of each bit.
  integer     left = 0, count = 0;
  logic [7:0] heard = '0;
  always @(negedge clk) begin
    if (left == 0) begin
      if (tx !== 1'b1 && !rst) begin
        left  = 10;
        count = 2;
      end
    end else begin
      count = count - 1;
      if (count == 0) begin
        count = 4;
        left  = left - 1;
        if (left == 0) $display("%h", heard);
        else heard = {tx, heard[7:1]};
      end
    end
  end

  string       path;
  integer      file, got, n;
  logic [31:0] value;
  initial begin
    if (!$value$plusargs("script=%s", path)) $fatal(1, "no +script");
    file = $fopen(path, "r");
    if (file == 0) $fatal(1, "cannot open the script");
    for (n = 0; n < 4; n = n + 1) @(negedge clk);
    rst = 1'b0;
    while (!$feof(file)) begin
      got = $fscanf(file, "%h", value);
      if (got == 1 && value >= 256) begin
        for (n = 256; n < value; n = n + 1) @(negedge clk);
      end else if (got == 1) begin
        for (n = 0; n < 40; n = n + 1) begin
          rx = (n < 4) ? 1'b0 : (n >= 36) ? 1'b1 : value[(n - 4) / 4];
          @(negedge clk);
        end
      end
    end
    $finish;
  end
endmodule
`resetall
