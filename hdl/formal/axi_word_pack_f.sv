// SPDX-License-Identifier: MIT
`default_nettype none
// Proves word_pack: every word of a transfer is in its place in the beats, sign-extended, with its strobes; as many beats as
// needed and no other; a beat waits unchanged; no word is taken that does not belong to the transfer. AW is small, the logic
// is the same.
module axi_word_pack_f #(
  parameter int AW = 18
) (
  input  wire logic          clk_i,
  input  wire logic          start_i,
  input  wire logic          wide_i,
  input  wire logic [31:0]   words_i,
  input  wire logic          word_valid_i,
  input  wire logic [AW-1:0] word_data_i,
  input  wire logic          beat_ready_i
);
  logic        rst_q = 1'b1, past_q = 1'b0;
  logic        word_ready, beat_valid;
  logic [63:0] beat;
  logic [7:0]  strb;

  word_pack #(.AW(AW)) u_dut (
    .clk_i(clk_i), .rst_i(rst_q), .start_i(start_i), .wide_i(wide_i), .words_i(words_i),
    .word_valid_i(word_valid_i), .word_ready_o(word_ready), .word_data_i(word_data_i),
    .beat_valid_o(beat_valid), .beat_ready_i(beat_ready_i), .beat_data_o(beat), .beat_strb_o(strb)
  );

  (* anyconst *) logic [3:0] chosen;  // the word followed
  logic [AW-1:0] chosen_q = '0;
  logic          wide_q = 1'b0, wait_q = 1'b0;
  logic [4:0]    total_q = '0, taken_q = '0, beats_q = '0, needed, chosen_beat;
  logic [71:0]   beat_q = '0;
  logic          running;

  assign needed      = wide_q ? total_q : (total_q + 5'd1) >> 1;
  assign running     = beats_q != needed;
  assign chosen_beat = wide_q ? {1'b0, chosen} : {2'd0, chosen[3:1]};

  always_ff @(posedge clk_i) begin
    rst_q  <= 1'b0;
    past_q <= !rst_q;
    wait_q <= beat_valid && !beat_ready_i && !start_i;
    beat_q <= {beat, strb};
    if (!rst_q) begin
      if (start_i) begin
        wide_q  <= wide_i;
        total_q <= words_i[4:0];
        taken_q <= '0;
        beats_q <= '0;
      end else begin
        if (word_valid_i && word_ready) begin
          taken_q <= taken_q + 5'd1;
          if (taken_q == {1'b0, chosen}) chosen_q <= word_data_i;
        end
        if (beat_valid && beat_ready_i) beats_q <= beats_q + 5'd1;
      end
    end
  end

  always_comb begin
    assume (words_i < 32'd8);
    if (rst_q) assume (!start_i);
    if (start_i) assume (!running);
    if (!rst_q) begin
      if (past_q && wait_q) assert (beat_valid && {beat, strb} == beat_q);
      if (beat_valid) assert (running);
      if (word_ready) assert (taken_q < total_q);
      if (!running) assert (taken_q == total_q && !beat_valid);
      if (beat_valid && beats_q == chosen_beat && {1'b0, chosen} < total_q)
        assert ((wide_q ? beat[31:0] : chosen[0] ? beat[63:32] : beat[31:0]) == 32'($signed(chosen_q)));
      if (beat_valid && wide_q) assert (beat[63:32] == {32{beat[31]}});
      // The upper half is written unless the last int32 is alone.
      if (beat_valid) assert (strb == ((!wide_q && total_q[0] && beats_q + 5'd1 == needed) ? 8'h0f : 8'hff));
      cover (past_q && !running && total_q == 5'd5 && !wide_q);
      cover (past_q && !running && total_q == 5'd3 && wide_q);
      cover (beat_valid && beat_ready_i && word_valid_i && word_ready);
    end
  end
endmodule
`resetall
