// SPDX-License-Identifier: MIT
`default_nettype none
// Multiply-accumulate cell for Xilinx 7 series: one DSP48E1 holds operands (A2, B2), product (M) and sum (P); OPMODE chooses
// between the base on C and the sum so far. Nothing is left in fabric. Ports and clocks: ../generic/mac_dsp.sv.
//   DW  operand width in bits (8..18, default 18): the block multiplies 25 by 18 bits
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
  if (DW > 18) begin : gen_illegal_dw
`ifdef __ICARUS__
    illegal_DW_must_be_at_most_18 illegal ();
`else
    $error("illegal DW: one DSP48E1 takes 18 bits of both operands");
`endif
  end

  // OPMODE: X and Y carry the product, Z the base on C or the sum in P.
  localparam logic [6:0] StartFromC = 7'b0110101;
  localparam logic [6:0] AddToP     = 7'b0100101;

  logic signed [29:0] a;
  logic signed [17:0] b;
  logic signed [47:0] c, p;
  logic               unused;

  assign a = 30'(a_i);
  assign b = 18'(b_i);
  assign c = 48'(base_i);

  DSP48E1 #(
    .ACASCREG(1), .AREG(1), .BCASCREG(1), .BREG(1), .ADREG(0), .DREG(0), .CREG(0), .MREG(1), .PREG(1),
    .ALUMODEREG(0), .CARRYINREG(0), .CARRYINSELREG(0), .INMODEREG(0), .OPMODEREG(0)
  ) u_dsp (
    .CLK(clk_i),
    .A(a), .B(b), .C(c), .D(25'd0),
    .OPMODE(load_i ? StartFromC : AddToP), .ALUMODE(4'b0000), .INMODE(5'b00000),
    .CARRYIN(1'b0), .CARRYINSEL(3'b000),
    .CEA1(1'b0), .CEA2(en_op_i), .CEB1(1'b0), .CEB2(en_op_i), .CEM(en_mul_i), .CEP(en_acc_i),
    .CEAD(1'b0), .CEALUMODE(1'b0), .CEC(1'b0), .CECARRYIN(1'b0), .CECTRL(1'b0), .CED(1'b0), .CEINMODE(1'b0),
    .RSTA(1'b0), .RSTALLCARRYIN(1'b0), .RSTALUMODE(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTCTRL(1'b0), .RSTD(1'b0),
    .RSTINMODE(1'b0), .RSTM(1'b0), .RSTP(1'b0),
    .ACIN(30'd0), .BCIN(18'd0), .PCIN(48'd0), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0),
    .P(p), .ACOUT(), .BCOUT(), .PCOUT(), .CARRYCASCOUT(), .CARRYOUT(), .MULTSIGNOUT(), .OVERFLOW(), .UNDERFLOW(),
    .PATTERNDETECT(), .PATTERNBDETECT()
  );

  assign acc_o  = p[AW-1:0];
  assign unused = &{1'b0, p};
endmodule
`resetall
