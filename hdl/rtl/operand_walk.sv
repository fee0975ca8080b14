// SPDX-License-Identifier: MIT
`default_nettype none
// Addresses of the operand memory: the vector (port A, all lanes), the scalar (port B, the lane that owns it) and the result of a
// block. Row k+1 of a walk is one stride away from row k; with two limbs the low words of a row follow its high words.
//   N              lanes, a power of two (2..16, default 8)
//   OPERAND_DEPTH  operand words per lane (default 1024)
//   MAX_FEATURES   largest d (default 64)
//   CBW            bits of the block count (default 10)
module operand_walk #(
  parameter int N = 8,
  parameter int OPERAND_DEPTH = 1024,
  parameter int MAX_FEATURES = 64,
  parameter int CBW = 10
) (
  input  wire logic                              clk_i,
  input  wire logic                              start_i,     // take the bases
  input  wire logic [$clog2(OPERAND_DEPTH)-1:0]  row_base_i,
  input  wire logic [$clog2(OPERAND_DEPTH)-1:0]  vec_base_i,
  // from the sequencer
  input  wire logic                              solve_i,
  input  wire logic                              down_i,
  input  wire logic                              in_place_i,
  input  wire logic                              two_i,
  input  wire logic                              setup_i,
  input  wire logic                              issue_i,
  input  wire logic                              step_i,
  input  wire logic                              rhs_i,
  input  wire logic                              empty_i,
  input  wire logic [CBW-1:0]                    j_i,
  input  wire logic                              low_v_i,
  input  wire logic [$clog2(MAX_FEATURES+1)-1:0] last_row_i,
  input  wire logic [CBW-1:0]                    cb_i,
  input  wire logic [CBW-1:0]                    wb_i,
  input  wire logic                              next_row_i,
  input  wire logic [$clog2(MAX_FEATURES+1)-1:0] next_i_i,
  input  wire logic [CBW-1:0]                    next_j_i,
  input  wire logic                              next_rhs_i,
  input  wire logic                              next_low_v_i,
  input  wire logic                              next_low_s_i,
  // issue stage
  output logic                                   a_re_o,
  output logic [$clog2(OPERAND_DEPTH)-1:0]       a_addr_o,
  output logic [N-1:0]                           b_re_o,
  output logic [$clog2(OPERAND_DEPTH)-1:0]       b_addr_o,
  output logic [$clog2(OPERAND_DEPTH)-1:0]       result_addr_o,  // of the block in hand: its high words
  output logic [CBW-1:0]                         low_step_o,     // from there to its low words
  // stage 1
  output logic [N-1:0]                           scalar_lane_o,  // lane of the broadcast operand; none gives 0
  output logic                                   scalar_one_o    // broadcast -2^F instead: the right-hand side enters negated
);
  localparam int LN = $clog2(N);
  localparam int IW = $clog2(MAX_FEATURES + 1);
  localparam int MW = $clog2(OPERAND_DEPTH);

  logic [MW-1:0]  row_base_q = '0, vec_base_q = '0;
  logic [MW-1:0]  row_q = '0;      // row i of R
  logic [MW-1:0]  vec_q = '0;      // row i of the vectors, less the first output block
  logic [MW-1:0]  a_q = '0, b_q = '0;
  logic [N-1:0]   owner_q = N'(1);
  logic [N-1:0]   scalar_lane_q = '0;
  logic           scalar_one_q = 1'b0;

  logic           start_run;
  logic [MW-1:0]  row_stride, vec_stride, row_next, vec_next, vectors, run_base, run_low, a_start, b_start;
  logic [CBW-1:0] run_block, owner_block;
  logic [IW-1:0]  owner_column, owner_column_block;

  assign row_stride = two_i ? MW'(cb_i) << 1 : MW'(cb_i);
  assign vec_stride = two_i ? MW'(wb_i) << 1 : MW'(wb_i);
  assign low_step_o = solve_i ? wb_i : cb_i;

  always_comb begin
    row_next = row_q;
    vec_next = vec_q;
    if (setup_i) begin
      row_next = row_base_q;
      vec_next = vec_base_q;
    end else if (next_row_i) begin
      row_next = down_i ? row_q - row_stride : row_q + row_stride;
      vec_next = down_i ? vec_q - vec_stride : vec_q + vec_stride;
    end
  end

  // A run starts with the right-hand side (if it has one), then come the vectors from their first row on.
  assign start_run = setup_i || step_i;
  assign vectors   = solve_i ? vec_base_q : row_base_q;
  assign run_block = start_run ? next_j_i : j_i;
  always_comb begin
    run_base = vectors;
    run_low  = (low_v_i && two_i) ? MW'(low_step_o) : '0;
    if (start_run) begin
      run_low = (next_low_v_i && two_i) ? MW'(low_step_o) : '0;
      if (next_rhs_i) begin
        run_base = in_place_i ? vec_next : row_next;
        if (!in_place_i && next_low_v_i && two_i) run_low = MW'(cb_i);
      end
    end
  end
  assign a_start = run_base + MW'(run_block) + run_low;

  // The scalar belongs to column i (walking down the rows of R), or runs along row i of R from the last column back.
  assign owner_column       = down_i ? last_row_i : next_i_i;
  assign owner_column_block = owner_column >> LN;
  assign owner_block        = CBW'(owner_column_block);
  assign b_start            = (down_i ? row_next : row_base_q) + MW'(owner_block) + ((next_low_s_i && two_i) ? MW'(cb_i) : '0);

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      row_base_q <= row_base_i;
      vec_base_q <= vec_base_i;
    end
    if (start_run) begin
      row_q   <= row_next;
      vec_q   <= vec_next;
      a_q     <= a_start;
      b_q     <= b_start;
      owner_q <= N'(1) << owner_column[LN-1:0];
    end else if (issue_i && rhs_i) begin
      a_q <= a_start;
    end else if (issue_i) begin
      a_q <= !solve_i ? a_q + row_stride : down_i ? a_q - vec_stride : a_q + vec_stride;
      b_q <= !down_i ? b_q + row_stride : b_q - MW'(owner_q[0]);
      if (down_i) owner_q <= {owner_q[0], owner_q[N-1:1]};
    end
    if (issue_i) begin
      scalar_lane_q <= owner_q & {N{!rhs_i && !empty_i}};
      scalar_one_q  <= rhs_i;
    end
  end

  assign a_re_o        = issue_i && !empty_i;
  assign a_addr_o      = a_q;
  assign b_re_o        = owner_q & {N{issue_i && !rhs_i && !empty_i}};
  assign b_addr_o      = b_q;
  assign result_addr_o = (solve_i ? vec_q : row_q) + MW'(j_i);
  assign scalar_lane_o = scalar_lane_q;
  assign scalar_one_o  = scalar_one_q;
endmodule
`resetall
