// SPDX-License-Identifier: MIT
`default_nettype none
// Drain: lets the copied sums of a block leave lane by lane through the post-processor, waits for the pivot on the first block of
// a row of CHOL, collects the results in the lanes and writes them in one clock (two with two limbs).
//   N              lanes, a power of two (2..16, default 8)
//   OPERAND_DEPTH  operand words per lane (default 1024)
//   MAX_FEATURES   largest d (default 64)
//   CBW            bits of the block count (default 10)
module drain #(
  parameter int N = 8,
  parameter int OPERAND_DEPTH = 1024,
  parameter int MAX_FEATURES = 64,
  parameter int CBW = 10
) (
  input  wire logic                              clk_i,
  input  wire logic                              rst_i,
  // kind of the command
  input  wire logic                              forget_i,
  input  wire logic                              solve_i,
  input  wire logic                              two_i,
  // from the sequencer: the last term of a block is issued
  input  wire logic                              take_i,
  input  wire logic                              block_i,
  input  wire logic                              first_block_i,
  input  wire logic [$clog2(MAX_FEATURES)-1:0]   i_i,
  input  wire logic [$clog2(N)-1:0]              below_i,
  input  wire logic [$clog2(OPERAND_DEPTH)-1:0]  addr_i,
  input  wire logic [CBW-1:0]                    low_step_i,
  // ... its sum is copied
  input  wire logic                              drain_i,
  output logic                                   taken_o,
  output logic [1:0]                             pending_o,
  // into the post-processor, one lane per clock
  output logic                                   shift_o,       // the copies move one lane down
  output logic [N-1:0]                           base_lane_o,   // lane whose Gram word belongs to it; none gives 0
  output logic                                   valid_o,
  output logic                                   pivot_o,
  output logic                                   mask_o,
  input  wire logic                              resume_i,      // the pivot's scaling is about to be ready
  // row scaling store
  output logic [$clog2(MAX_FEATURES)-1:0]        row_o,
  output logic                                   row_re_o,
  // results, in lane order
  input  wire logic                              result_i,
  output logic [N-1:0]                           result_lane_o,
  output logic                                   write_o,       // write the collected results: high or only words
  output logic                                   write_low_o,   // ... low words
  output logic [$clog2(OPERAND_DEPTH)-1:0]       write_addr_o
);
  localparam int LN = $clog2(N);
  localparam int RW = $clog2(MAX_FEATURES);
  localparam int MW = $clog2(OPERAND_DEPTH);

  typedef enum logic [1:0] {Idle, Run, Pivot} state_e;

  state_e        state_q = Idle;
  // the block that leaves, and the one after it
  logic          next_first_q = 1'b0, pivot_q = 1'b0;
  logic [LN-1:0] next_below_q = '0, below_q = '0, index_q = '0;
  logic [RW-1:0] next_row_q = '0, row_q = '0;
  logic [N-1:0]  lane_q = N'(1);
  logic [3:1]    row_re_q = '0;
  logic          taken_q = 1'b0, released_q = 1'b0;
  // results on their way: one or two blocks
  logic [1:0]    pending_q = '0;
  logic [MW-1:0] addr_q = '0, next_addr_q = '0;
  logic [N-1:0]  result_lane_q = N'(1);
  logic          write_q = 1'b0, write_low_q = 1'b0;

  logic          below, at_pivot, leaves, last_leaves, late, release_now, last_result, retire, alone;

  assign below       = index_q < below_q;
  assign at_pivot    = state_q == Run && pivot_q && !below;
  assign leaves      = state_q == Run && !at_pivot;
  assign last_leaves = leaves && index_q == LN'(N - 1);
  assign release_now = leaves && !pivot_q && late && !released_q;
  assign last_result = result_i && result_lane_q[N-1];
  assign retire      = forget_i ? last_result : two_i ? write_low_q : write_q;
  assign alone       = pending_q == 2'd0 || (pending_q == 2'd1 && retire);

  // A sum is copied 4 clocks after its last term is issued: the term may go when at most 4 lanes have still to leave.
  if (N > 4) begin : gen_late
    assign late = index_q >= LN'(N - 4);
  end else begin : gen_always_late
    assign late = 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (block_i) begin
      next_first_q <= first_block_i;
      next_below_q <= below_i;
      next_row_q   <= i_i;
    end
    if (leaves) begin
      index_q <= index_q + LN'(1);
      lane_q  <= {lane_q[N-2:0], lane_q[N-1]};
    end
    if (last_leaves) state_q <= Idle;
    if (at_pivot) state_q <= Pivot;
    if (state_q == Pivot && resume_i) begin
      state_q <= Run;
      pivot_q <= 1'b0;
    end
    if (drain_i) begin
      state_q <= Run;
      pivot_q <= next_first_q && !solve_i && !forget_i;
      below_q <= (next_first_q && !forget_i) ? next_below_q : '0;
      row_q   <= next_row_q;
    end
    if (take_i) taken_q <= 1'b1;
    else if (release_now) taken_q <= 1'b0;
    if (drain_i) released_q <= 1'b0;
    else if (release_now) released_q <= 1'b1;
    // The scaling of a row is wanted when its first difference is ready and the last lane before has used its own.
    row_re_q <= {row_re_q[2:1], drain_i && solve_i};
    if (rst_i) begin
      state_q <= Idle;
      index_q <= '0;
      lane_q  <= N'(1);
      taken_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (result_i) result_lane_q <= {result_lane_q[N-2:0], result_lane_q[N-1]};
    write_q     <= last_result && !forget_i;
    write_low_q <= write_q && two_i;
    pending_q   <= pending_q + 2'(block_i) - 2'(retire);
    if (block_i && !alone) next_addr_q <= addr_i;
    if (block_i && alone) addr_q <= addr_i;
    else if (retire) addr_q <= next_addr_q;
    if (rst_i) begin
      result_lane_q <= N'(1);
      write_q       <= 1'b0;
      write_low_q   <= 1'b0;
      pending_q     <= '0;
    end
  end

  assign taken_o       = taken_q && !release_now;
  assign pending_o     = pending_q;
  assign shift_o       = leaves;
  assign base_lane_o   = lane_q & {N{!solve_i && state_q == Run}};
  assign valid_o       = leaves;
  assign pivot_o       = at_pivot;
  assign mask_o        = below;
  assign row_o         = row_q;
  assign row_re_o      = row_re_q[3];
  assign result_lane_o = result_lane_q;
  assign write_o       = write_q;
  assign write_low_o   = write_low_q;
  assign write_addr_o  = addr_q + (write_low_q ? MW'(low_step_i) : '0);
endmodule
`resetall
