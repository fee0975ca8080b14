// SPDX-License-Identifier: MIT
`default_nettype none
// Stands for mac_dsp in proofs of control: its sum may be anything.
module mac_dsp #(
  parameter int DW = 18,
  parameter int AW = 48
) (
  input  wire logic                 clk_i,
  input  wire logic                 en_op_i, en_mul_i, en_acc_i, load_i,
  input  wire logic signed [DW-1:0] a_i, b_i,
  input  wire logic signed [AW-1:0] base_i,
  output logic      signed [AW-1:0] acc_o
);
  (* anyseq *) logic signed [AW-1:0] any;
  logic unused;

  assign acc_o  = any;
  assign unused = &{1'b0, clk_i, en_op_i, en_mul_i, en_acc_i, load_i, a_i, b_i, base_i};
endmodule
`resetall
