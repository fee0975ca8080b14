// SPDX-License-Identifier: MIT
`default_nettype none
// The difference that a block leaves behind, one lane per clock, three clocks deep, exact:
//   one limb    S = floor(base / 2^sh) - acc                                   2F fraction bits
//   two limbs   T = floor(base 2^F / 2^sh) - acc 2^F - cross                   3F fraction bits
//   forgetting  ~(base - floor(base / 2^sh))                                   the new Gram word, inverted
// In the substitutions base is 0: their right-hand side is part of acc and cross.
//   DW     operand width in bits, F = DW - 1 (default 18)
//   AW     accumulator width in bits (default 48)
//   LIMBS  2 with words of two limbs, else 1 (default 1)
//   SW     width of the difference in bits: AW + 1, with two limbs AW + F + 2 (default 49)
module difference #(
  parameter int DW = 18,
  parameter int AW = 48,
  parameter int LIMBS = 1,
  parameter int SW = 49
) (
  input  wire logic          clk_i,
  input  wire logic          rst_i,
  input  wire logic          valid_i,    // acc_i, cross_i, base_i belong to a lane that leaves
  input  wire logic          pivot_i,    // ... belong to a pivot: it is wanted before its lane leaves
  input  wire logic          mask_i,     // ... belong to a lane without a result
  input  wire logic          forget_i,
  input  wire logic          two_i,
  input  wire logic [5:0]    sh_i,
  input  wire logic [AW-1:0] acc_i,
  input  wire logic [AW-1:0] cross_i,
  input  wire logic [AW-1:0] base_i,
  output logic               valid_o,
  output logic               pivot_o,
  output logic               mask_o,
  output logic      [SW-1:0] s_o
);
  localparam int F  = DW - 1;
  localparam int BW = (LIMBS == 2) ? AW + F : AW;  // base, aligned

  logic [2:0]              valid_q = '0, pivot_q = '0, mask_q = '0;
  logic                    take0, take1, take2;
  logic signed [AW-1:0]    acc0_q = '0, base0_q = '0;
  logic signed [BW-1:0]    base1_q = '0;
  logic signed [SW-1:0]    less1_q = '0, less, s2_q = '0;
  logic signed [BW-1:0]    base_wide;
  logic [SW:0]             sum;

  if (LIMBS == 2) begin : gen_two
    logic signed [AW-1:0] cross0_q = '0;
    always_ff @(posedge clk_i) if (take0 && two_i) cross0_q <= cross_i;
    assign base_wide = two_i ? BW'(base0_q) <<< F : BW'(base0_q);
    assign less      = two_i ? (SW'(acc0_q) <<< F) + SW'(cross0_q) : SW'(acc0_q);
  end else begin : gen_one
    logic unused;
    assign unused    = &{1'b0, two_i, cross_i};
    assign base_wide = base0_q;
    assign less      = SW'(acc0_q);
  end

  assign take0 = valid_i || pivot_i;
  assign take1 = valid_q[0] || pivot_q[0];
  assign take2 = valid_q[1] || pivot_q[1];
  assign sum   = {SW'(base1_q), 1'b1} + {~less1_q, !forget_i};  // base1 - less1, one less in forgetting

  always_ff @(posedge clk_i) begin
    if (take0) begin
      mask_q[0] <= mask_i;
      acc0_q    <= forget_i ? base_i : acc_i;
      base0_q   <= base_i;
    end
    if (take1) begin
      mask_q[1] <= mask_q[0];
      less1_q   <= less;
      base1_q   <= base_wide >>> sh_i;
    end
    if (take2) begin
      mask_q[2] <= mask_q[1];
      s2_q      <= sum[SW:1];
    end
    valid_q <= rst_i ? '0 : {valid_q[1:0], valid_i};
    pivot_q <= rst_i ? '0 : {pivot_q[1:0], pivot_i};
  end

  logic unused_low;
  assign unused_low = sum[0];

  assign valid_o = valid_q[2];
  assign pivot_o = pivot_q[2];
  assign mask_o  = mask_q[2];
  assign s_o     = s2_q;
endmodule
`resetall
