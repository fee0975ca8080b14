// SPDX-License-Identifier: MIT
`default_nettype none
// Sequencer: walks rows i, column blocks J and the sum over k for GRAM, CHOL and BACK, and drives addresses and enables.
// Its clocks depend on the command alone, never on data. Stage numbers count clocks after the issue of a product.
//   N              lanes, a power of two (2..16, default 8)
//   OPERAND_DEPTH  operand words per lane (default 1024)
//   GRAM_DEPTH     Gram words per lane (default 1024)
//   MAX_FEATURES   largest d (default 64)
//   CBW            bits of the block count (default 10)
//   KW             bits of the row count of GRAM (default 16)
module sequencer #(
  parameter int N = 8,
  parameter int OPERAND_DEPTH = 1024,
  parameter int GRAM_DEPTH = 1024,
  parameter int MAX_FEATURES = 64,
  parameter int CBW = 10,
  parameter int KW = 16
) (
  input  wire logic                              clk_i,
  input  wire logic                              rst_i,
  // command, taken when start_i and not busy
  input  wire logic                              start_i,
  input  wire logic [2:0]                        op_i,        // 0 GRAM, 1 CHOL, 2 BACK
  input  wire logic [$clog2(MAX_FEATURES+1)-1:0] d_i,
  input  wire logic [CBW-1:0]                    cb_i,
  input  wire logic [KW-1:0]                     k_i,
  input  wire logic [$clog2(OPERAND_DEPTH)-1:0]  row_base_i,
  input  wire logic [$clog2(OPERAND_DEPTH)-1:0]  vec_base_i,
  output logic                                   busy_o,
  output logic                                   gram_o,
  output logic                                   back_o,
  // operand reads: issue stage
  output logic                                   a_re_o,
  output logic [$clog2(OPERAND_DEPTH)-1:0]       a_addr_o,
  output logic                                   b_re_o,
  output logic [$clog2(OPERAND_DEPTH)-1:0]       b_addr_o,    // also the address of result writes
  // products: stage 1 takes operands, 2 multiplies, 3 accumulates
  output logic [N-1:0]                           scalar_lane_o,  // stage 1: lane of the broadcast operand; 0 gives 0
  output logic                                   en_op_o,
  output logic                                   en_mul_o,
  output logic                                   en_acc_o,
  output logic                                   load_o,
  // Gram memory: read at stage 2, write at stage 4
  output logic                                   g_re_o,
  output logic [$clog2(GRAM_DEPTH)-1:0]          g_raddr_o,
  output logic                                   g_we_o,
  output logic [$clog2(GRAM_DEPTH)-1:0]          g_waddr_o,
  // row scaling store
  output logic [$clog2(MAX_FEATURES)-1:0]        row_o,
  output logic                                   row_re_o,
  // drain into the post-processor
  output logic [N-1:0]                           drain_lane_o,
  output logic                                   drain_valid_o,
  output logic                                   drain_pivot_o,
  output logic                                   drain_mask_o,
  input  wire logic                              pivot_done_i
);
  localparam int LN = $clog2(N);
  localparam int IW = $clog2(MAX_FEATURES + 1);
  localparam int MW = $clog2(OPERAND_DEPTH);
  localparam int GW = $clog2(GRAM_DEPTH);
  localparam int LW = (IW > KW) ? IW : KW;
  localparam int PostLatency = 6;
  localparam int CW = $clog2(N + PostLatency);
  localparam logic [CW-1:0] FlushLast     = CW'(2);
  localparam logic [CW-1:0] GramFlushLast = CW'(3);
  localparam logic [CW-1:0] DrainLast     = CW'(N + PostLatency - 1);

  typedef enum logic [2:0] {Idle, Mac, Flush, Pivot, Drain} state_e;

  state_e           state_q = Idle;
  logic             gram_q = 1'b0, back_q = 1'b0;
  logic [IW-1:0]    d_q = '0;
  logic [CBW-1:0]   cb_q = '0, wb_q = '0, out_block_q = '0;
  logic [KW-1:0]    klast_q = '0;
  logic [MW-1:0]    base_q = '0;
  // position
  logic [IW-1:0]    visit_q = '0;    // rows done
  logic [IW-1:0]    i_q = '0;        // row
  logic [CBW-1:0]   j_q = '0;        // block
  logic             first_block_q = 1'b0;
  logic [LW-1:0]    left_q = '0;     // products left in this block after the one issued
  logic             first_q = 1'b0;  // the next product starts a sum
  logic [IW-1:0]    k_q = '0;        // BACK: column of R
  logic [MW-1:0]    walk_q = '0;     // row k of the operand
  logic [MW-1:0]    row_q = '0;      // CHOL, BACK: row i of R
  logic [MW-1:0]    vec_q = '0;      // BACK: row i of W, less the first output block
  logic [GW-1:0]    gat_q = '0;      // block of G; rows are visited in the order of the packed triangle
  logic [CW-1:0]    count_q = '0;
  logic [N-1:0]     drain_q = '0;
  // pipeline tags
  logic             v1_q = 1'b0, v2_q = 1'b0, v3_q = 1'b0;
  logic             f1_q = 1'b0, f2_q = 1'b0, f3_q = 1'b0;
  logic             l1_q = 1'b0, l2_q = 1'b0, l3_q = 1'b0, l4_q = 1'b0;
  logic [GW-1:0]    g1_q = '0, g2_q = '0, g3_q = '0, g4_q = '0;
  logic [N-1:0]     scalar_q = '0;

  logic             issue, empty_sum, last, block_end, row_end, all_end, flush_end, drain_end;
  logic [IW-1:0]    i_next;
  logic [CBW-1:0]   j_first, j_next;
  logic [LW-1:0]    left_row, left_next;
  logic [MW-1:0]    row_step, walk_step, scalar_row;
  logic [CBW-1:0]   scalar_block;
  logic [LN-1:0]    scalar_lane, i_lane, d_lane, mask_below, drain_index;
  logic             step;

  function automatic logic [CBW-1:0] block_of(input logic [IW-1:0] column);
    logic [IW-1:0] block;
    block = column >> LN;
    block_of = CBW'(block);
  endfunction

  assign issue     = state_q == Mac;
  assign empty_sum = !gram_q && visit_q == '0;  // first row of CHOL and BACK: nothing to sum
  assign last      = left_q == '0;
  assign block_end = j_q == cb_q - CBW'(1);
  assign row_end   = visit_q == d_q - IW'(1);
  assign all_end   = block_end && row_end;
  assign flush_end = count_q == (gram_q ? GramFlushLast : FlushLast);
  assign drain_end = count_q == DrainLast;
  // A block is left when its last product was issued (GRAM) or its results are written (CHOL, BACK).
  assign step      = gram_q ? (issue && last) : (state_q == Drain && drain_end);

  assign i_next    = back_q ? i_q - IW'(1) : i_q + IW'(1);
  assign j_first   = back_q ? out_block_q : block_of(i_next);
  assign j_next    = block_end ? j_first : j_q + CBW'(1);
  assign row_step  = MW'(cb_q);
  assign walk_step = back_q ? MW'(wb_q) : MW'(cb_q);
  // Row number visit_q of CHOL and BACK sums visit_q products, the first row sums one zero.
  assign left_row  = (visit_q == '0) ? '0 : LW'(visit_q) - LW'(1);
  assign left_next = gram_q ? LW'(klast_q) : block_end ? LW'(visit_q) : left_row;

  assign i_lane       = i_q[LN-1:0];
  assign d_lane       = d_q[LN-1:0];
  assign scalar_row   = back_q ? row_q : walk_q;
  assign scalar_block = back_q ? block_of(k_q) : block_of(i_q);
  assign scalar_lane  = back_q ? k_q[LN-1:0] : i_lane;
  assign mask_below   = !first_block_q ? '0 : back_q ? d_lane : i_lane;
  assign drain_index  = count_q[LN-1:0];

  // Operand reads. In Flush of BACK the right-hand side Z[i][J] is fetched for the post-processor.
  always_comb begin
    a_re_o   = issue && !empty_sum;
    a_addr_o = walk_q + MW'(j_q);
    b_re_o   = issue && !empty_sum;
    b_addr_o = scalar_row + MW'(scalar_block);
    if (state_q == Flush) begin
      a_re_o   = back_q;
      a_addr_o = row_q + MW'(j_q);
    end
    if (state_q == Drain) b_addr_o = (back_q ? vec_q : row_q) + MW'(j_q);
  end

  assign busy_o        = state_q != Idle;
  assign gram_o        = gram_q;
  assign back_o        = back_q;
  assign scalar_lane_o = scalar_q;
  assign en_op_o       = v1_q;
  assign en_mul_o      = v2_q;
  assign en_acc_o      = v3_q;
  assign load_o        = f3_q;
  assign g_re_o        = v2_q && f2_q && !back_q;
  assign g_raddr_o     = g2_q;
  assign g_we_o        = l4_q;
  assign g_waddr_o     = g4_q;
  assign row_o         = i_q[$clog2(MAX_FEATURES)-1:0];
  assign row_re_o      = issue && first_q && back_q;
  assign drain_lane_o  = drain_q;
  assign drain_valid_o = state_q == Drain && drain_q != '0;
  assign drain_pivot_o = state_q == Pivot && drain_q != '0;
  assign drain_mask_o  = drain_index < mask_below;

  // Position: loaded by a command, moved by `issue` within a block and by `step` from block to block.
  always_ff @(posedge clk_i) begin
    if (state_q == Idle) begin
      if (start_i) begin
        gram_q        <= op_i == 3'd0;
        back_q        <= op_i == 3'd2;
        d_q           <= d_i;
        cb_q          <= cb_i;
        wb_q          <= cb_i - block_of(d_i);
        out_block_q   <= block_of(d_i);
        klast_q       <= k_i - KW'(1);
        base_q        <= row_base_i;
        visit_q       <= '0;
        i_q           <= (op_i == 3'd2) ? d_i - IW'(1) : '0;
        k_q           <= d_i;
        j_q           <= (op_i == 3'd2) ? block_of(d_i) : '0;
        first_block_q <= 1'b1;
        left_q        <= (op_i == 3'd0) ? LW'(k_i) - LW'(1) : '0;
        first_q       <= 1'b1;
        walk_q        <= row_base_i;
        row_q         <= row_base_i;
        vec_q         <= vec_base_i;
        gat_q         <= '0;
      end
    end else begin
      if (issue) begin
        walk_q  <= walk_q + walk_step;
        k_q     <= k_q + IW'(1);
        left_q  <= left_q - LW'(1);
        first_q <= last;
      end
      if (step) begin
        j_q           <= j_next;
        gat_q         <= gat_q + GW'(1);
        first_block_q <= block_end;
        left_q        <= left_next;
        first_q       <= 1'b1;
        walk_q        <= !back_q ? base_q : block_end ? vec_q : vec_q + MW'(wb_q);
        k_q           <= block_end ? i_q : i_q + IW'(1);
        if (block_end) begin
          visit_q <= visit_q + IW'(1);
          i_q     <= i_next;
          row_q   <= back_q ? row_q - row_step : row_q + row_step;
          vec_q   <= vec_q - MW'(wb_q);
        end
      end
    end
  end

  // States.
  always_ff @(posedge clk_i) begin
    case (state_q)
      Idle: if (start_i) state_q <= Mac;
      Mac: begin
        count_q <= '0;
        if (last && (!gram_q || all_end)) state_q <= Flush;
      end
      Flush: begin
        count_q <= count_q + CW'(1);
        if (flush_end) begin
          count_q <= '0;
          if (gram_q) begin
            state_q <= Idle;
          end else if (!back_q && first_block_q) begin
            state_q <= Pivot;
            drain_q <= N'(1) << i_lane;
          end else begin
            state_q <= Drain;
            drain_q <= N'(1);
          end
        end
      end
      Pivot: begin
        drain_q <= '0;
        count_q <= '0;
        if (pivot_done_i) begin
          state_q <= Drain;
          drain_q <= N'(1);
        end
      end
      Drain: begin
        count_q <= count_q + CW'(1);
        drain_q <= drain_q << 1;
        if (drain_end) state_q <= all_end ? Idle : Mac;
      end
      default: state_q <= Idle;
    endcase
    if (rst_i) begin
      state_q <= Idle;
      drain_q <= '0;
    end
  end

  // Tags that travel with each product.
  always_ff @(posedge clk_i) begin
    v1_q     <= issue;
    v2_q     <= v1_q;
    v3_q     <= v2_q;
    f1_q     <= first_q;
    f2_q     <= f1_q;
    f3_q     <= f2_q;
    l1_q     <= issue && last && gram_q;
    l2_q     <= l1_q;
    l3_q     <= l2_q;
    l4_q     <= l3_q;
    g1_q     <= gat_q;
    g2_q     <= g1_q;
    g3_q     <= g2_q;
    g4_q     <= g3_q;
    scalar_q <= empty_sum ? '0 : N'(1) << scalar_lane;
    if (rst_i) begin
      {v1_q, v2_q, v3_q} <= '0;
      {l1_q, l2_q, l3_q, l4_q} <= '0;
    end
  end
endmodule
`resetall
