// SPDX-License-Identifier: MIT
`default_nettype none
// One lane: operand memory, Gram memory, multiply-accumulate cell, the copy of a complete sum, and the collected result.
// Lane l of N owns the columns J*N + l. Copies leave over a chain of the lanes: lane l hands its own to lane l-1.
//   DW             operand width in bits (default 18)
//   AW             accumulator width in bits (default 48)
//   OPERAND_DEPTH  operand words (default 1024)
//   GRAM_DEPTH     Gram words (default 1024)
//   LIMBS          2 with words of two limbs, else 1 (default 1)
module lane #(
  parameter int DW = 18,
  parameter int AW = 48,
  parameter int OPERAND_DEPTH = 1024,
  parameter int GRAM_DEPTH = 1024,
  parameter int LIMBS = 1
) (
  input  wire logic                             clk_i,
  // operand memory; port B also writes: the host's word, or a collected result
  input  wire logic                             a_re_i,
  input  wire logic [$clog2(OPERAND_DEPTH)-1:0] a_addr_i,
  input  wire logic                             b_re_i,
  input  wire logic                             b_we_i,
  input  wire logic [$clog2(OPERAND_DEPTH)-1:0] b_addr_i,
  input  wire logic                             b_host_i,
  input  wire logic [DW-1:0]                    b_wdata_i,
  output logic      [DW-1:0]                    b_data_o,
  // multiply-accumulate: scalar_i is the broadcast operand, the lane's own comes from port A
  input  wire logic                             en_op_i,
  input  wire logic                             en_mul_i,
  input  wire logic                             en_acc_i,
  input  wire logic                             load_i,
  input  wire logic                             base_en_i,  // start from the Gram word read, else from 0
  input  wire logic                             neg_i,      // subtract: the base enters and the sum leaves inverted
  input  wire logic signed [DW-1:0]             scalar_i,
  // copies: of the sum, and with two limbs of the sum before (hi*lo + lo*hi)
  input  wire logic                             copy_i,
  input  wire logic                             copy_cross_i,
  input  wire logic                             shift_i,
  input  wire logic [AW-1:0]                    copy_next_i,
  input  wire logic [AW-1:0]                    cross_next_i,
  output logic      [AW-1:0]                    copy_o,
  output logic      [AW-1:0]                    cross_o,
  // result
  input  wire logic                             result_en_i,
  input  wire logic [DW-1:0]                    result_i,
  input  wire logic [DW-1:0]                    result_low_i,
  input  wire logic                             write_low_i,
  // Gram memory
  input  wire logic                             g_re_i,
  input  wire logic [$clog2(GRAM_DEPTH)-1:0]    g_raddr_i,
  input  wire logic                             g_we_i,
  input  wire logic [$clog2(GRAM_DEPTH)-1:0]    g_waddr_i,
  input  wire logic                             g_wsel_i,   // 1: write g_wdata_i, 0: write the sum
  input  wire logic [AW-1:0]                    g_wdata_i,
  output logic      [AW-1:0]                    g_data_o
);
  logic [AW-1:0]        base, copy_q = '0;
  logic [DW-1:0]        a_data, result_q = '0, result;
  logic signed [AW-1:0] acc;

  // base - sum = ~(~base + sum)
  assign base = (g_data_o ^ {AW{neg_i}}) & {AW{base_en_i}};

  always_ff @(posedge clk_i) begin
    if (copy_i) copy_q <= acc;
    else if (shift_i) copy_q <= copy_next_i;
    if (result_en_i) result_q <= result_i;
  end
  assign copy_o = copy_q;

  if (LIMBS == 2) begin : gen_two
    logic [AW-1:0] cross_q = '0;
    logic [DW-1:0] low_q = '0;
    always_ff @(posedge clk_i) begin
      if (copy_cross_i) cross_q <= copy_q;
      else if (shift_i) cross_q <= cross_next_i;
      if (result_en_i) low_q <= result_low_i;
    end
    assign cross_o = cross_q;
    assign result  = write_low_i ? low_q : result_q;
  end else begin : gen_one
    logic unused;
    assign unused  = &{1'b0, copy_cross_i, cross_next_i, result_low_i, write_low_i};
    assign cross_o = '0;
    assign result  = result_q;
  end

  ram_2r1w #(.WIDTH(DW), .DEPTH(OPERAND_DEPTH)) u_operand (
    .clk_i(clk_i),
    .a_re_i(a_re_i), .a_addr_i(a_addr_i), .a_data_o(a_data),
    .b_re_i(b_re_i), .b_we_i(b_we_i), .b_addr_i(b_addr_i), .b_data_i(b_host_i ? b_wdata_i : result), .b_data_o(b_data_o)
  );

  mac_dsp #(.DW(DW), .AW(AW)) u_mac (
    .clk_i(clk_i),
    .en_op_i(en_op_i), .en_mul_i(en_mul_i), .en_acc_i(en_acc_i), .load_i(load_i),
    .a_i(scalar_i), .b_i(a_data), .base_i(base), .acc_o(acc)
  );

  ram_1r1w #(.WIDTH(AW), .DEPTH(GRAM_DEPTH)) u_gram (
    .clk_i(clk_i),
    .re_i(g_re_i), .raddr_i(g_raddr_i), .rdata_o(g_data_o),
    .we_i(g_we_i), .waddr_i(g_waddr_i), .wdata_i(g_wsel_i ? g_wdata_i : acc ^ {AW{neg_i}})
  );
endmodule
`resetall
