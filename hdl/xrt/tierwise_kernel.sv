// SPDX-License-Identifier: MIT
`default_nettype none
// XRT kernel: the engine behind an AXI4-Lite slave (control, arguments) and one AXI4 master (64-bit data, INCR bursts that stay
// within 4 KiB). Registers, arguments and status block: hdl/regs/kernel.json; steps: kernel_control.sv. Port names are XRT's.
//   N DW AW OPERAND_DEPTH GRAM_DEPTH MAX_FEATURES LIMBS  as in tierwise_engine
//   OPS          bit = operation the engine has (default 31)
//   MAX_BEATS    beats of the longest burst, 1..256 (default 256)
//   OUTSTANDING  bursts under way, reads and writes each, 1..15 (default 4)
//   CLOCK_HZ, IMAGE_ID, CARD, GOLDEN_HASH  what the status block says of the image; 0 unknown (default 0)
module tierwise_kernel #(
  parameter int N = 8,
  parameter int DW = 18,
  parameter int AW = 48,
  parameter int OPERAND_DEPTH = 4096,
  parameter int GRAM_DEPTH = 4096,
  parameter int MAX_FEATURES = 128,
  parameter int LIMBS = 2,
  parameter int OPS = 31,
  parameter int MAX_BEATS = 256,
  parameter int OUTSTANDING = 4,
  parameter int CLOCK_HZ = 0,
  parameter int IMAGE_ID = 0,
  parameter int CARD = 0,
  parameter logic [63:0] GOLDEN_HASH = 64'd0
) (
  input  wire logic        ap_clk,
  input  wire logic        ap_rst_n,
  /* verilator lint_off SYMRSVDWORD */ // the name is not ours to choose
  output logic             interrupt,
  /* verilator lint_on SYMRSVDWORD */
  // AXI4-Lite slave
  input  wire logic        s_axi_control_awvalid,
  output logic             s_axi_control_awready,
  input  wire logic [7:0]  s_axi_control_awaddr,
  input  wire logic        s_axi_control_wvalid,
  output logic             s_axi_control_wready,
  input  wire logic [31:0] s_axi_control_wdata,
  input  wire logic [3:0]  s_axi_control_wstrb,
  output logic             s_axi_control_bvalid,
  input  wire logic        s_axi_control_bready,
  output logic      [1:0]  s_axi_control_bresp,
  input  wire logic        s_axi_control_arvalid,
  output logic             s_axi_control_arready,
  input  wire logic [7:0]  s_axi_control_araddr,
  output logic             s_axi_control_rvalid,
  input  wire logic        s_axi_control_rready,
  output logic      [31:0] s_axi_control_rdata,
  output logic      [1:0]  s_axi_control_rresp,
  // AXI4 master
  output logic             m_axi_gmem_awvalid,
  input  wire logic        m_axi_gmem_awready,
  output logic             m_axi_gmem_awid,
  output logic      [63:0] m_axi_gmem_awaddr,
  output logic      [7:0]  m_axi_gmem_awlen,
  output logic      [2:0]  m_axi_gmem_awsize,
  output logic      [1:0]  m_axi_gmem_awburst,
  output logic             m_axi_gmem_awlock,
  output logic      [3:0]  m_axi_gmem_awcache,
  output logic      [2:0]  m_axi_gmem_awprot,
  output logic      [3:0]  m_axi_gmem_awqos,
  output logic             m_axi_gmem_wvalid,
  input  wire logic        m_axi_gmem_wready,
  output logic      [63:0] m_axi_gmem_wdata,
  output logic      [7:0]  m_axi_gmem_wstrb,
  output logic             m_axi_gmem_wlast,
  input  wire logic        m_axi_gmem_bvalid,
  output logic             m_axi_gmem_bready,
  input  wire logic        m_axi_gmem_bid,
  input  wire logic [1:0]  m_axi_gmem_bresp,
  output logic             m_axi_gmem_arvalid,
  input  wire logic        m_axi_gmem_arready,
  output logic             m_axi_gmem_arid,
  output logic      [63:0] m_axi_gmem_araddr,
  output logic      [7:0]  m_axi_gmem_arlen,
  output logic      [2:0]  m_axi_gmem_arsize,
  output logic      [1:0]  m_axi_gmem_arburst,
  output logic             m_axi_gmem_arlock,
  output logic      [3:0]  m_axi_gmem_arcache,
  output logic      [2:0]  m_axi_gmem_arprot,
  output logic      [3:0]  m_axi_gmem_arqos,
  input  wire logic        m_axi_gmem_rvalid,
  output logic             m_axi_gmem_rready,
  input  wire logic        m_axi_gmem_rid,
  input  wire logic [63:0] m_axi_gmem_rdata,
  input  wire logic [1:0]  m_axi_gmem_rresp,
  input  wire logic        m_axi_gmem_rlast
);
  logic          rst_q = 1'b1;
  logic          start, done, running, arg_we;
  logic [5:0]    arg_waddr, arg_raddr;
  logic [31:0]   arg_wdata, arg_rdata, result;
  logic [3:0]    arg_strb;
  logic [31:0]   steps, load0, load1, load2, load3, load4,
                 clear0, clear1, clear2, command0, command1, command2, command3, command4,
                 store0, store1, store2, store3, store4, in_words, out_words;
  logic [63:0]   in_ptr, out_ptr, status_ptr;
  // mover and engine
  logic          mover_reset, mover_start, mover_clear, mover_dir, mover_busy, mover_checked, mover_error, mover_done;
  logic          space, tri_flag, packed_flag, diagonal;
  logic [15:0]   first, columns, blocks, rows, row0;
  logic [23:0]   base;
  logic [31:0]   mover_words;
  logic          host_we, host_re, host_gram;
  logic [23:0]   host_addr;
  logic [N-1:0]  host_lanes;
  logic [AW-1:0] host_wdata, host_rdata;
  logic          engine_start, engine_busy, brk, sat;
  logic [31:0]   cycles, activity;
  // streams
  logic          read_start, read_busy, read_error, bad_word, pack_start, write_start, write_busy, write_error;
  logic [31:0]   beats, write_beats;
  logic [63:0]   write_address, in_beat, out_beat, status_data, write_data;
  logic          in_beat_valid, in_beat_ready, in_valid, in_ready, out_valid, out_ready, out_beat_valid, out_beat_ready;
  logic [7:0]    out_strb, write_strb;
  logic          status_valid, status_ready, write_valid, write_ready;
  logic [AW-1:0] in_word, out_word;

  always_ff @(posedge ap_clk) rst_q <= !ap_rst_n;

  axi_lite_control #(.ADDRESS_BITS(8)) u_control_slave (
    .clk_i(ap_clk), .rst_i(rst_q),
    .awvalid_i(s_axi_control_awvalid), .awready_o(s_axi_control_awready), .awaddr_i(s_axi_control_awaddr),
    .wvalid_i(s_axi_control_wvalid), .wready_o(s_axi_control_wready), .wdata_i(s_axi_control_wdata),
    .wstrb_i(s_axi_control_wstrb),
    .bvalid_o(s_axi_control_bvalid), .bready_i(s_axi_control_bready), .bresp_o(s_axi_control_bresp),
    .arvalid_i(s_axi_control_arvalid), .arready_o(s_axi_control_arready), .araddr_i(s_axi_control_araddr),
    .rvalid_o(s_axi_control_rvalid), .rready_i(s_axi_control_rready), .rdata_o(s_axi_control_rdata),
    .rresp_o(s_axi_control_rresp),
    .interrupt_o(interrupt), .start_o(start), .done_i(done), .running_o(running),
    .we_o(arg_we), .waddr_o(arg_waddr), .wdata_o(arg_wdata), .strb_o(arg_strb), .raddr_o(arg_raddr), .rdata_i(arg_rdata)
  );

  kernel_arguments #(.ADDRESS_BITS(8)) u_arguments (
    .clk_i(ap_clk), .rst_i(rst_q), .we_i(arg_we), .waddr_i(arg_waddr), .wdata_i(arg_wdata), .strb_i(arg_strb),
    .raddr_i(arg_raddr), .rdata_o(arg_rdata), .result_i(result),
    .steps_o(steps), .load0_o(load0), .load1_o(load1), .load2_o(load2), .load3_o(load3),
    .load4_o(load4), .clear0_o(clear0), .clear1_o(clear1), .clear2_o(clear2), .command0_o(command0),
    .command1_o(command1), .command2_o(command2), .command3_o(command3), .command4_o(command4), .store0_o(store0),
    .store1_o(store1), .store2_o(store2), .store3_o(store3), .store4_o(store4), .in_words_o(in_words),
    .out_words_o(out_words), .in_ptr_o(in_ptr), .out_ptr_o(out_ptr), .status_ptr_o(status_ptr)
  );

  kernel_control #(
    .N(N), .DW(DW), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .MAX_FEATURES(MAX_FEATURES), .LIMBS(LIMBS),
    .OPS(OPS), .CLOCK_HZ(CLOCK_HZ), .IMAGE_ID(IMAGE_ID), .CARD(CARD), .GOLDEN_HASH(GOLDEN_HASH)
  ) u_control (
    .clk_i(ap_clk), .rst_i(rst_q), .start_i(start), .running_i(running), .done_o(done), .result_o(result),
    .steps_i(steps), .load0_i(load0), .load1_i(load1), .load2_i(load2), .load3_i(load3),
    .load4_i(load4), .clear0_i(clear0), .clear1_i(clear1), .command0_i(command0), .command1_i(command1),
    .command2_i(command2), .store0_i(store0), .store1_i(store1), .store2_i(store2), .store3_i(store3),
    .store4_i(store4), .in_words_i(in_words), .out_words_i(out_words), .in_ptr_i(in_ptr), .out_ptr_i(out_ptr),
    .status_ptr_i(status_ptr),
    .command3_i(command3), .command4_i(command4),
    .mover_reset_o(mover_reset), .mover_start_o(mover_start), .mover_clear_o(mover_clear), .mover_dir_o(mover_dir),
    .space_o(space), .tri_o(tri_flag), .packed_o(packed_flag), .diagonal_o(diagonal),
    .first_o(first), .columns_o(columns), .blocks_o(blocks), .rows_o(rows), .row0_o(row0), .base_o(base),
    .mover_busy_i(mover_busy), .mover_checked_i(mover_checked), .mover_error_i(mover_error), .mover_words_i(mover_words),
    .engine_start_o(engine_start), .engine_busy_i(engine_busy), .brk_i(brk), .sat_i(sat), .cycles_i(cycles),
    .activity_i(activity),
    .read_start_o(read_start), .read_busy_i(read_busy), .read_error_i(read_error), .bad_word_i(bad_word),
    .pack_start_o(pack_start), .write_start_o(write_start), .write_address_o(write_address), .write_beats_o(write_beats),
    .write_busy_i(write_busy), .write_error_i(write_error), .beats_o(beats),
    .status_valid_o(status_valid), .status_ready_i(status_ready), .status_data_o(status_data)
  );

  // Memory -> words -> mover.
  axi_read_dma #(.MAX_BEATS(MAX_BEATS), .OUTSTANDING(OUTSTANDING)) u_read (
    .clk_i(ap_clk), .rst_i(rst_q), .start_i(read_start), .address_i(in_ptr), .beats_i(beats), .busy_o(read_busy),
    .error_o(read_error), .valid_o(in_beat_valid), .ready_i(in_beat_ready), .data_o(in_beat),
    .arvalid_o(m_axi_gmem_arvalid), .arready_i(m_axi_gmem_arready), .araddr_o(m_axi_gmem_araddr), .arlen_o(m_axi_gmem_arlen),
    .rvalid_i(m_axi_gmem_rvalid), .rready_o(m_axi_gmem_rready), .rdata_i(m_axi_gmem_rdata), .rresp_i(m_axi_gmem_rresp),
    .rlast_i(m_axi_gmem_rlast)
  );

  word_unpack #(.DW(DW), .AW(AW)) u_unpack (
    .clk_i(ap_clk), .rst_i(rst_q), .start_i(read_start), .wide_i(space), .words_i(mover_words), .bad_o(bad_word),
    .beat_valid_i(in_beat_valid), .beat_ready_o(in_beat_ready), .beat_data_i(in_beat),
    .word_valid_o(in_valid), .word_ready_i(in_ready), .word_data_o(in_word)
  );

  mover #(.N(N), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH)) u_mover (
    .clk_i(ap_clk), .rst_i(rst_q || mover_reset), .start_i(mover_start), .clear_i(mover_clear), .dir_i(mover_dir),
    .space_i(space), .tri_i(tri_flag), .packed_i(packed_flag), .diagonal_i(diagonal), .first_i(first), .columns_i(columns),
    .blocks_i(blocks), .rows_i(rows), .row0_i(row0), .base_i(base), .lanes_i(clear0[16+:N]), .count_i(clear2),
    .busy_o(mover_busy), .checked_o(mover_checked), .error_o(mover_error), .done_o(mover_done), .words_o(mover_words),
    .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_word),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_word),
    .host_we_o(host_we), .host_re_o(host_re), .host_gram_o(host_gram), .host_addr_o(host_addr), .host_lanes_o(host_lanes),
    .host_wdata_o(host_wdata), .host_rdata_i(host_rdata)
  );

  tierwise_engine #(
    .N(N), .DW(DW), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .MAX_FEATURES(MAX_FEATURES), .LIMBS(LIMBS)
  ) u_engine (
    .clk_i(ap_clk), .rst_i(rst_q), .start_i(engine_start), .op_i(command0[2:0]), .two_i(command0[8]), .neg_i(command0[9]),
    .decay_i(command0[21:16]), .d_i(command1[15:0]), .cb_i(command1[31:16]), .k_i(command2[15:0]),
    .row_base_i(command3[23:0]), .vec_base_i(command4[23:0]), .sh_i(command0[29:24]),
    .busy_o(engine_busy), .brk_o(brk), .sat_o(sat), .cycles_o(cycles), .activity_o(activity),
    .host_we_i(host_we), .host_re_i(host_re), .host_gram_i(host_gram), .host_addr_i(host_addr), .host_lanes_i(host_lanes),
    .host_wdata_i(host_wdata), .host_rdata_o(host_rdata)
  );

  // Mover -> words, or the status block, -> memory.
  word_pack #(.AW(AW)) u_pack (
    .clk_i(ap_clk), .rst_i(rst_q), .start_i(pack_start), .wide_i(space), .words_i(mover_words),
    .word_valid_i(out_valid), .word_ready_o(out_ready), .word_data_i(out_word),
    .beat_valid_o(out_beat_valid), .beat_ready_i(out_beat_ready), .beat_data_o(out_beat), .beat_strb_o(out_strb)
  );

  assign write_valid    = status_valid || out_beat_valid;
  assign write_data     = status_valid ? status_data : out_beat;
  assign write_strb     = status_valid ? 8'hff : out_strb;
  assign status_ready   = write_ready && status_valid;
  assign out_beat_ready = write_ready && !status_valid;

  axi_write_dma #(.MAX_BEATS(MAX_BEATS), .OUTSTANDING(OUTSTANDING)) u_write (
    .clk_i(ap_clk), .rst_i(rst_q), .start_i(write_start), .address_i(write_address), .beats_i(write_beats), .busy_o(write_busy),
    .error_o(write_error), .valid_i(write_valid), .ready_o(write_ready), .data_i(write_data), .strb_i(write_strb),
    .awvalid_o(m_axi_gmem_awvalid), .awready_i(m_axi_gmem_awready), .awaddr_o(m_axi_gmem_awaddr), .awlen_o(m_axi_gmem_awlen),
    .wvalid_o(m_axi_gmem_wvalid), .wready_i(m_axi_gmem_wready), .wdata_o(m_axi_gmem_wdata), .wstrb_o(m_axi_gmem_wstrb),
    .wlast_o(m_axi_gmem_wlast), .bvalid_i(m_axi_gmem_bvalid), .bready_o(m_axi_gmem_bready), .bresp_i(m_axi_gmem_bresp)
  );

  // Eight bytes per beat, incrementing, normal modifiable bufferable memory; one identity, so answers come in order.
  assign m_axi_gmem_awid    = 1'b0;
  assign m_axi_gmem_awsize  = 3'd3;
  assign m_axi_gmem_awburst = 2'b01;
  assign m_axi_gmem_awlock  = 1'b0;
  assign m_axi_gmem_awcache = 4'b0011;
  assign m_axi_gmem_awprot  = 3'b000;
  assign m_axi_gmem_awqos   = 4'b0000;
  assign m_axi_gmem_arid    = 1'b0;
  assign m_axi_gmem_arsize  = 3'd3;
  assign m_axi_gmem_arburst = 2'b01;
  assign m_axi_gmem_arlock  = 1'b0;
  assign m_axi_gmem_arcache = 4'b0011;
  assign m_axi_gmem_arprot  = 3'b000;
  assign m_axi_gmem_arqos   = 4'b0000;

  logic unused;
  assign unused = &{1'b0, mover_done, m_axi_gmem_bid, m_axi_gmem_rid, clear0, clear1, command0, command2, command3, command4};
endmodule
`resetall
