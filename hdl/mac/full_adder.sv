// SPDX-License-Identifier: MIT
`default_nettype none
// One bit of a sum: two exclusive ors and the carry from their intermediate result. Without parameters; every adder and every
// carry-save row of the multiply-add cells is made of it, so that their gates stay where a datapath would have them.
module full_adder (
  input  wire logic a_i,
  input  wire logic b_i,
  input  wire logic c_i,
  output wire logic sum_o,
  output wire logic carry_o
);
  wire half = a_i ^ b_i;

  assign sum_o   = half ^ c_i;
  assign carry_o = ~(~(a_i & b_i) & ~(half & c_i));
endmodule
`resetall
