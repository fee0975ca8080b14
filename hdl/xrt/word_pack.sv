// SPDX-License-Identifier: MIT
`default_nettype none
// 64-bit beats out of engine words, sign-extended: one int64 or two int32 per beat, low half first. When the last int32 has no
// partner, the strobes leave the upper half of memory alone.
//   AW  accumulator in bits, 18..48 (default 48)
module word_pack #(
  parameter int AW = 48
) (
  input  wire logic          clk_i,
  input  wire logic          rst_i,
  input  wire logic          start_i,  // a new transfer; between transfers nothing is held
  input  wire logic          wide_i,   // int64 words
  input  wire logic [31:0]   words_i,
  // words
  input  wire logic          word_valid_i,
  output logic               word_ready_o,
  input  wire logic [AW-1:0] word_data_i,
  // beats
  output logic               beat_valid_o,
  input  wire logic          beat_ready_i,
  output logic [63:0]        beat_data_o,
  output logic [7:0]         beat_strb_o
);
  logic        wide_q = 1'b0, full_q = 1'b0, half_q = 1'b0;
  logic [63:0] beat_q = '0;
  logic [31:0] left_q = '0;  // words not yet taken
  logic [63:0] word;
  logic        take;

  assign word = 64'($signed(word_data_i));
  assign take = word_valid_i && word_ready_o;

  always_ff @(posedge clk_i) begin
    if (full_q && beat_ready_i) begin
      full_q <= 1'b0;
      half_q <= 1'b0;
    end
    if (take) begin
      left_q <= left_q - 32'd1;
      if (wide_q) beat_q <= word;
      else if (half_q && !full_q) beat_q[63:32] <= word[31:0];
      else beat_q <= {32'd0, word[31:0]};
      half_q <= !wide_q && !(half_q && !full_q);
      full_q <= wide_q || (half_q && !full_q) || left_q == 32'd1;
    end
    if (start_i) begin
      wide_q <= wide_i;
      left_q <= words_i;
      full_q <= 1'b0;
      half_q <= 1'b0;
    end
    if (rst_i) begin
      left_q <= '0;
      full_q <= 1'b0;
      half_q <= 1'b0;
    end
  end

  // half_q with full_q: the last word stands alone in the low half.
  assign word_ready_o = left_q != '0 && (!full_q || beat_ready_i);
  assign beat_valid_o = full_q;
  assign beat_data_o  = beat_q;
  assign beat_strb_o  = (!wide_q && half_q) ? 8'h0f : 8'hff;
endmodule
`resetall
