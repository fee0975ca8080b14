// SPDX-License-Identifier: MIT
`default_nettype none
`timescale 1ns / 1ns
// Test bench of the mover: a model of the engine's host port (memories that keep every word, read data two clocks later),
// random pauses of both streams, a script of steps. Not synthesisable. Numbers of the script are hexadecimal.
//   i SPACE FLAGS FIRST COLUMNS BLOCKS ROWS ROW0 BASE COUNT words..   move in; prints "i WORDS" or "e"
//   o SPACE FLAGS FIRST COLUMNS BLOCKS ROWS ROW0 BASE COUNT           move out; prints "o WORDS words.." or "e"
//   f SPACE LANES BASE COUNT                                          fill with 0; prints "f" or "e"
//   g SPACE                                                           prints every word of a memory
//   p SEED                                                            pauses in about half of the clocks; 0 none
//   c                                                                 prints the clocks of the last transfer
module tb_mover #(
  parameter int N = 4,
  parameter int AW = 40,
  parameter int OPERAND_DEPTH = 48,
  parameter int GRAM_DEPTH = 40,
  parameter int OUT_DEPTH = 8
);
  logic          clk = 1'b0, rst = 1'b1, start = 1'b0, clear = 1'b0, dir = 1'b0, space = 1'b0;
  logic [2:0]    flags = '0;
  logic [15:0]   first = '0, columns = '0, blocks = '0, rows = '0, row0 = '0;
  logic [23:0]   base = '0;
  logic [N-1:0]  lanes = '0;
  logic [31:0]   count = '0;
  logic          busy, checked, error, done;
  logic [31:0]   words;
  logic          in_valid = 1'b0, in_ready, out_valid, out_ready = 1'b0;
  logic [AW-1:0] in_data = '0, out_data;
  logic          we, re, gram;
  logic [23:0]   addr;
  logic [N-1:0]  hot;
  logic [AW-1:0] wdata, rdata = '0, stage = '0;

  mover #(.N(N), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .OUT_DEPTH(OUT_DEPTH)) dut (
    .clk_i(clk), .rst_i(rst), .start_i(start), .clear_i(clear), .dir_i(dir), .space_i(space),
    .tri_i(flags[0]), .packed_i(flags[1]), .diagonal_i(flags[2]), .first_i(first), .columns_i(columns),
    .blocks_i(blocks), .rows_i(rows), .row0_i(row0), .base_i(base), .lanes_i(lanes), .count_i(count),
    .busy_o(busy), .checked_o(checked), .error_o(error), .done_o(done), .words_o(words),
    .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data),
    .host_we_o(we), .host_re_o(re), .host_gram_o(gram), .host_addr_o(addr), .host_lanes_o(hot),
    .host_wdata_o(wdata), .host_rdata_i(rdata)
  );

  always #5 clk = !clk;

  logic [AW-1:0] operand[0:N*OPERAND_DEPTH-1];
  logic [AW-1:0] memory[0:N*GRAM_DEPTH-1];
  integer        l, at, wild = 0;
  initial begin
    for (l = 0; l < N * OPERAND_DEPTH; l = l + 1) operand[l] = '1;
    for (l = 0; l < N * GRAM_DEPTH; l = l + 1) memory[l] = '1;
  end
  always @(posedge clk) begin
    rdata <= stage;
    stage <= {AW{1'bx}};
    if (we || re) begin
      if (addr >= (gram ? GRAM_DEPTH : OPERAND_DEPTH)) wild = wild + 1;
      for (l = 0; l < N; l = l + 1) begin
        at = addr * N + l;
        if (hot[l] && we && gram) memory[at] <= wdata;
        if (hot[l] && we && !gram) operand[at] <= wdata;
        if (hot[l] && re) stage <= gram ? memory[at] : operand[at];
      end
    end
  end

  // A stream that is valid keeps its data until it is taken.
  logic          held = 1'b0;
  logic [AW-1:0] held_data = '0;
  always @(posedge clk) begin
    if (held && !(out_valid && out_data === held_data)) $display("! a word changed before it was taken");
    held      <= out_valid && !out_ready && !rst;
    held_data <= out_data;
  end

  string  path, word;
  integer file, got, n, left, clocks, f0, f1, seed = 0;
  longint value;

  // Chance of a clock without a pause; draws a number only while pauses are on.
  logic go, fired = 1'b0;
  task automatic draw;
    go = 1'b1;
    if (seed != 0) go = $random(seed) < 0;
  endtask

  task automatic descriptor;
    got = $fscanf(file, "%h %h %h %h %h %h %h %h %h", f0, f1, first, columns, blocks, rows, row0, base, left);
    space = f0[0];
    flags = f1[2:0];
  endtask

  // Everything changes at the falling edge.
  initial begin
    if (!$value$plusargs("script=%s", path)) $fatal(1, "no +script");
    file = $fopen(path, "r");
    if (file == 0) $fatal(1, "cannot open the script");
    @(negedge clk);
    @(negedge clk);
    rst = 1'b0;
    while (!$feof(file)) begin
      got = $fscanf(file, "%s", word);
      if (got != 1) begin
      end else if (word == "p") begin
        got = $fscanf(file, "%h", seed);
      end else if (word == "c") begin
        $display("c %0d", clocks);
      end else if (word == "g") begin
        got = $fscanf(file, "%h", f0);
        $write("g");
        for (n = 0; n < N * (f0[0] ? GRAM_DEPTH : OPERAND_DEPTH); n = n + 1) $write(" %h", f0[0] ? memory[n] : operand[n]);
        $display("");
      end else if (word == "f") begin
        got   = $fscanf(file, "%h %h %h %h", f0, f1, base, count);
        space = f0[0];
        lanes = f1[N-1:0];
        clear = 1'b1;
        #1 if (error) $display("e");
        else begin
          @(negedge clk);
          clear = 1'b0;
          while (busy) @(negedge clk);
          $display("f");
        end
        @(negedge clk);
        clear = 1'b0;
      end else begin
        descriptor();
        dir   = word == "o";
        start = 1'b1;
        @(negedge clk);
        start = 1'b0;
        while (!checked && !error) @(negedge clk);
        if (error) begin
          $display("e");
          for (n = 0; n < left && word == "i"; n = n + 1) got = $fscanf(file, "%h", value);
        end else begin
          $write("%s %0d", word, words);
          clocks = 0;
          @(negedge clk);
          first = '1;  // the descriptor need not be held any longer
          base  = '1;
          rows  = '1;
          while (busy) begin
            if (dir) begin
              // Without a register in the mover, ready stays until a word comes.
              if (OUT_DEPTH != 0 || !out_ready || fired) begin
                draw();
                out_ready = go;
              end
              #1 fired = out_valid && out_ready;
              if (fired) $write(" %h", out_data);
            end else begin
              if (!in_valid && left > 0) draw();
              if (!in_valid && left > 0 && go) begin
                got      = $fscanf(file, "%h", value);
                in_data  = value[AW-1:0];
                in_valid = 1'b1;
                left     = left - 1;
              end
              if (!in_valid && left == 0) begin  // a word too many is offered and must stay
                in_valid = 1'b1;
                left     = -1;
              end
              #1;
              n = in_valid && in_ready;
              if (n != 0 && left < 0) $display("! took a word too many");
            end
            @(negedge clk);
            if (!dir && n != 0) in_valid = 1'b0;
            clocks = clocks + 1;
            if (clocks > 20000) $fatal(1, "the mover does not end");
          end
          in_valid  = 1'b0;
          out_ready = 1'b0;
          $display("");
          if (left > 0 && !dir) $display("! %0d words were not taken", left);
        end
        @(negedge clk);
      end
    end
    if (wild != 0) $display("! %0d addresses outside the memories", wild);
    $finish;
  end
endmodule
`resetall
