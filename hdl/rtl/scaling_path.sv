// SPDX-License-Identifier: MIT
`default_nettype none
// From differences to words: pivot unit and post-processor for one limb, and with LIMBS = 2 another pair for words of two limbs,
// whose result is split into a high and a low word.
//   DW     operand width in bits, F = DW - 1 (default 18)
//   AW     accumulator width in bits (default 48)
//   LIMBS  2 with words of two limbs, else 1 (default 1)
//   SW     width of the difference in bits: AW + 1, with two limbs AW + F + 2 (default 49)
//   CW     width of a scaling {e, rm} in bits: ceil(log2 F) + F, with two limbs ceil(log2 2F) + 2F (default 22)
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
  input  wire logic          valid_i,       // s_i, mask_i belong to a lane that leaves
  input  wire logic          pivot_i,       // s_i is a pivot
  input  wire logic          mask_i,
  input  wire logic [SW-1:0] s_i,
  input  wire logic [CW-1:0] scaling_i,     // of the lane's row
  // pivot
  output logic               soon_o,        // 5 clocks before done_o
  output logic               done_o,
  output logic               low_o,
  output logic               high_o,
  output logic      [CW-1:0] scaling_o,
  // results
  output logic               valid_o,
  output logic      [DW-1:0] result_o,      // the word, or its high limb
  output logic      [DW-1:0] result_low_o,  // the low limb
  output logic               clipped_o
);
  localparam int F  = DW - 1;
  localparam int EW = $clog2(F);

  logic          soon1, done1, low1, high1, valid1, clipped1;
  logic [EW-1:0] e1;
  logic [F-1:0]  rm1;
  logic [DW-1:0] result1;

  pivot_unit #(.DW(DW), .SW(AW + 1), .EW(EW)) u_pivot (
    .clk_i(clk_i), .rst_i(rst_i), .start_i(pivot_i && !two_i), .s_i(s_i[AW:0]),
    .soon_o(soon1), .done_o(done1), .low_o(low1), .high_o(high1), .e_o(e1), .rm_o(rm1)
  );

  post_processor #(.DW(DW), .SW(AW + 1), .EW(EW)) u_post (
    .clk_i(clk_i), .rst_i(rst_i), .valid_i(valid_i && !two_i), .mask_i(mask_i), .s_i(s_i[AW:0]),
    .e_i(scaling_i[F+EW-1:F]), .rm_i(scaling_i[F-1:0]),
    .valid_o(valid1), .result_o(result1), .clipped_o(clipped1)
  );

  if (LIMBS == 2) begin : gen_two
    localparam int F2  = 2 * F;
    localparam int EW2 = $clog2(F2);
    logic           soon2, done2, low2, high2, valid2, clipped2, over;
    logic [EW2-1:0] e2;
    logic [F2-1:0]  rm2;
    logic [F2:0]    result2;
    logic [DW-1:0]  high_word, low_word;

    pivot_unit #(.DW(F2 + 1), .SW(SW + F), .EW(EW2)) u_pivot2 (
      .clk_i(clk_i), .rst_i(rst_i), .start_i(pivot_i && two_i), .s_i({s_i, {F{1'b0}}}),
      .soon_o(soon2), .done_o(done2), .low_o(low2), .high_o(high2), .e_o(e2), .rm_o(rm2)
    );

    post_processor #(.DW(F2 + 1), .SW(SW + F), .EW(EW2)) u_post2 (
      .clk_i(clk_i), .rst_i(rst_i), .valid_i(valid_i && two_i), .mask_i(mask_i), .s_i({s_i, {F{1'b0}}}),
      .e_i(scaling_i[F2+EW2-1:F2]), .rm_i(scaling_i[F2-1:0]),
      .valid_o(valid2), .result_o(result2), .clipped_o(clipped2)
    );

    // Balanced split: the low limb is signed, so the high limb is rounded; beyond its range the word is clipped.
    assign over      = result2[F2:F-1] == {1'b0, {(F + 1){1'b1}}};
    assign high_word = over ? result2[F2:F] : result2[F2:F] + DW'(result2[F-1]);
    assign low_word  = over ? {2'b00, {(F - 1){1'b1}}} : {result2[F-1], result2[F-1:0]};

    assign soon_o       = soon1 || soon2;
    assign done_o       = done1 || done2;
    assign low_o        = two_i ? low2 : low1;
    assign high_o       = two_i ? high2 : high1;
    assign scaling_o    = two_i ? {e2, rm2} : CW'({e1, rm1});
    assign valid_o      = valid1 || valid2;
    assign result_o     = two_i ? high_word : result1;
    assign result_low_o = two_i ? low_word : '0;
    assign clipped_o    = two_i ? clipped2 || over : clipped1;
  end else begin : gen_one
    logic unused;
    assign unused       = &{1'b0, s_i};
    assign soon_o       = soon1;
    assign done_o       = done1;
    assign low_o        = low1;
    assign high_o       = high1;
    assign scaling_o    = {e1, rm1};
    assign valid_o      = valid1;
    assign result_o     = result1;
    assign result_low_o = '0;
    assign clipped_o    = clipped1;
  end
endmodule
`resetall
