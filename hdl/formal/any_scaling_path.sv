// SPDX-License-Identifier: MIT
`default_nettype none
// Stands for scaling_path in proofs of control: its times, with a short one for the pivot (the drain waits for its signals and
// knows no length); its words may be anything.
module scaling_path #(
  parameter int DW = 18,
  parameter int AW = 48,
  parameter int LIMBS = 1,
  parameter int SW = 49,
  parameter int CW = 22
) (
  input  wire logic          clk_i,
  input  wire logic          rst_i,
  input  wire logic          two_i,
  input  wire logic          valid_i,
  input  wire logic          pivot_i,
  input  wire logic          mask_i,
  input  wire logic [SW-1:0] s_i,
  input  wire logic [CW-1:0] scaling_i,
  output logic               soon_o,
  output logic               done_o,
  output logic               low_o,
  output logic               high_o,
  output logic      [CW-1:0] scaling_o,
  output logic               valid_o,
  output logic      [DW-1:0] result_o,
  output logic      [DW-1:0] result_low_o,
  output logic               clipped_o
);
  logic [6:0] pivot_q = '0;
  logic [2:0] valid_q = '0;
  logic       unused;

  always_ff @(posedge clk_i) begin
    pivot_q <= rst_i ? '0 : {pivot_q[5:0], pivot_i};
    valid_q <= rst_i ? '0 : {valid_q[1:0], valid_i};
  end

  assign soon_o       = pivot_q[1];
  assign done_o       = pivot_q[6];
  assign valid_o      = valid_q[2];
  assign low_o        = 1'b0;
  assign high_o       = 1'b0;
  assign clipped_o    = 1'b0;
  assign scaling_o    = '0;
  assign result_o     = '0;
  assign result_low_o = '0;
  assign unused       = &{1'b0, two_i, mask_i, s_i, scaling_i};
endmodule
`resetall
