// SPDX-License-Identifier: MIT
`default_nettype none
// Exact-Gram ridge engine: N lanes on one loop, operations GRAM, CHOL and BACK (contract, host port and cycles: hdl/README.md).
//   N              lanes: 2, 4, 8 or 16 (default 8)
//   DW             operand word width in bits, 8..25 (default 18)
//   AW             accumulator width in bits, 2*DW+2..48 (default 48)
//   OPERAND_DEPTH  operand words per lane, 16..2^24 (default 4096)
//   GRAM_DEPTH     Gram words per lane, 16..2^24 (default 4096)
//   MAX_FEATURES   largest d, 2..min(65535, 2^(AW-1-2(DW-1)) - 1) (default 128): no accumulator wraps in CHOL and BACK
module tierwise_engine #(
  parameter int N = 8,
  parameter int DW = 18,
  parameter int AW = 48,
  parameter int OPERAND_DEPTH = 4096,
  parameter int GRAM_DEPTH = 4096,
  parameter int MAX_FEATURES = 128,
  parameter int LIMBS = 1
) (
  input  wire logic          clk_i,
  input  wire logic          rst_i,
  // command: taken in the clock start_i is high while busy_o is low; ignored while busy
  input  wire logic          start_i,
  input  wire logic [2:0]    op_i,        // 0 GRAM, 1 CHOL, 2 BACK, 3 FSUB, 4 BACKV (3 and 4: not yet)
  input  wire logic          two_i,       // words of two limbs (not yet)
  input  wire logic          neg_i,       // GRAM: subtract the products (not yet)
  input  wire logic [5:0]    decay_i,     // GRAM: forgetting (not yet)
  input  wire logic [15:0]   d_i,         // features, 1..MAX_FEATURES
  input  wire logic [15:0]   cb_i,        // column blocks, ceil((d+m)/N)
  input  wire logic [15:0]   k_i,         // GRAM: rows, >= 1
  input  wire logic [23:0]   row_base_i,  // GRAM: row 0 of X|Y; CHOL: row 0 of R; BACK: row d-1 of R
  input  wire logic [23:0]   vec_base_i,  // BACK: row d-1 of W, less floor(d/N), modulo the address range
  input  wire logic [5:0]    sh_i,        // CHOL: shift of G
  // status: flags and cycles belong to the last command
  output logic               busy_o,
  output logic               brk_o,
  output logic               sat_o,
  output logic      [31:0]   cycles_o,
  output logic      [31:0]   activity_o,  // not yet
  // host port: legal only while busy_o is low; read data follow two clocks after host_re_i
  input  wire logic          host_we_i,
  input  wire logic          host_re_i,
  input  wire logic          host_gram_i,   // 0 operand memory, 1 Gram memory
  input  wire logic [23:0]   host_addr_i,
  input  wire logic [N-1:0]  host_lanes_i,  // lanes to write; exactly one to read
  input  wire logic [AW-1:0] host_wdata_i,
  output logic      [AW-1:0] host_rdata_o
);
  localparam int EW  = $clog2(DW - 1);
  localparam int MW  = $clog2(OPERAND_DEPTH);
  localparam int GW  = $clog2(GRAM_DEPTH);
  localparam int IW  = $clog2(MAX_FEATURES + 1);
  localparam int RW  = $clog2(MAX_FEATURES);
  localparam int DMIN = (MW < GW) ? MW : GW;
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
`undef ILLEGAL

  // sequencer
  logic          busy, gram, back;
  logic          a_re, b_re, en_op, en_mul, en_acc, load, g_re, g_we, row_re;
  logic          drain_valid, drain_pivot, drain_mask;
  logic [MW-1:0] a_addr, b_addr;
  logic [GW-1:0] g_raddr, g_waddr;
  logic [N-1:0]  scalar_lane, drain_lane;
  logic [RW-1:0] row;
  // host
  logic          idle, host_b_re, host_g_re;
  logic [MW-1:0] b_addr_sel;
  logic [DW-1:0] b_wdata_sel;
  logic [GW-1:0] g_raddr_sel, g_waddr_sel;
  logic [N-1:0]  b_we_sel, g_we_sel;
  logic [N-1:0]  host_lanes_q = '0;
  logic          host_gram_q = 1'b0;
  logic [AW-1:0] rdata_q = '0;
  // shared datapath
  logic [N-1:0]  scalar_sel, drain_sel, result_lane_q = '0;
  logic [DW-1:0] scalar, zed, result;
  logic [AW-1:0] acc, base;
  logic          s_pivot, result_valid, clipped, pivot_done, pivot_low, pivot_high;
  logic [AW:0]   s;
  logic [EW-1:0] pivot_e, e;
  logic [DW-2:0] pivot_rm, rm;
  logic [EW+DW-2:0] scaling[0:MAX_FEATURES-1];
  logic [EW+DW-2:0] scaling_q = '0;
  // status
  logic          brk_q = 1'b0, sat_q = 1'b0;
  logic [31:0]   cycles_q = '0;
  logic [5:0]    sh_q = '0;

  assign idle = !busy;

  sequencer #(
    .N(N), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .MAX_FEATURES(MAX_FEATURES), .CBW(CBW), .KW(16)
  ) u_sequencer (
    .clk_i(clk_i), .rst_i(rst_i),
    .start_i(start_i), .op_i(op_i), .d_i(d_i[IW-1:0]), .cb_i(cb_i[CBW-1:0]), .k_i(k_i),
    .row_base_i(row_base_i[MW-1:0]), .vec_base_i(vec_base_i[MW-1:0]),
    .busy_o(busy), .gram_o(gram), .back_o(back),
    .a_re_o(a_re), .a_addr_o(a_addr), .b_re_o(b_re), .b_addr_o(b_addr),
    .scalar_lane_o(scalar_lane), .en_op_o(en_op), .en_mul_o(en_mul), .en_acc_o(en_acc), .load_o(load),
    .g_re_o(g_re), .g_raddr_o(g_raddr), .g_we_o(g_we), .g_waddr_o(g_waddr),
    .row_o(row), .row_re_o(row_re),
    .drain_lane_o(drain_lane), .drain_valid_o(drain_valid), .drain_pivot_o(drain_pivot), .drain_mask_o(drain_mask),
    .pivot_done_i(pivot_done)
  );

  // The host borrows port B, the Gram ports and both lane selectors while the engine is idle.
  assign host_b_re   = idle && host_re_i && !host_gram_i;
  assign host_g_re   = idle && host_re_i && host_gram_i;
  assign b_addr_sel  = idle ? host_addr_i[MW-1:0] : b_addr;
  assign b_wdata_sel = idle ? host_wdata_i[DW-1:0] : result;
  assign g_raddr_sel = idle ? host_addr_i[GW-1:0] : g_raddr;
  assign g_waddr_sel = idle ? host_addr_i[GW-1:0] : g_waddr;
  assign b_we_sel    = idle ? host_lanes_i & {N{host_we_i && !host_gram_i}} : result_lane_q & {N{result_valid}};
  assign g_we_sel    = idle ? host_lanes_i & {N{host_we_i && host_gram_i}} : {N{g_we}};
  assign scalar_sel  = idle ? host_lanes_q : scalar_lane;
  assign drain_sel   = idle ? host_lanes_q : drain_lane;

  // Lanes; the selected one is gathered by AND-OR chains, never by a variable part select of a wide bus.
  for (genvar l = 0; l < N; l++) begin : gen_l
    logic [DW-1:0] a_data, b_data, scalar_or, zed_or;
    logic [AW-1:0] acc_l, g_data, acc_or, base_or;

    lane #(.DW(DW), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH)) u_lane (
      .clk_i(clk_i),
      .a_re_i(a_re), .a_addr_i(a_addr), .a_data_o(a_data),
      .b_re_i(b_re || host_b_re),
      .b_we_i(b_we_sel[l]), .b_addr_i(b_addr_sel), .b_wdata_i(b_wdata_sel), .b_data_o(b_data),
      .en_op_i(en_op), .en_mul_i(en_mul), .en_acc_i(en_acc), .load_i(load), .base_en_i(gram),
      .scalar_i(scalar), .acc_o(acc_l),
      .g_re_i(g_re || host_g_re), .g_raddr_i(g_raddr_sel), .g_data_o(g_data),
      .g_we_i(g_we_sel[l]), .g_waddr_i(g_waddr_sel), .g_wsel_i(idle), .g_wdata_i(host_wdata_i)
    );

    if (l == 0) begin : gen_first
      assign scalar_or = b_data & {DW{scalar_sel[0]}};
      assign zed_or    = a_data & {DW{drain_sel[0]}};
      assign acc_or    = acc_l & {AW{drain_sel[0]}};
      assign base_or   = g_data & {AW{drain_sel[0]}};
    end else begin : gen_rest
      assign scalar_or = gen_l[l-1].scalar_or | (b_data & {DW{scalar_sel[l]}});
      assign zed_or    = gen_l[l-1].zed_or | (a_data & {DW{drain_sel[l]}});
      assign acc_or    = gen_l[l-1].acc_or | (acc_l & {AW{drain_sel[l]}});
      assign base_or   = gen_l[l-1].base_or | (g_data & {AW{drain_sel[l]}});
    end
  end

  assign scalar = gen_l[N-1].scalar_or;
  assign zed    = gen_l[N-1].zed_or;
  assign acc    = gen_l[N-1].acc_or;
  assign base   = gen_l[N-1].base_or;

  assign {e, rm} = back ? scaling_q : {pivot_e, pivot_rm};

  post_processor #(.DW(DW), .AW(AW), .EW(EW)) u_post (
    .clk_i(clk_i), .rst_i(rst_i),
    .valid_i(drain_valid), .pivot_i(drain_pivot), .mask_i(drain_mask), .back_i(back), .sh_i(sh_q),
    .acc_i(acc), .base_i(base), .zed_i(zed), .e_i(e), .rm_i(rm),
    .s_pivot_o(s_pivot), .s_o(s), .valid_o(result_valid), .result_o(result), .clipped_o(clipped)
  );

  pivot_unit #(.DW(DW), .AW(AW), .EW(EW)) u_pivot (
    .clk_i(clk_i), .rst_i(rst_i), .start_i(s_pivot), .s_i(s),
    .done_o(pivot_done), .low_o(pivot_low), .high_o(pivot_high), .e_o(pivot_e), .rm_o(pivot_rm)
  );

  always_ff @(posedge clk_i) begin
    if (pivot_done) scaling[row] <= {pivot_e, pivot_rm};
    if (row_re) scaling_q <= scaling[row];
  end

  // Results leave the post-processor in lane order.
  always_ff @(posedge clk_i) begin
    if (rst_i || idle) result_lane_q <= N'(1);
    else if (result_valid) result_lane_q <= {result_lane_q[N-2:0], result_lane_q[N-1]};
  end

  always_ff @(posedge clk_i) begin
    host_lanes_q <= host_lanes_i;
    host_gram_q  <= host_gram_i;
    rdata_q      <= host_gram_q ? base : AW'($signed(scalar));
  end

  always_ff @(posedge clk_i) begin
    if (idle) begin
      if (start_i) begin
        sh_q     <= sh_i;
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
  assign activity_o   = '0;
  assign host_rdata_o = rdata_q;

  logic unused;
  assign unused = &{1'b0, d_i, cb_i, row_base_i, vec_base_i, host_addr_i, two_i, neg_i, decay_i, LIMBS == 2};
endmodule
`resetall
