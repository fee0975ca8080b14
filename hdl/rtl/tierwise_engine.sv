// SPDX-License-Identifier: MIT
`default_nettype none
// Exact-Gram ridge engine: N lanes on one loop, operations GRAM, CHOL, BACK, FSUB and BACKV (contract, host port and cycles:
// hdl/README.md).
//   N              lanes: 2, 4, 8 or 16 (default 8)
//   DW             operand word width in bits, 8..25, with two limbs 8..18 (default 18)
//   AW             accumulator width in bits, 2*DW+2..48 (default 48)
//   OPERAND_DEPTH  operand words per lane, 16..2^24 (default 4096)
//   GRAM_DEPTH     Gram words per lane, 16..2^24 (default 4096)
//   MAX_FEATURES   largest d, 2..min(65535, 2^(AW-1-2(DW-1)) - 1) (default 128): no accumulator wraps
//   LIMBS          2 with the hardware for words of two limbs, 1 without (default 2)
module tierwise_engine #(
  parameter int N = 8,
  parameter int DW = 18,
  parameter int AW = 48,
  parameter int OPERAND_DEPTH = 4096,
  parameter int GRAM_DEPTH = 4096,
  parameter int MAX_FEATURES = 128,
  parameter int LIMBS = 2
) (
  input  wire logic          clk_i,
  input  wire logic          rst_i,
  // command: taken in the clock start_i is high while busy_o is low; ignored while busy
  input  wire logic          start_i,
  input  wire logic [2:0]    op_i,        // 0 GRAM, 1 CHOL, 2 BACK, 3 FSUB, 4 BACKV
  input  wire logic          two_i,       // words of two limbs (not GRAM); 0 when LIMBS = 1
  input  wire logic          neg_i,       // GRAM: subtract the products
  input  wire logic [5:0]    decay_i,     // GRAM: when not 0, first G -= floor(G / 2^decay)
  input  wire logic [15:0]   d_i,         // features, 1..MAX_FEATURES
  input  wire logic [15:0]   cb_i,        // column blocks, ceil((d+m)/N)
  input  wire logic [15:0]   k_i,         // GRAM: rows, >= 1
  input  wire logic [23:0]   row_base_i,  // GRAM: row 0 of X|Y; CHOL, FSUB: row 0 of R; BACK, BACKV: row d-1 of R
  input  wire logic [23:0]   vec_base_i,  // vector row 0 (FSUB) or d-1 (BACK, BACKV), less floor(d/N), modulo the address range
  input  wire logic [5:0]    sh_i,        // CHOL: shift of G
  // status: flags and counts belong to the last command
  output logic               busy_o,
  output logic               brk_o,
  output logic               sat_o,
  output logic      [31:0]   cycles_o,
  output logic      [31:0]   activity_o,  // bits toggled in the broadcast operand, from 0 before the first
  // host port: legal only while busy_o is low; read data follow two clocks after host_re_i
  input  wire logic          host_we_i,
  input  wire logic          host_re_i,
  input  wire logic          host_gram_i,   // 0 operand memory, 1 Gram memory
  input  wire logic [23:0]   host_addr_i,
  input  wire logic [N-1:0]  host_lanes_i,  // lanes to write; exactly one to read
  input  wire logic [AW-1:0] host_wdata_i,
  output logic      [AW-1:0] host_rdata_o
);
  localparam int F   = DW - 1;
  localparam int EW  = $clog2(F);
  localparam int EW2 = $clog2(2 * F);
  localparam int SW  = (LIMBS == 2) ? AW + F + 2 : AW + 1;    // a difference
  localparam int CW  = (LIMBS == 2) ? EW2 + 2 * F : EW + F;   // (e, rm) of a row
  localparam int MW  = $clog2(OPERAND_DEPTH);
  localparam int GW  = $clog2(GRAM_DEPTH);
  localparam int IW  = $clog2(MAX_FEATURES + 1);
  localparam int RW  = $clog2(MAX_FEATURES);
  localparam int DMIN = (MW < GW) ? MW : GW;
  localparam int LN  = $clog2(N);
  localparam int CBW = (DMIN < 12) ? DMIN : 12;  // a row of blocks never exceeds a memory

  // Illegal parameters stop every tool at elaboration, each with its rule.
`ifdef __ICARUS__
`define ILLEGAL(rule, text) rule illegal ();
`else
`define ILLEGAL(rule, text) $error(text);
`endif
  if (N != 2 && N != 4 && N != 8 && N != 16) begin : gen_illegal_n
    `ILLEGAL(illegal_N_must_be_2_4_8_or_16, "illegal N: must be 2, 4, 8 or 16")
  end
  if (DW < 8 || DW > 25) begin : gen_illegal_dw
    `ILLEGAL(illegal_DW_must_be_8_to_25, "illegal DW: must be 8 to 25")
  end
  if (AW < 2 * DW + 2 || AW > 48) begin : gen_illegal_aw
    `ILLEGAL(illegal_AW_must_be_2_DW_plus_2_to_48, "illegal AW: must be 2*DW+2 to 48")
  end
  if (OPERAND_DEPTH < 16 || OPERAND_DEPTH > 16777216) begin : gen_illegal_operand_depth
    `ILLEGAL(illegal_OPERAND_DEPTH_must_be_16_to_2p24, "illegal OPERAND_DEPTH: must be 16 to 2^24")
  end
  if (GRAM_DEPTH < 16 || GRAM_DEPTH > 16777216) begin : gen_illegal_gram_depth
    `ILLEGAL(illegal_GRAM_DEPTH_must_be_16_to_2p24, "illegal GRAM_DEPTH: must be 16 to 2^24")
  end
  if (MAX_FEATURES < 2 || MAX_FEATURES > 65535 || MAX_FEATURES > 2 ** (AW + 1 - 2 * DW) - 1) begin : gen_illegal_features
    `ILLEGAL(illegal_MAX_FEATURES_must_be_2_to_2pow_AW_plus_1_minus_2_DW_minus_1,
             "illegal MAX_FEATURES: must be 2 to 2^(AW+1-2*DW) - 1, at most 65535")
  end
  if (LIMBS != 1 && LIMBS != 2) begin : gen_illegal_limbs
    `ILLEGAL(illegal_LIMBS_must_be_1_or_2, "illegal LIMBS: must be 1 or 2")
  end
  if (LIMBS == 2 && DW > 18) begin : gen_illegal_two_limbs
    `ILLEGAL(illegal_LIMBS_2_needs_DW_at_most_18, "illegal LIMBS: 2 needs DW at most 18")
  end
