// SPDX-License-Identifier: MIT
`default_nettype none
// Shared post-processor, one lane per clock, six clocks deep, saturating:
//   S = (BACK ? zed << F : base >>> sh) - acc                      exact, AW+1 bits
//   t = clip(S >>> (F - e));  result = clip((t * rm + 2^(F-2)) >>> (F-1))
// with F = DW-1 and clip to [-2^F, 2^F - 1]. S of a pivot leaves on s_o before the scaling.
//   DW  word width in bits (default 18)
//   AW  accumulator width in bits (default 48)
//   EW  bits of the exponent e (default 5)
module post_processor #(
  parameter int DW = 18,
  parameter int AW = 48,
  parameter int EW = 5
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_i,
  input  wire logic                 valid_i,    // acc_i, base_i, zed_i belong to a lane to be scaled
  input  wire logic                 pivot_i,    // ... belong to a pivot: only S is wanted
  input  wire logic                 mask_i,     // the result of this lane is 0 and raises no flag
  input  wire logic                 back_i,
  input  wire logic [5:0]           sh_i,
  input  wire logic [AW-1:0]        acc_i,
  input  wire logic [AW-1:0]        base_i,
  input  wire logic [DW-1:0]        zed_i,
  input  wire logic [EW-1:0]        e_i,
  input  wire logic [DW-2:0]        rm_i,
  output logic                      s_pivot_o,  // s_o is the S of a pivot
  output logic signed [AW:0]        s_o,
  output logic                      valid_o,
  output logic      [DW-1:0]        result_o,
  output logic                      clipped_o   // with valid_o: the result was clipped
);
  localparam int F = DW - 1;
  localparam logic [EW:0] FullShift = (EW+1)'(F);

  // 0: operands of one lane
  logic                   valid0_q = 1'b0, pivot0_q = 1'b0, mask0_q = 1'b0;
  logic signed [AW-1:0]   acc0_q = '0, base0_q = '0;
  // 1: aligned base
  logic                   valid1_q = 1'b0, pivot1_q = 1'b0, mask1_q = 1'b0;
  logic signed [AW-1:0]   acc1_q = '0, base1_q = '0;
  // 2: exact difference
  logic                   valid2_q = 1'b0, pivot2_q = 1'b0, mask2_q = 1'b0;
  logic signed [AW:0]     s2_q = '0;
  // 3: scaled by 2^(e-F) and clipped
  logic                   valid3_q = 1'b0, mask3_q = 1'b0, clip3_q = 1'b0;
  logic signed [DW-1:0]   t3_q = '0;
  // 4: product
  logic                   valid4_q = 1'b0, mask4_q = 1'b0, clip4_q = 1'b0;
  logic signed [2*DW-1:0] p4_q = '0;
  // 5: result
  logic                   valid5_q = 1'b0, clip5_q = 1'b0;
  logic [DW-1:0]          r5_q = '0;

  logic [EW:0]            shift;
  logic signed [AW:0]     t_wide;
  logic                   t_clip;
  logic signed [DW-1:0]   t_value;
  logic signed [2*DW-1:0] r_wide;
  logic                   r_clip;
  logic [DW-1:0]          r_value;

  assign shift   = FullShift - (EW+1)'(e_i);
  assign t_wide  = s2_q >>> shift;
  assign t_clip  = t_wide[AW:F] != {(AW-F+1){t_wide[AW]}};
  assign t_value = t_clip ? {t_wide[AW], {F{~t_wide[AW]}}} : t_wide[DW-1:0];
  assign r_wide  = (p4_q + ((2*DW)'(1) <<< (F - 2))) >>> (F - 1);
  assign r_clip  = r_wide[2*DW-1:F] != {(2*DW-F){r_wide[2*DW-1]}};
  assign r_value = r_clip ? {r_wide[2*DW-1], {F{~r_wide[2*DW-1]}}} : r_wide[DW-1:0];

  always_ff @(posedge clk_i) begin
    if (valid_i || pivot_i) begin
      mask0_q <= mask_i;
      acc0_q  <= acc_i;
      base0_q <= back_i ? AW'($signed(zed_i)) : base_i;
    end
    if (valid0_q || pivot0_q) begin
      mask1_q <= mask0_q;
      acc1_q  <= acc0_q;
      base1_q <= back_i ? (base0_q <<< F) : (base0_q >>> sh_i);
    end
    if (valid1_q || pivot1_q) begin
      mask2_q <= mask1_q;
      s2_q    <= (AW+1)'(base1_q) - (AW+1)'(acc1_q);
    end
    if (valid2_q) begin
      mask3_q <= mask2_q;
      clip3_q <= t_clip;
      t3_q    <= t_value;
    end
    if (valid3_q) begin
      mask4_q <= mask3_q;
      clip4_q <= clip3_q;
      p4_q    <= t3_q * $signed({1'b0, rm_i});
    end
    if (valid4_q) begin
      clip5_q <= !mask4_q && (clip4_q || r_clip);
      r5_q    <= mask4_q ? '0 : r_value;
    end
    if (rst_i) begin
      {valid0_q, valid1_q, valid2_q, valid3_q, valid4_q, valid5_q} <= '0;
      {pivot0_q, pivot1_q, pivot2_q} <= '0;
    end else begin
      {valid0_q, valid1_q, valid2_q, valid3_q, valid4_q, valid5_q} <=
        {valid_i, valid0_q, valid1_q, valid2_q, valid3_q, valid4_q};
      {pivot0_q, pivot1_q, pivot2_q} <= {pivot_i, pivot0_q, pivot1_q};
    end
  end

  assign s_pivot_o = pivot2_q;
  assign s_o       = s2_q;
  assign valid_o   = valid5_q;
  assign result_o  = r5_q;
  assign clipped_o = clip5_q;
endmodule
`resetall
