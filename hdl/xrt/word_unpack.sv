// SPDX-License-Identifier: MIT
`default_nettype none
// Engine words out of 64-bit beats: one int64 or two int32 per beat, low half first; the last half may be left over.
//   DW  operand word in bits, 8..25 (default 18): int32 words must fit it
//   AW  accumulator in bits, 2*DW+2..48 (default 48): int64 words must fit it
module word_unpack #(
  parameter int DW = 18,
  parameter int AW = 48
) (
  input  wire logic          clk_i,
  input  wire logic          rst_i,
  input  wire logic          start_i,  // a new transfer; between transfers nothing is held
  input  wire logic          wide_i,   // int64 words
  input  wire logic [31:0]   words_i,
  output logic               bad_o,    // some word did not fit; its low bits went on
  // beats
  input  wire logic          beat_valid_i,
  output logic               beat_ready_o,
  input  wire logic [63:0]   beat_data_i,
  // words
  output logic               word_valid_o,
  input  wire logic          word_ready_i,
  output logic [AW-1:0]      word_data_o
);
  logic        wide_q = 1'b0, full_q = 1'b0, high_q = 1'b0, bad_q = 1'b0;
  logic [63:0] beat_q = '0;
  logic [31:0] left_q = '0;  // words not yet handed on
  logic [31:0] narrow;
  logic        move, last_of_beat, fits;

  assign narrow       = high_q ? beat_q[63:32] : beat_q[31:0];
  assign fits         = wide_q ? beat_q[63:AW-1] == {(65-AW){beat_q[AW-1]}} : narrow[31:DW-1] == {(33-DW){narrow[DW-1]}};
  assign move         = full_q && word_ready_i;
  assign last_of_beat = wide_q || high_q || left_q == 32'd1;

  always_ff @(posedge clk_i) begin
    if (move) begin
      high_q <= !high_q && !wide_q;
      left_q <= left_q - 32'd1;
      if (last_of_beat) begin
        full_q <= 1'b0;
        high_q <= 1'b0;
      end
      if (!fits) bad_q <= 1'b1;
    end
    if (beat_valid_i && beat_ready_o) begin
      full_q <= 1'b1;
      beat_q <= beat_data_i;
    end
    if (start_i) begin
      wide_q <= wide_i;
      left_q <= words_i;
      full_q <= 1'b0;
      high_q <= 1'b0;
      bad_q  <= 1'b0;
    end
    if (rst_i) begin
      left_q <= '0;
      full_q <= 1'b0;
      high_q <= 1'b0;
      bad_q  <= 1'b0;
    end
  end

  // A beat is taken while none is held, or as the last word of one leaves.
  assign beat_ready_o = full_q ? (move && last_of_beat && left_q != 32'd1) : left_q != '0;
  assign word_valid_o = full_q;
  assign word_data_o  = wide_q ? beat_q[AW-1:0] : AW'($signed(narrow));
  assign bad_o        = bad_q;
endmodule
`resetall
