// SPDX-License-Identifier: MIT
`default_nettype none
// Scales and rounds a difference to a word, one lane per clock, three clocks deep, saturating:
//   t = clip(S >>> (F - e));  result = clip((t * rm + 2^(F-2)) >>> (F-1))          clip to [-2^F, 2^F - 1], F = DW-1
//   DW  word width in bits (8.., default 18)
//   SW  width of S in bits, more than DW (default 49)
//   EW  bits of the exponent e (default 5)
module post_processor #(
  parameter int DW = 18,
  parameter int SW = 49,
  parameter int EW = 5
) (
  input  wire logic          clk_i,
  input  wire logic          rst_i,
  input  wire logic          valid_i,
  input  wire logic          mask_i,     // the result of this lane is 0 and raises no flag
  input  wire logic [SW-1:0] s_i,
  input  wire logic [EW-1:0] e_i,        // with valid_i
  input  wire logic [DW-2:0] rm_i,       // one clock after valid_i
  output logic               valid_o,
  output logic      [DW-1:0] result_o,
  output logic               clipped_o   // with valid_o: the result was clipped
);
  localparam int F = DW - 1;
  localparam logic [EW:0] FullShift = (EW+1)'(F);

  // 3: scaled by 2^(e-F) and clipped
  logic                   mask3_q = 1'b0, clip3_q = 1'b0;
  logic signed [DW-1:0]   t3_q = '0;
  // 4: product
  logic                   mask4_q = 1'b0, clip4_q = 1'b0;
  logic signed [2*DW-1:0] p4_q = '0;
  // 5: result
  logic                   clip5_q = 1'b0;
  logic [DW-1:0]          r5_q = '0;
  logic [2:0]             valid_q = '0;

  logic [EW:0]            shift;
  logic signed [SW-1:0]   s, t_wide;
  logic                   t_clip;
  logic signed [DW-1:0]   t_value;
  logic signed [2*DW-1:0] r_wide;
  logic                   r_clip;
  logic [DW-1:0]          r_value;

  assign s       = s_i;
  assign shift   = FullShift - (EW+1)'(e_i);
  assign t_wide  = s >>> shift;
  assign t_clip  = t_wide[SW-1:F] != {(SW-F){t_wide[SW-1]}};
  assign t_value = t_clip ? {t_wide[SW-1], {F{~t_wide[SW-1]}}} : t_wide[DW-1:0];
  assign r_wide  = (p4_q + ((2*DW)'(1) <<< (F - 2))) >>> (F - 1);
  assign r_clip  = r_wide[2*DW-1:F] != {(2*DW-F){r_wide[2*DW-1]}};
  assign r_value = r_clip ? {r_wide[2*DW-1], {F{~r_wide[2*DW-1]}}} : r_wide[DW-1:0];

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      mask3_q <= mask_i;
      clip3_q <= t_clip;
      t3_q    <= t_value;
    end
    if (valid_q[0]) begin
      mask4_q <= mask3_q;
      clip4_q <= clip3_q;
      p4_q    <= t3_q * $signed({1'b0, rm_i});
    end
    if (valid_q[1]) begin
      clip5_q <= !mask4_q && (clip4_q || r_clip);
      r5_q    <= mask4_q ? '0 : r_value;
    end
    valid_q <= rst_i ? '0 : {valid_q[1:0], valid_i};
  end

  assign valid_o   = valid_q[2];
  assign result_o  = r5_q;
  assign clipped_o = clip5_q;
endmodule
`resetall
