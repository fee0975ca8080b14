// SPDX-License-Identifier: MIT
`default_nettype none
// One lane: operand memory, Gram memory and multiply-accumulate cell. Lane l of N owns the columns J*N + l.
//   DW             operand width in bits (default 18)
//   AW             accumulator width in bits (default 48)
//   OPERAND_DEPTH  operand words (default 1024)
//   GRAM_DEPTH     Gram words (default 1024)
module lane #(
  parameter int DW = 18,
  parameter int AW = 48,
  parameter int OPERAND_DEPTH = 1024,
  parameter int GRAM_DEPTH = 1024
) (
  input  wire logic                             clk_i,
  // operand memory
  input  wire logic                             a_re_i,
  input  wire logic [$clog2(OPERAND_DEPTH)-1:0] a_addr_i,
  input  wire logic                             b_re_i,
  input  wire logic                             b_we_i,
  input  wire logic [$clog2(OPERAND_DEPTH)-1:0] b_addr_i,
  input  wire logic [DW-1:0]                    b_wdata_i,
  output logic      [DW-1:0]                    a_data_o,
  output logic      [DW-1:0]                    b_data_o,
  // multiply-accumulate; scalar_i is the broadcast operand, the lane's own operand is a_data_o
  input  wire logic                             en_op_i,
  input  wire logic                             en_mul_i,
  input  wire logic                             en_acc_i,
  input  wire logic                             load_i,
  input  wire logic                             base_en_i,  // start from the Gram word read, else from 0
  input  wire logic signed [DW-1:0]             scalar_i,
  output logic      [AW-1:0]                    acc_o,
  // Gram memory
  input  wire logic                             g_re_i,
  input  wire logic [$clog2(GRAM_DEPTH)-1:0]    g_raddr_i,
  input  wire logic                             g_we_i,
  input  wire logic [$clog2(GRAM_DEPTH)-1:0]    g_waddr_i,
  input  wire logic                             g_wsel_i,   // 1: write the host word, 0: write the sum
  input  wire logic [AW-1:0]                    g_wdata_i,
  output logic      [AW-1:0]                    g_data_o
);
  logic [AW-1:0]        base;
  logic signed [AW-1:0] acc;

  assign base  = g_data_o & {AW{base_en_i}};
  assign acc_o = acc;

  ram_2r1w #(.WIDTH(DW), .DEPTH(OPERAND_DEPTH)) u_operand (
    .clk_i(clk_i),
    .a_re_i(a_re_i), .a_addr_i(a_addr_i), .a_data_o(a_data_o),
    .b_re_i(b_re_i), .b_we_i(b_we_i), .b_addr_i(b_addr_i), .b_data_i(b_wdata_i), .b_data_o(b_data_o)
  );

  mac_dsp #(.DW(DW), .AW(AW)) u_mac (
    .clk_i(clk_i),
    .en_op_i(en_op_i), .en_mul_i(en_mul_i), .en_acc_i(en_acc_i), .load_i(load_i),
    .a_i(scalar_i), .b_i(a_data_o), .base_i(base), .acc_o(acc)
  );

  ram_1r1w #(.WIDTH(AW), .DEPTH(GRAM_DEPTH)) u_gram (
    .clk_i(clk_i),
    .re_i(g_re_i), .raddr_i(g_raddr_i), .rdata_o(g_data_o),
    .we_i(g_we_i), .waddr_i(g_waddr_i), .wdata_i(g_wsel_i ? g_wdata_i : acc)
  );
endmodule
`resetall
