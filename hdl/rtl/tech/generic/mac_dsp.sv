// SPDX-License-Identifier: MIT
`default_nettype none
// Pipelined multiply-accumulate cell: acc = (load ? base : acc) + a * b, three clocks from operands to sum.
// The stages match the registers of a DSP block (operands, product, sum); a family variant replaces this file.
//   DW  operand width in bits (8..25, default 18)
//   AW  accumulator width in bits (2*DW+2..48, default 48); sums are exact modulo 2^AW
module mac_dsp #(
  parameter int DW = 18,
  parameter int AW = 48
) (
  input  wire logic                 clk_i,
  input  wire logic                 en_op_i,   // take a_i and b_i
  input  wire logic                 en_mul_i,  // one clock after en_op_i
  input  wire logic                 en_acc_i,  // two clocks after en_op_i
  input  wire logic                 load_i,    // with en_acc_i: start from base_i
  input  wire logic signed [DW-1:0] a_i,
  input  wire logic signed [DW-1:0] b_i,
  input  wire logic signed [AW-1:0] base_i,
  output logic      signed [AW-1:0] acc_o
);
  logic signed [DW-1:0]   a_q = '0;
  logic signed [DW-1:0]   b_q = '0;
  logic signed [2*DW-1:0] p_q = '0;
  logic signed [AW-1:0]   acc_q = '0;

  always_ff @(posedge clk_i) begin
    if (en_op_i) begin
      a_q <= a_i;
      b_q <= b_i;
    end
    if (en_mul_i) p_q <= a_q * b_q;
    if (en_acc_i) acc_q <= (load_i ? base_i : acc_q) + AW'(p_q);
  end

  assign acc_o = acc_q;
endmodule
`resetall
