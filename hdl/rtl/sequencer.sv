// SPDX-License-Identifier: MIT
`default_nettype none
// Sequencer: walks rows i, column blocks J and the terms of each sum, one product per clock and lane (operations and cycles:
// hdl/README.md). Its clocks depend on the command alone, never on data. With two limbs a block takes three runs over its terms:
// hi*lo and lo*hi into one sum, then hi*hi into another; otherwise it takes the last run only.
// A sum that is complete is copied and leaves lane by lane (drain.sv) while the next one grows. Three things can hold back the
// last term of a run: the copy of the sum before is still needed, two blocks of results are on their way, or the term reads a
// result that is not written yet.
//   N             lanes, a power of two (2..16, default 8)
//   MAX_FEATURES  largest d (default 64)
//   CBW           bits of the block count (default 10)
//   KW            bits of the row count of GRAM (default 16)
//   LIMBS         2 with words of two limbs, else 1 (default 1)
module sequencer #(
  parameter int N = 8,
  parameter int MAX_FEATURES = 64,
  parameter int CBW = 10,
  parameter int KW = 16,
  parameter int LIMBS = 1
) (
  input  wire logic                              clk_i,
  input  wire logic                              rst_i,
  // command, taken when start_i and not busy
  input  wire logic                              start_i,
  input  wire logic [2:0]                        op_i,        // 0 GRAM, 1 CHOL, 2 BACK, 3 FSUB, 4 BACKV
  input  wire logic                              two_i,
  input  wire logic                              forget_i,    // GRAM: one pass of forgetting before the products
  input  wire logic [$clog2(MAX_FEATURES+1)-1:0] d_i,
  input  wire logic [CBW-1:0]                    cb_i,
  input  wire logic [KW-1:0]                     k_i,
  output logic                                   busy_o,
  // kind of the command
  output logic                                   gram_o,      // GRAM, adding products
  output logic                                   forget_o,    // GRAM, in the pass of forgetting
  output logic                                   solve_o,     // BACK, FSUB, BACKV
  output logic                                   down_o,      // BACK, BACKV: from the last row to the first
  output logic                                   in_place_o,  // FSUB, BACKV: the right-hand side is the vector row
  output logic                                   two_o,
  // position of the term issued now, for operand_walk
  output logic                                   setup_o,     // the command starts
  output logic                                   issue_o,     // a term is issued
  output logic                                   step_o,      // ... the last of its run
  output logic                                   rhs_o,       // ... the right-hand side
  output logic                                   empty_o,     // ... a zero: the sum has no terms
  output logic [CBW-1:0]                         j_o,
  output logic                                   low_v_o,     // the run reads low limbs of the vector
  output logic [$clog2(MAX_FEATURES+1)-1:0]      last_row_o,  // d - 1
  output logic [CBW-1:0]                         cb_o,
  output logic [CBW-1:0]                         wb_o,        // blocks of a vector row
  // ... and of the run that follows setup_o or step_o
  output logic                                   next_row_o,  // it belongs to another row
  output logic [$clog2(MAX_FEATURES+1)-1:0]      next_i_o,
  output logic [CBW-1:0]                         next_j_o,
  output logic                                   next_rhs_o,
  output logic                                   next_low_v_o,
  output logic                                   next_low_s_o,  // it reads low limbs of the scalar
  // products: stage 1 takes operands, 2 multiplies, 3 accumulates
  output logic                                   en_op_o,
  output logic                                   en_mul_o,
  output logic                                   en_acc_o,
  output logic                                   load_o,
  // GRAM: base read at stage 2, sum written at stage 4
  output logic                                   g_load_o,
  output logic                                   g_store_o,
  // to the drain: issue stage
  output logic                                   take_o,      // the copy registers are reserved
  output logic                                   block_o,     // the last term of a block is issued
  output logic                                   first_block_o,
  output logic [$clog2(MAX_FEATURES)-1:0]        i_o,
  output logic [$clog2(N)-1:0]                   below_o,     // lanes left of the diagonal, or of the outputs, in a first block
  // ... stage 4: the accumulators hold a sum
  output logic                                   copy_o,      // copy it
  output logic                                   drain_o,     // ... and let it leave
  input  wire logic                              taken_i,     // the copy registers are reserved or in use
  input  wire logic [1:0]                        pending_i,   // blocks issued and not yet written, at most 2
  input  wire logic                              write_i      // results are written: port B of the operand memory is taken
);
  localparam int LN = $clog2(N);
  localparam int IW = $clog2(MAX_FEATURES + 1);
  localparam int LW = (IW > KW) ? IW : KW;
  localparam logic [1:0] CrossHigh = 2'd0, CrossLow = 2'd1, Main = 2'd2;  // runs of a block

  typedef enum logic [1:0] {Idle, Setup, Mac, Finish} state_e;

  state_e         state_q = Idle, state_next;
  logic           gram_q = 1'b0, forget_q = 1'b0, solve_q = 1'b0, down_q = 1'b0, in_place_q = 1'b0;
  logic [LN-1:0]  out_lane_q = '0;
  logic [IW-1:0]  last_row_q = '0;
  logic [CBW-1:0] cb_q = '0, last_block_q = '0, out_block_q = '0, wb_q = '0;
  logic [KW-1:0]  last_k_q = '0;
  // position
  logic [IW-1:0]  visit_q = '0;        // rows done
  logic [IW-1:0]  i_q = '0;            // row
  logic [CBW-1:0] j_q = '0;            // block
  logic           first_block_q = 1'b0;
  logic [LW-1:0]  left_q = '0;         // terms left in this run after the one issued
  logic           first_q = 1'b0;      // the next term is the first of its run
  logic           empty_q = 1'b0;
  // stages 1 to 4: valid, first of a sum, sum goes to the Gram memory, sum is copied, sum leaves
  logic [3:1]     v_q = '0, f_q = '0;
  logic [4:1]     store_q = '0, copy_q = '0, drain_q = '0;

  logic           two;
  logic [1:0]     run, run_next;
  logic           setup, issue, last, step, wait_last, product, block_end, row_end, main, row_next, storing;
  logic           rhs, rhs_next, copies, dependent, empty_next;
  logic [IW-1:0]  i_next, visit_next;
  logic [CBW-1:0] j_next;
  logic [LW-1:0]  left_next;

  function automatic logic [CBW-1:0] block_of(input logic [IW-1:0] column);
    logic [IW-1:0] block;
    block = column >> LN;
    block_of = CBW'(block);
  endfunction

  if (LIMBS == 2) begin : gen_two
    logic       two_q = 1'b0;
    logic [1:0] run_q = Main;
    always_ff @(posedge clk_i) begin
      if (state_q == Idle && start_i) two_q <= two_i;
      if (setup || step) run_q <= run_next;
    end
    assign two      = two_q;
    assign run      = run_q;
    assign run_next = (setup || main) ? (two_q ? CrossHigh : Main) : run_q + 2'd1;
  end else begin : gen_one
    logic unused;
    assign unused   = &{1'b0, two_i};
    assign two      = 1'b0;
    assign run      = Main;
    assign run_next = Main;
  end

  assign setup     = state_q == Setup;
  assign product   = gram_q && !forget_q;
  assign main      = run == Main;
  assign last      = left_q == '0;
  assign block_end = j_q == last_block_q;
  assign row_end   = visit_q == last_row_q;
  // A row reads results of the row before in its last term: with two blocks or more in a row the block of that row to be read
  // is written when fewer than two are pending, with one block when none is.
  assign dependent = pending_i[1] || (pending_i[0] && first_block_q && block_end);
  assign copies    = two ? run == CrossLow : 1'b1;
  assign wait_last = last && !product && (dependent || (copies && taken_i));
  assign issue     = state_q == Mac && !write_i && !wait_last;
  assign step      = issue && last;

  // The run after this one.
  assign row_next   = main && block_end;
  assign visit_next = setup ? '0 : visit_q + IW'(row_next);
  assign j_next     = (setup || row_next) ? (solve_q ? out_block_q : block_of(i_next)) : j_q + CBW'(main);
  assign rhs        = solve_q && run != CrossLow && first_q;
  assign rhs_next   = solve_q && run_next != CrossLow;
  assign empty_next = !product && !rhs_next && (forget_q || visit_next == '0);
  always_comb begin
    i_next = i_q;
    if (setup) i_next = down_q ? last_row_q : '0;
    else if (row_next) i_next = down_q ? i_q - IW'(1) : i_q + IW'(1);
  end
  // Row number visit of CHOL and the substitutions sums that many products, and the right-hand side of the latter.
  always_comb begin
    if (product) left_next = LW'(last_k_q);
    else if (forget_q) left_next = '0;
    else if (rhs_next) left_next = LW'(visit_next);
    else left_next = (visit_next == '0) ? '0 : LW'(visit_next) - LW'(1);
  end

  always_ff @(posedge clk_i) begin
    if (state_q == Idle && start_i) begin
      gram_q       <= op_i == 3'd0;
      forget_q     <= op_i == 3'd0 && forget_i;
      solve_q      <= op_i[2:1] != 2'd0;
      down_q       <= op_i == 3'd2 || op_i == 3'd4;
      in_place_q   <= op_i == 3'd3 || op_i == 3'd4;
      out_lane_q   <= d_i[LN-1:0];
      last_row_q   <= d_i - IW'(1);
      cb_q         <= cb_i;
      last_block_q <= cb_i - CBW'(1);
      out_block_q  <= block_of(d_i);
      wb_q         <= cb_i - block_of(d_i);
      last_k_q     <= k_i - KW'(1);
    end
    if (issue) begin
      left_q  <= left_q - LW'(1);
      first_q <= 1'b0;
    end
    if (setup || step) begin
      visit_q       <= visit_next;
      i_q           <= i_next;
      j_q           <= j_next;
      first_block_q <= setup || row_next || (first_block_q && !main);
      left_q        <= left_next;
      first_q       <= 1'b1;
      empty_q       <= empty_next;
    end
    if (state_q == Finish && state_next == Setup) forget_q <= 1'b0;
  end

  // States.
  assign storing = store_q[3:1] != '0;
  always_comb begin
    state_next = state_q;
    case (state_q)
      Idle:    if (start_i) state_next = Setup;
      Setup:   state_next = Mac;
      Mac:     if (step && row_next && row_end) state_next = Finish;
      Finish:
        if (pending_i == 2'd0 && !storing) begin
          if (forget_q) state_next = Setup;
          else state_next = Idle;
        end
      default: state_next = Idle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) state_q <= Idle;
    else state_q <= state_next;
  end

  // Tags that travel with each product.
  always_ff @(posedge clk_i) begin
    v_q     <= {v_q[2:1], issue};
    f_q     <= {f_q[2:1], first_q && run != CrossLow};
    store_q <= {store_q[3:1], step && product};
    copy_q  <= {copy_q[3:1], step && !product && run != CrossHigh};
    drain_q <= {drain_q[3:1], step && !product && main};
    if (rst_i) begin
      v_q     <= '0;
      store_q <= '0;
      copy_q  <= '0;
      drain_q <= '0;
    end
  end

  assign busy_o        = state_q != Idle;
  assign gram_o        = product;
  assign forget_o      = forget_q;
  assign solve_o       = solve_q;
  assign down_o        = down_q;
  assign in_place_o    = in_place_q;
  assign two_o         = two;
  assign setup_o       = setup;
  assign issue_o       = issue;
  assign step_o        = step;
  assign rhs_o         = rhs;
  assign empty_o       = empty_q;
  assign j_o           = j_q;
  assign low_v_o       = run == CrossHigh;
  assign last_row_o    = last_row_q;
  assign cb_o          = cb_q;
  assign wb_o          = wb_q;
  assign next_row_o    = row_next;
  assign next_i_o      = i_next;
  assign next_j_o      = j_next;
  assign next_rhs_o    = rhs_next;
  assign next_low_v_o  = run_next == CrossHigh;
  assign next_low_s_o  = run_next == CrossLow;
  assign en_op_o       = v_q[1];
  assign en_mul_o      = v_q[2];
  assign en_acc_o      = v_q[3];
  assign load_o        = f_q[3];
  assign g_load_o      = v_q[2] && f_q[2] && product;
  assign g_store_o     = store_q[4];
  assign take_o        = step && !product && copies;
  assign block_o       = step && !product && main;
  assign first_block_o = first_block_q;
  assign i_o           = i_q[$clog2(MAX_FEATURES)-1:0];
  assign below_o       = solve_q ? out_lane_q : i_q[LN-1:0];
  assign copy_o        = copy_q[4];
  assign drain_o       = drain_q[4];
endmodule
`resetall
