// SPDX-License-Identifier: MIT
`default_nettype none
// Moves words between a stream and the host port of an idle engine, as a descriptor says; or writes zeros.
//   for r in 0..rows-1: i = row0 + r; from = tri ? i : first; to = diagonal ? from + 1 : columns
//     the word of column c, from <= c < to, is at A(r) + floor(c/N) - (packed ? floor(i/N) : 0), lane c mod N
//     A(0) = base, A(r+1) = A(r) + blocks - (packed ? floor(i/N) : 0), everything modulo 2^24
// Every descriptor is walked once without moving anything (two clocks per row): an address outside the memory gives error_o.
// Small memories have short address registers; a descriptor whose fields alone are beyond them gives error_o, too.
// Its fields must be held from start_i to checked_o or error_o. Then one word moves per clock.
//   N              lanes of the engine: 2, 4, 8 or 16 (default 8)
//   AW             accumulator width of the engine, bits (default 48)
//   OPERAND_DEPTH  operand words per lane (default 4096)
//   GRAM_DEPTH     Gram words per lane (default 4096)
//   COUNT_BITS     width of words_o, 12..32; more words than that show as all ones (default 32)
//   OUT_DEPTH      words read ahead: a power of two >= 8 (a word per clock); 1 (a word in six clocks); or 0: as 1, without a
//                  register, for a taker that stays ready once it is (default 8)
module mover #(
  parameter int N = 8,
  parameter int AW = 48,
  parameter int OPERAND_DEPTH = 4096,
  parameter int GRAM_DEPTH = 4096,
  parameter int COUNT_BITS = 32,
  parameter int OUT_DEPTH = 8
) (
  input  wire logic          clk_i,
  input  wire logic          rst_i,        // also ends what is going on
  // command, taken while busy_o is low
  input  wire logic          start_i,      // move by the descriptor
  input  wire logic          clear_i,      // write 0 to lanes_i of count_i addresses from base_i
  input  wire logic          dir_i,        // 0 stream to engine, 1 engine to stream
  input  wire logic          space_i,      // 0 operand memory, 1 Gram memory
  input  wire logic          tri_i,
  input  wire logic          packed_i,
  input  wire logic          diagonal_i,
  input  wire logic [15:0]   first_i,
  input  wire logic [15:0]   columns_i,
  input  wire logic [15:0]   blocks_i,
  input  wire logic [15:0]   rows_i,
  input  wire logic [15:0]   row0_i,
  input  wire logic [23:0]   base_i,
  input  wire logic [N-1:0]  lanes_i,
  input  wire logic [31:0]   count_i,
  output logic               busy_o,
  output logic               checked_o,    // one clock: the descriptor is legal, words_o is known, moving begins
  output logic               error_o,      // one clock: an address is outside the memory; nothing was moved
  output logic               done_o,       // one clock: everything is moved
  output logic [COUNT_BITS-1:0] words_o,     // words of the descriptor, from checked_o to the next start_i
  // stream to the engine
  input  wire logic          in_valid_i,
  output logic               in_ready_o,
  input  wire logic [AW-1:0] in_data_i,
  // stream from the engine
  output logic               out_valid_o,
  input  wire logic          out_ready_i,
  output logic      [AW-1:0] out_data_o,
  // host port of the engine
  output logic               host_we_o,
  output logic               host_re_o,
  output logic               host_gram_o,
  output logic      [23:0]   host_addr_o,
  output logic      [N-1:0]  host_lanes_o,
  output logic      [AW-1:0] host_wdata_o,
  input  wire logic [AW-1:0] host_rdata_i
);
  localparam int LN = $clog2(N);
  localparam int MW = $clog2(OPERAND_DEPTH);
  localparam int GW = $clog2(GRAM_DEPTH);
  // Address registers: wide enough that no step between rows leads from one end of a memory past the other.
  localparam int W  = ((MW > GW ? MW : GW) + 4 < 24) ? (MW > GW ? MW : GW) + 4 : 24;
  localparam int BW = (W - 2 < 16) ? W - 2 : 16;            // blocks
  localparam int FW = (LN + W - 3 < 16) ? LN + W - 3 : 16;  // columns and rows
  localparam int LW = (W + 1 > 16) ? W + 1 : 16;            // rows left, or addresses of a fill
  localparam int CW = (OUT_DEPTH < 2) ? 1 : $clog2(OUT_DEPTH + 1);

  typedef enum logic [2:0] {Idle, CheckFirst, CheckLast, CheckEnd, Move, Drain, Fill} state_e;
  state_e state_q = Idle, state_d;

  // descriptor and place in it
  logic        dir_q = 1'b0, space_q = 1'b0, tri_q = 1'b0, packed_q = 1'b0, diagonal_q = 1'b0;
  logic        none_q = 1'b0;  // no columns at all
  logic [FW-1:0] first_q = '0, last_q = '0;
  logic [BW-1:0] blocks_q = '0;
  logic [FW-1:0] row_q = '0, column_q = '0;
  logic [W-1:0]  row_addr_q = '0;
  logic [LW-1:0] left_q = '0;   // rows, or addresses of a fill
  logic [COUNT_BITS-1:0] words_q = '0;
  // stage in front of the host port
  logic [W-1:0] addr_q = '0;
  logic [N-1:0] lanes_q = '0;
  logic [AW-1:0] data_q = '0;
  logic        we_q = 1'b0, re_q = 1'b0, check_q = 1'b0, bad_q = 1'b0;
  // words on their way out
  logic [1:0]  read_q = '0;
  logic [CW-1:0] ahead_q = '0;

  logic        load, fill, next_row, row_empty, row_last, take, issue, may_issue, drained, outside, fill_outside, out_fire;
  logic        wide, wide_fill;
  logic [FW-1:0] column, column_block, next_row_number, row_block, row_words;
  logic [W-1:0] addr;
  logic [W:0]  depth, fill_end;
  logic [32:0] total;

  assign row_empty = !diagonal_q && (none_q || column_q > last_q);
  assign row_last  = diagonal_q || column_q == last_q;
  assign next_row_number = row_q + FW'(1);
  assign row_block = packed_q ? row_q >> LN : '0;
  assign depth     = (state_q == Idle ? space_i : space_q) ? (W + 1)'(GRAM_DEPTH) : (W + 1)'(OPERAND_DEPTH);

  assign total     = 33'(words_q) + 33'(row_words) + 33'd1;
  assign row_words = diagonal_q ? '0 : last_q - column_q;  // less one

  // Address of a column of this row; a fill walks row_addr_q alone.
  assign column = state_q == CheckLast ? last_q : column_q;
  assign column_block = column >> LN;
  assign addr   = state_q == Fill ? row_addr_q : row_addr_q + W'(column_block) - W'(row_block);

  // Bits beyond the registers: a base may be a little below zero.
  assign wide = (24'($signed(base_i[W-1:0])) != base_i) || (16'(blocks_i[BW-1:0]) != blocks_i) || (16'(first_i[FW-1:0]) != first_i)
                || (16'(columns_i[FW-1:0]) != columns_i) || (16'(row0_i[FW-1:0]) != row0_i) || (16'(rows_i[FW-1:0]) != rows_i);
  assign wide_fill = (24'(base_i[W-1:0]) != base_i) || (32'(count_i[W:0]) != count_i);

  assign outside      = {1'b0, addr_q} >= depth;
  assign fill_end     = {1'b0, base_i[W-1:0]} + count_i[W:0];
  assign fill_outside = wide_fill || fill_end > depth;

  assign in_ready_o = state_q == Move && !dir_q && !row_empty && left_q != '0;
  assign take       = in_ready_o && in_valid_i;
  assign issue      = state_q == Move && dir_q && !row_empty && left_q != '0 && may_issue;
  assign out_fire   = out_valid_o && out_ready_i;

  // Apart from the block below: an answer must not seem to change while that block is worked out.
  assign drained   = !re_q && read_q == '0 && ahead_q == '0;
  assign checked_o = state_q == CheckEnd && !bad_q;
  assign error_o   = (state_q == CheckEnd && bad_q) || (state_q == Idle && clear_i && !start_i && fill_outside);
  assign done_o    = (state_q == Drain && drained) || (state_q == Fill && left_q == '0);

  always_comb begin
    state_d   = state_q;
    load      = 1'b0;
    fill      = 1'b0;
    next_row  = 1'b0;
    case (state_q)
      Idle: begin
        if (start_i) begin
          load    = 1'b1;
          state_d = CheckFirst;
        end else if (clear_i) begin
          load    = !fill_outside;
          fill    = 1'b1;
          if (!fill_outside) state_d = Fill;
        end
      end
      CheckFirst: begin
        if (left_q == '0) state_d = CheckEnd;
        else if (row_empty || diagonal_q) next_row = 1'b1;
        else state_d = CheckLast;
      end
      CheckLast: begin
        next_row = 1'b1;
        state_d  = CheckFirst;
      end
      CheckEnd: begin  // the last address went by in the clock before
        load      = !bad_q;
        state_d   = Move;
        if (bad_q) state_d = Idle;
      end
      Move: begin
        if (left_q == '0) state_d = Drain;
        else next_row = row_empty || (row_last && (take || issue));
      end
      Drain: begin
        if (drained) state_d = Idle;
      end
      default: begin  // Fill
        if (left_q == '0) state_d = Idle;
      end
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) state_q <= Idle;
    else state_q <= state_d;
    if (load) begin
      dir_q      <= dir_i;
      space_q    <= space_i;
      tri_q      <= tri_i;
      packed_q   <= packed_i;
      diagonal_q <= diagonal_i;
      first_q    <= first_i[FW-1:0];
      last_q     <= columns_i[FW-1:0] - FW'(1);
      none_q     <= columns_i == '0;
      blocks_q   <= blocks_i[BW-1:0];
      row_q      <= row0_i[FW-1:0];
      column_q   <= tri_i ? row0_i[FW-1:0] : first_i[FW-1:0];
      row_addr_q <= base_i[W-1:0];
      left_q     <= fill ? LW'(count_i[W:0]) : LW'(rows_i);
    end else if (next_row) begin
      row_q      <= next_row_number;
      column_q   <= tri_q ? next_row_number : first_q;
      row_addr_q <= row_addr_q + W'(blocks_q) - W'(row_block);
      left_q     <= left_q - LW'(1);
    end else if (take || issue) begin
      column_q   <= column_q + FW'(1);
    end else if (state_q == Fill) begin
      row_addr_q <= row_addr_q + W'(1);
      left_q     <= left_q - LW'(1);
    end
  end

  // Words of the descriptor, counted by the walk that checks it.
  always_ff @(posedge clk_i) begin
    if (state_q == Idle && start_i) words_q <= '0;
    else if (state_q == CheckFirst && left_q != '0 && !row_empty) begin
      words_q <= (total[32:COUNT_BITS] != '0) ? '1 : total[COUNT_BITS-1:0];
    end
  end

  // The address is compared one clock after it was formed.
  always_ff @(posedge clk_i) begin
    check_q <= (state_q == CheckFirst && left_q != '0 && !row_empty) || state_q == CheckLast;
    if (state_q == Idle) bad_q <= start_i && wide;
    else if (check_q && outside) bad_q <= 1'b1;
  end

  always_ff @(posedge clk_i) begin
    we_q   <= !rst_i && (take || (state_q == Fill && left_q != '0));
    re_q   <= !rst_i && issue;
    read_q <= rst_i ? 2'b00 : {read_q[0], re_q};
    addr_q <= addr;
    data_q <= state_q == Fill ? '0 : in_data_i;
    if (state_q == Idle) lanes_q <= lanes_i;
    else if (state_q != Fill) lanes_q <= N'(1) << column[LN-1:0];
    if (rst_i) ahead_q <= '0;
    else ahead_q <= ahead_q + CW'(issue) - CW'(out_fire);
  end

  assign may_issue = (OUT_DEPTH == 0) ? ahead_q == '0 && out_ready_i : ahead_q < CW'(OUT_DEPTH);

  if (OUT_DEPTH == 0) begin : gen_none
    assign out_valid_o = read_q[1];
    assign out_data_o  = host_rdata_i;
  end else if (OUT_DEPTH == 1) begin : gen_one
    logic          valid_q = 1'b0;
    logic [AW-1:0] word_q = '0;
    always_ff @(posedge clk_i) begin
      if (rst_i || out_fire) valid_q <= 1'b0;
      else if (read_q[1]) valid_q <= 1'b1;
      if (read_q[1]) word_q <= host_rdata_i;
    end
    assign out_valid_o = valid_q;
    assign out_data_o  = word_q;
  end else begin : gen_ahead
    localparam int PW = $clog2(OUT_DEPTH);
    logic [AW-1:0] words[0:OUT_DEPTH-1];
    logic [PW:0]   in_q = '0, out_q = '0;
    always_ff @(posedge clk_i) begin
      if (read_q[1]) words[in_q[PW-1:0]] <= host_rdata_i;
      if (rst_i) begin
        in_q  <= '0;
        out_q <= '0;
      end else begin
        if (read_q[1]) in_q <= in_q + 1'b1;
        if (out_fire) out_q <= out_q + 1'b1;
      end
    end
    assign out_valid_o = in_q != out_q;
    assign out_data_o  = words[out_q[PW-1:0]];
  end

  logic unused;
  assign unused = &{1'b0, column, column_block, row_block};

  assign busy_o       = state_q != Idle;
  assign words_o      = words_q;
  assign host_we_o    = we_q;
  assign host_re_o    = re_q;
  assign host_gram_o  = space_q;
  assign host_addr_o  = 24'(addr_q);
  assign host_lanes_o = lanes_q;
  assign host_wdata_o = data_q;
endmodule
`resetall
