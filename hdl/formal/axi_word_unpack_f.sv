// SPDX-License-Identifier: MIT
`default_nettype none
// Proves word_unpack: the words of a transfer come in order, as many as asked for, each what memory held; a word waits
// unchanged; no beat is taken that is not needed; bad is up when a word did not fit. DW and AW are small, the logic is the
// same.
module axi_word_unpack_f #(
  parameter int DW = 8,
  parameter int AW = 18
) (
  input  wire logic        clk_i,
  input  wire logic        start_i,
  input  wire logic        wide_i,
  input  wire logic [31:0] words_i,
  input  wire logic        beat_valid_i,
  input  wire logic [63:0] beat_data_i,
  input  wire logic        word_ready_i
);
  logic          rst_q = 1'b1, past_q = 1'b0;
  logic          bad, beat_ready, word_valid;
  logic [AW-1:0] word;

  word_unpack #(.DW(DW), .AW(AW)) u_dut (
    .clk_i(clk_i), .rst_i(rst_q), .start_i(start_i), .wide_i(wide_i), .words_i(words_i), .bad_o(bad),
    .beat_valid_i(beat_valid_i), .beat_ready_o(beat_ready), .beat_data_i(beat_data_i),
    .word_valid_o(word_valid), .word_ready_i(word_ready_i), .word_data_o(word)
  );

  // One word of the transfer, any one, is followed; others are only counted.
  (* anyconst *) logic [3:0] chosen;
  logic [31:0]   chosen_q = '0, chosen_high_q = '0;
  logic          wide_q = 1'b0, wait_q = 1'b0, misfit_q = 1'b0;
  logic [4:0]    total_q = '0, taken_q = '0, beats_q = '0;
  logic [AW-1:0] word_q = '0;
  logic          running, fits, fits_narrow;
  logic [4:0]    needed, chosen_beat;

  assign running     = taken_q != total_q;
  assign needed      = wide_q ? total_q : (total_q + 5'd1) >> 1;
  assign chosen_beat = wide_q ? {1'b0, chosen} : {2'd0, chosen[3:1]};
  assign fits        = (chosen_q >> (AW - 1) == {32{chosen_q[AW-1]}} >> (AW - 1) &&
                        chosen_high_q == {32{chosen_q[AW-1]}}) || !wide_q;
  assign fits_narrow = chosen_q >> (DW - 1) == {32{chosen_q[DW-1]}} >> (DW - 1) || wide_q;

  always_ff @(posedge clk_i) begin
    rst_q  <= 1'b0;
    past_q <= !rst_q;
    wait_q <= word_valid && !word_ready_i && !start_i;
    word_q <= word;
    if (!rst_q) begin
      if (start_i) begin
        wide_q   <= wide_i;
        total_q  <= words_i[4:0];
        taken_q  <= '0;
        beats_q  <= '0;
        misfit_q <= 1'b0;
      end else begin
        if (beat_valid_i && beat_ready) begin
          beats_q <= beats_q + 5'd1;
          if (beats_q == chosen_beat) begin
            chosen_q      <= (!wide_q && chosen[0]) ? beat_data_i[63:32] : beat_data_i[31:0];
            chosen_high_q <= beat_data_i[63:32];
          end
        end
        if (word_valid && word_ready_i) begin
          taken_q <= taken_q + 5'd1;
          if (taken_q == {1'b0, chosen} && !(fits && fits_narrow)) misfit_q <= 1'b1;
        end
      end
    end
  end

  always_comb begin
    assume (words_i < 32'd8);
    if (rst_q) assume (!start_i);
    // A transfer begins when the one before is over, and beats of it come afterwards.
    if (start_i) assume (!running && !beat_valid_i);
    if (!rst_q) begin
      if (past_q && wait_q) assert (word_valid && word == word_q);
      if (word_valid) assert (running);
      if (beat_ready) assert (beats_q < needed);
      if (!running) assert (beats_q == needed && !word_valid);
      if (word_valid && taken_q == {1'b0, chosen}) assert (word == chosen_q[AW-1:0]);
      if (misfit_q) assert (bad);
      cover (past_q && !running && total_q == 5'd5 && !wide_q && !bad);
      cover (past_q && !running && total_q == 5'd3 && wide_q && misfit_q);
      // A word per clock: a beat is taken as the last word of one leaves.
      cover (beat_valid_i && beat_ready && word_valid && word_ready_i);
    end
  end
endmodule
`resetall
