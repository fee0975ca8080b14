// SPDX-License-Identifier: MIT
`default_nettype none
// Simulation model of the ECP5 cell MULT18X18D, written for this project from the documented behaviour of the block: Yosys ships
// the cell as a black box. It was not compared with the vendor's model or with a part. Only what mac_dsp needs is modelled:
// signed operands in their input registers and the product in the output register, each with its clock enable; anything else
// stops the simulation.
module MULT18X18D #(
  parameter REG_INPUTA_CLK = "NONE",
  parameter REG_INPUTA_CE = "CE0",
  parameter REG_INPUTB_CLK = "NONE",
  parameter REG_INPUTB_CE = "CE0",
  parameter REG_PIPELINE_CLK = "NONE",
  parameter REG_OUTPUT_CLK = "NONE",
  parameter REG_OUTPUT_CE = "CE0",
  parameter GSR = "ENABLED",
  parameter RESETMODE = "SYNC"
) (
  input  wire logic A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15, A16, A17,
  input  wire logic B0, B1, B2, B3, B4, B5, B6, B7, B8, B9, B10, B11, B12, B13, B14, B15, B16, B17,
  input  wire logic C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15, C16, C17,
  input  wire logic SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
  input  wire logic CLK0, CLK1, CLK2, CLK3,
  input  wire logic CE0, CE1, CE2, CE3,
  input  wire logic RST0, RST1, RST2, RST3,
  output logic      P0, P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12, P13, P14, P15, P16, P17,
  output logic      P18, P19, P20, P21, P22, P23, P24, P25, P26, P27, P28, P29, P30, P31, P32, P33, P34, P35
);
  logic signed [17:0] a, b;
  logic signed [17:0] a_q = '0, b_q = '0;
  logic signed [35:0] p_q = '0;
  logic               ce_a, ce_b, ce_p;

  assign a = {A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0};
  assign b = {B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0};
  assign ce_a = (REG_INPUTA_CE == "CE0") ? CE0 : (REG_INPUTA_CE == "CE1") ? CE1 : (REG_INPUTA_CE == "CE2") ? CE2 : CE3;
  assign ce_b = (REG_INPUTB_CE == "CE0") ? CE0 : (REG_INPUTB_CE == "CE1") ? CE1 : (REG_INPUTB_CE == "CE2") ? CE2 : CE3;
  assign ce_p = (REG_OUTPUT_CE == "CE0") ? CE0 : (REG_OUTPUT_CE == "CE1") ? CE1 : (REG_OUTPUT_CE == "CE2") ? CE2 : CE3;

  always_ff @(posedge CLK0) begin
    if (ce_a) a_q <= a;
    if (ce_b) b_q <= b;
    if (ce_p) p_q <= a_q * b_q;
  end

  assign {P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18,
          P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0} = p_q;

`ifndef SYNTHESIS
  initial begin
    if (REG_INPUTA_CLK != "CLK0" || REG_INPUTB_CLK != "CLK0" || REG_PIPELINE_CLK != "NONE" || REG_OUTPUT_CLK != "CLK0") begin
      $display("MULT18X18D: only input and output registers on CLK0 are modelled");
      $finish;
    end
  end
`endif

  logic unused;
  assign unused = &{1'b0, SIGNEDA, SIGNEDB, SOURCEA, SOURCEB, CLK1, CLK2, CLK3, CE2, CE3, RST0, RST1, RST2, RST3,
                    C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15, C16, C17};
endmodule
`resetall