`undef ILLEGAL

  // sequencer
  logic           busy, gram, forgets, subst, down, in_place, two;
  logic           setup, issue, step, rhs, empty, low_v, next_row, next_rhs, next_low_v, next_low_s;
  logic [CBW-1:0] j, cb, wb, next_j;
  logic [IW-1:0]  last_row, next_i;
  logic [LN-1:0]  below;
  logic           en_op, en_mul, en_acc, load, g_load, g_store, take, block, first_block, copy, drain_start;
  // operand addresses
  logic           a_re, scalar_one;
  logic [N-1:0]   b_re, scalar_lane;
  logic [MW-1:0]  a_addr, b_addr, result_addr;
  logic [CBW-1:0] low_step;
  // drain
  logic           taken, shift, drain_valid, drain_pivot, drain_mask, row_re, write, write_low;
  logic [1:0]     pending;
  logic [N-1:0]   base_lane, result_lane;
  logic [RW-1:0]  i, row;
  logic [MW-1:0]  write_addr;
  // host
  logic           idle, host_b_re, host_g_re;
  logic [MW-1:0]  b_addr_sel;
  logic [GW-1:0]  g_raddr_q = '0, g_waddr_q = '0, g_raddr_sel, g_waddr_sel;
  logic [N-1:0]   b_re_sel, b_we_sel, g_we_sel, scalar_sel, base_sel;
  logic [AW-1:0]  g_wdata_sel;
  logic           g_re;
  logic [N-1:0]   host_lanes_q = '0;
  logic           host_gram_q = 1'b0;
  logic [AW-1:0]  rdata_q = '0;
  // shared datapath
  logic [DW-1:0]  scalar, result, result_low;
  logic [AW-1:0]  base;
  logic           s_valid, s_pivot, s_mask, result_valid, clipped, pivot_soon, pivot_done, pivot_low, pivot_high;
  logic [SW-1:0]  s;
  logic [CW-1:0]  pivot_scaling, scaling_q = '0, row_scaling;
  logic [CW-1:0]  scaling[0:MAX_FEATURES-1];
  // status
  logic           brk_q = 1'b0, sat_q = 1'b0, neg_q = 1'b0;
  logic [31:0]    cycles_q = '0;
  logic [5:0]     sh_q = '0;

  assign idle = !busy;

  sequencer #(.N(N), .MAX_FEATURES(MAX_FEATURES), .CBW(CBW), .KW(16), .LIMBS(LIMBS)) u_sequencer (
    .clk_i(clk_i), .rst_i(rst_i),
    .start_i(start_i), .op_i(op_i), .two_i(two_i), .forget_i(decay_i != '0),
    .d_i(d_i[IW-1:0]), .cb_i(cb_i[CBW-1:0]), .k_i(k_i),
    .busy_o(busy), .gram_o(gram), .forget_o(forgets), .solve_o(subst), .down_o(down), .in_place_o(in_place), .two_o(two),
    .setup_o(setup), .issue_o(issue), .step_o(step), .rhs_o(rhs), .empty_o(empty), .j_o(j), .low_v_o(low_v),
    .last_row_o(last_row), .cb_o(cb), .wb_o(wb),
    .next_row_o(next_row), .next_i_o(next_i), .next_j_o(next_j), .next_rhs_o(next_rhs),
    .next_low_v_o(next_low_v), .next_low_s_o(next_low_s),
    .en_op_o(en_op), .en_mul_o(en_mul), .en_acc_o(en_acc), .load_o(load), .g_load_o(g_load), .g_store_o(g_store),
    .take_o(take), .block_o(block), .first_block_o(first_block), .i_o(i), .below_o(below),
    .copy_o(copy), .drain_o(drain_start),
    .taken_i(taken), .pending_i(pending), .write_i(write || write_low)
  );

  operand_walk #(.N(N), .OPERAND_DEPTH(OPERAND_DEPTH), .MAX_FEATURES(MAX_FEATURES), .CBW(CBW)) u_walk (
    .clk_i(clk_i),
    .start_i(idle && start_i), .row_base_i(row_base_i[MW-1:0]), .vec_base_i(vec_base_i[MW-1:0]),
    .solve_i(subst), .down_i(down), .in_place_i(in_place), .two_i(two),
    .setup_i(setup), .issue_i(issue), .step_i(step), .rhs_i(rhs), .empty_i(empty), .j_i(j), .low_v_i(low_v),
    .last_row_i(last_row), .cb_i(cb), .wb_i(wb),
    .next_row_i(next_row), .next_i_i(next_i), .next_j_i(next_j), .next_rhs_i(next_rhs),
    .next_low_v_i(next_low_v), .next_low_s_i(next_low_s),
    .a_re_o(a_re), .a_addr_o(a_addr), .b_re_o(b_re), .b_addr_o(b_addr), .result_addr_o(result_addr), .low_step_o(low_step),
    .scalar_lane_o(scalar_lane), .scalar_one_o(scalar_one)
  );

  drain #(.N(N), .OPERAND_DEPTH(OPERAND_DEPTH), .MAX_FEATURES(MAX_FEATURES), .CBW(CBW)) u_drain (
    .clk_i(clk_i), .rst_i(rst_i),
    .forget_i(forgets), .solve_i(subst), .two_i(two),
    .take_i(take), .block_i(block), .first_block_i(first_block), .i_i(i), .below_i(below),
    .addr_i(result_addr), .low_step_i(low_step),
    .drain_i(drain_start), .taken_o(taken), .pending_o(pending),
    .shift_o(shift), .base_lane_o(base_lane), .valid_o(drain_valid), .pivot_o(drain_pivot), .mask_o(drain_mask),
    .resume_i(pivot_soon), .row_o(row), .row_re_o(row_re),
    .result_i(forgets ? s_valid : result_valid), .result_lane_o(result_lane),
    .write_o(write), .write_low_o(write_low), .write_addr_o(write_addr)
  );

  // Rows of G are visited in the order of the packed triangle: its addresses are two counters.
  assign g_re = g_load || (drain_start && !subst);
  always_ff @(posedge clk_i) begin
    if (setup) begin
      g_raddr_q <= '0;
      g_waddr_q <= '0;
    end else begin
      if (g_re) g_raddr_q <= g_raddr_q + GW'(1);
      if (g_store || (forgets && s_valid && result_lane[N-1])) g_waddr_q <= g_waddr_q + GW'(1);
    end
  end

  // The host borrows port B, the Gram ports and both lane selectors while the engine is idle.
  assign host_b_re   = idle && host_re_i && !host_gram_i;
  assign host_g_re   = idle && host_re_i && host_gram_i;
  assign b_addr_sel  = idle ? host_addr_i[MW-1:0] : (write || write_low) ? write_addr : b_addr;
  assign b_re_sel    = b_re | (host_lanes_i & {N{host_b_re}});
  assign b_we_sel    = idle ? host_lanes_i & {N{host_we_i && !host_gram_i}} : {N{write || write_low}};
  assign g_raddr_sel = idle ? host_addr_i[GW-1:0] : g_raddr_q;
  assign g_waddr_sel = idle ? host_addr_i[GW-1:0] : g_waddr_q;
  assign g_wdata_sel = idle ? host_wdata_i : ~s[AW-1:0];
  assign g_we_sel    = idle ? host_lanes_i & {N{host_we_i && host_gram_i}}
                            : {N{g_store}} | (result_lane & {N{forgets && s_valid}});
  assign scalar_sel  = idle ? host_lanes_q : scalar_lane;
  assign base_sel    = idle ? host_lanes_q : base_lane;

  // Lanes, the last first: copies move from lane l+1 to lane l. The selected lane is gathered by AND-OR chains, never by a
  // variable part select of a wide bus.
  for (genvar g = 0; g < N; g++) begin : gen_l
    localparam int L = N - 1 - g;
    logic [DW-1:0] b_data, scalar_or;
    logic [AW-1:0] g_data, base_or, copied, crossed, copy_next, cross_next;

    lane #(.DW(DW), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .LIMBS(LIMBS)) u_lane (
      .clk_i(clk_i),
      .a_re_i(a_re), .a_addr_i(a_addr),
      .b_re_i(b_re_sel[L]), .b_we_i(b_we_sel[L]), .b_addr_i(b_addr_sel), .b_host_i(idle), .b_wdata_i(host_wdata_i[DW-1:0]),
      .b_data_o(b_data),
      .en_op_i(en_op), .en_mul_i(en_mul), .en_acc_i(en_acc), .load_i(load), .base_en_i(gram), .neg_i(neg_q), .scalar_i(scalar),
      .copy_i(copy), .copy_cross_i(drain_start && two), .shift_i(shift),
      .copy_next_i(copy_next), .cross_next_i(cross_next), .copy_o(copied), .cross_o(crossed),
      .result_en_i(result_lane[L] && result_valid), .result_i(result), .result_low_i(result_low), .write_low_i(write_low),
      .g_re_i(g_re || host_g_re), .g_raddr_i(g_raddr_sel), .g_data_o(g_data),
      .g_we_i(g_we_sel[L]), .g_waddr_i(g_waddr_sel), .g_wsel_i(idle || forgets), .g_wdata_i(g_wdata_sel)
    );

    if (g == 0) begin : gen_last
      assign scalar_or  = b_data & {DW{scalar_sel[L]}};
      assign base_or    = g_data & {AW{base_sel[L]}};
      assign copy_next  = '0;
      assign cross_next = '0;
    end else begin : gen_rest
      assign scalar_or  = gen_l[g-1].scalar_or | (b_data & {DW{scalar_sel[L]}});
      assign base_or    = gen_l[g-1].base_or | (g_data & {AW{base_sel[L]}});
      assign copy_next  = gen_l[g-1].copied;
      assign cross_next = gen_l[g-1].crossed;
    end
  end

  assign scalar = gen_l[N-1].scalar_or | {scalar_one && busy, {F{1'b0}}};
  assign base   = gen_l[N-1].base_or;

  difference #(.DW(DW), .AW(AW), .LIMBS(LIMBS), .SW(SW)) u_difference (
    .clk_i(clk_i), .rst_i(rst_i),
    .valid_i(drain_valid), .pivot_i(drain_pivot), .mask_i(drain_mask), .forget_i(forgets), .two_i(two), .sh_i(sh_q),
    .acc_i(gen_l[N-1].copied), .cross_i(gen_l[N-1].crossed), .base_i(base),
    .valid_o(s_valid), .pivot_o(s_pivot), .mask_o(s_mask), .s_o(s)
  );

  // Scaling: of the pivot just found, or of the row that is substituted.
  assign row_scaling = subst ? scaling_q : pivot_scaling;
  always_ff @(posedge clk_i) begin
    if (pivot_done) scaling[row] <= pivot_scaling;
    if (row_re) scaling_q <= scaling[row];
  end

  scaling_path #(.DW(DW), .AW(AW), .LIMBS(LIMBS), .SW(SW), .CW(CW)) u_scaling (
    .clk_i(clk_i), .rst_i(rst_i), .two_i(two),
    .valid_i(s_valid && !forgets), .pivot_i(s_pivot), .mask_i(s_mask), .s_i(s), .scaling_i(row_scaling),
    .soon_o(pivot_soon), .done_o(pivot_done), .low_o(pivot_low), .high_o(pivot_high), .scaling_o(pivot_scaling),
    .valid_o(result_valid), .result_o(result), .result_low_o(result_low), .clipped_o(clipped)
  );

  toggle_counter #(.DW(DW)) u_toggles (
    .clk_i(clk_i), .clear_i(rst_i || (idle && start_i)), .en_i(en_op), .operand_i(scalar), .count_o(activity_o)
  );

  always_ff @(posedge clk_i) begin
    host_lanes_q <= host_lanes_i;
    host_gram_q  <= host_gram_i;
    rdata_q      <= host_gram_q ? base : AW'($signed(scalar));
  end

  always_ff @(posedge clk_i) begin
    if (idle) begin
      if (start_i) begin
        sh_q     <= (op_i == 3'd0) ? decay_i : sh_i;
        neg_q    <= (op_i == 3'd0) && neg_i;
        brk_q    <= 1'b0;
        sat_q    <= 1'b0;
        cycles_q <= '0;
      end
    end else begin
      cycles_q <= cycles_q + 32'd1;
      if (pivot_done && pivot_low) brk_q <= 1'b1;
      if ((pivot_done && pivot_high) || (result_valid && clipped)) sat_q <= 1'b1;
    end
    if (rst_i) begin
      brk_q    <= 1'b0;
      sat_q    <= 1'b0;
      cycles_q <= '0;
    end
  end

  assign busy_o       = busy;
  assign brk_o        = brk_q;
  assign sat_o        = sat_q;
  assign cycles_o     = cycles_q;
  assign host_rdata_o = rdata_q;

  logic unused;
  assign unused = &{1'b0, d_i, cb_i, row_base_i, vec_base_i, host_addr_i};
endmodule
`resetall
