// SPDX-License-Identifier: MIT
`default_nettype none
`timescale 1ns / 1ps
// Drives a family's mac_dsp and the reference with the same words and counts the clocks in which their sums differ.
// The stimulus, one word per clock {enables and load, a, b, base}, comes from the file named by +stimulus. The first three
// clocks must load both cells: a vendor's model starts with unknown registers.
//   DW, AW  widths as in mac_dsp
//   CLOCKS  words in the file
module tb_mac #(
  parameter int DW = 16,
  parameter int AW = 48,
  parameter int CLOCKS = 16
);
  localparam int Width = 4 + 2 * DW + AW;

  logic                 clk = 1'b0;
  logic [Width-1:0]     words[0:CLOCKS-1];
  logic                 en_op = 1'b0, en_mul = 1'b0, en_acc = 1'b0, load = 1'b0;
  logic signed [DW-1:0] a = '0, b = '0;
  logic signed [AW-1:0] base = '0, acc, expected;
  logic [8*256-1:0]     path;
  integer               differ = 0;

  mac_dsp #(.DW(DW), .AW(AW)) u_cell (
    .clk_i(clk), .en_op_i(en_op), .en_mul_i(en_mul), .en_acc_i(en_acc), .load_i(load),
    .a_i(a), .b_i(b), .base_i(base), .acc_o(acc)
  );
  mac_dsp_reference #(.DW(DW), .AW(AW)) u_reference (
    .clk_i(clk), .en_op_i(en_op), .en_mul_i(en_mul), .en_acc_i(en_acc), .load_i(load),
    .a_i(a), .b_i(b), .base_i(base), .acc_o(expected)
  );

  initial begin
    if (!$value$plusargs("stimulus=%s", path)) $finish;
    $readmemh(path, words);
    for (integer i = 0; i < CLOCKS; i = i + 1) begin
      {en_op, en_mul, en_acc, load, a, b, base} = words[i];
      #5 clk = 1'b1;
      #4 if (i > 2 && acc !== expected) differ = differ + 1;
      #1 clk = 1'b0;
    end
    $display("clocks %0d differ %0d", CLOCKS, differ);
    $finish;
  end
endmodule
`resetall
