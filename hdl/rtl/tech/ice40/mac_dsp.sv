// SPDX-License-Identifier: MIT
`default_nettype none
// Multiply-accumulate cell for iCE40 UltraPlus: one SB_MAC16 multiplies, its input registers hold the operands and its output
// registers the product; the accumulator is wider than the block's and stays in fabric. Ports and clocks: ../generic/mac_dsp.sv.
//   DW  operand width in bits (8..16, default 16): the block multiplies 16 bits
//   AW  accumulator width in bits (2*DW+2..48, default 48); sums are exact modulo 2^AW
module mac_dsp #(
  parameter int DW = 16,
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
  if (DW > 16) begin : gen_illegal_dw
`ifdef __ICARUS__
    illegal_DW_must_be_at_most_16 illegal ();
`else
    $error("illegal DW: the multiplier of iCE40 takes 16 bits");
`endif
  end

  logic signed [15:0]   a, b;
  logic signed [31:0]   p;
  logic signed [AW-1:0] acc_q = '0;

  assign a = 16'(a_i);
  assign b = 16'(b_i);

  // The product passes the block's adder with 0, because the output registers can hold and the product's own register cannot.
  SB_MAC16 #(
    .A_REG(1'b1), .B_REG(1'b1), .A_SIGNED(1'b1), .B_SIGNED(1'b1),
    .TOPOUTPUT_SELECT(2'd1), .TOPADDSUB_LOWERINPUT(2'd2), .TOPADDSUB_UPPERINPUT(1'b1), .TOPADDSUB_CARRYSELECT(2'd0),
    .BOTOUTPUT_SELECT(2'd1), .BOTADDSUB_LOWERINPUT(2'd2), .BOTADDSUB_UPPERINPUT(1'b1), .BOTADDSUB_CARRYSELECT(2'd0)
  ) u_mac (
    .CLK(clk_i), .CE(1'b1),
    .A(a), .B(b), .C(16'd0), .D(16'd0),
    .AHOLD(!en_op_i), .BHOLD(!en_op_i), .CHOLD(1'b0), .DHOLD(1'b0),
    .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0), .ORSTBOT(1'b0),
    .OLOADTOP(1'b0), .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0),
    .OHOLDTOP(!en_mul_i), .OHOLDBOT(!en_mul_i),
    .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0),
    .O(p), .CO(), .ACCUMCO(), .SIGNEXTOUT()
  );

  always_ff @(posedge clk_i) begin
    if (en_acc_i) acc_q <= (load_i ? base_i : acc_q) + AW'(p);
  end

  assign acc_o = acc_q;
endmodule
`resetall
