// SPDX-License-Identifier: MIT
`default_nettype none
// An engine behind a UART: framing, requests (docs/link.md), mover and engine. A board's top adds pins, clock and reset.
//   N, DW, AW, OPERAND_DEPTH, GRAM_DEPTH, MAX_FEATURES, LIMBS   the engine's (hdl/rtl/tierwise_engine.sv)
//   CLOCK_HZ     clock, Hz (default 12000000)
//   BAUD         line rate, bits per second; CLOCK_HZ / BAUD, rounded, >= 4 (default 1000000)
//   RX_BYTES     receive buffer, bytes, a power of two, MAX_PAYLOAD + 14 to 32768 (default 2048)
//   MAX_PAYLOAD  largest payload, bytes, 64..1024 (default 1024)
//   TELEMETRY    0 leaves the counters out (default 1)
//   BOARD, IMAGE_ID, GOLDEN_HASH  what INFO says of the board, the build and the bring-up problem (default 0, unknown)
module board_shell #(
  parameter int N = 8,
  parameter int DW = 18,
  parameter int AW = 48,
  parameter int OPERAND_DEPTH = 4096,
  parameter int GRAM_DEPTH = 4096,
  parameter int MAX_FEATURES = 128,
  parameter int LIMBS = 2,
  parameter int CLOCK_HZ = 12000000,
  parameter int BAUD = 1000000,
  parameter int RX_BYTES = 2048,
  parameter int MAX_PAYLOAD = 1024,
  parameter int TELEMETRY = 1,
  parameter int BOARD = 0,
  parameter logic [31:0] IMAGE_ID = 32'd0,
  parameter logic [63:0] GOLDEN_HASH = 64'd0
) (
  input  wire logic clk_i,
  input  wire logic rst_i,
  input  wire logic uart_rx_i,
  output logic      uart_tx_o,
  output logic      led_o       // a job runs
);
  localparam int ClocksPerBit = (CLOCK_HZ + BAUD / 2) / BAUD;
  localparam int DescAt = 8 * (28 - link_pkg::DESCRIPTOR_BYTES);

  // Illegal parameters stop every tool at elaboration, each with its rule.
`ifdef __ICARUS__
`define ILLEGAL(rule, text) rule illegal ();
`else
`define ILLEGAL(rule, text) $error(text);
`endif
  if (ClocksPerBit < 4) begin : gen_illegal_baud
    `ILLEGAL(illegal_BAUD_must_leave_4_clocks_per_bit, "illegal BAUD: must leave 4 clocks per bit or more")
  end
  if (MAX_PAYLOAD < 64 || MAX_PAYLOAD > link_pkg::MAX_PAYLOAD) begin : gen_illegal_payload
    `ILLEGAL(illegal_MAX_PAYLOAD_must_be_64_to_1024, "illegal MAX_PAYLOAD: must be 64 to 1024")
  end
  if (RX_BYTES < MAX_PAYLOAD + 14 || RX_BYTES > 32768 || 2 ** $clog2(RX_BYTES) != RX_BYTES) begin : gen_illegal_ring
    `ILLEGAL(illegal_RX_BYTES_must_be_a_power_of_two_that_holds_a_frame, "illegal RX_BYTES: must be a power of two that holds a frame")
  end
`undef ILLEGAL

  // line
  logic         rx_valid, tx_valid, tx_ready, frame_valid, frame_ready, bad_frame;
  logic [7:0]   rx_data, tx_data, frame_data;
  logic [$clog2(RX_BYTES):0] free;
  // request
  logic         request, request_done, data_valid, data_ready, data_over, data_en, data_take;
  logic         version_ok;
  logic [7:0]   request_type, data;
  logic [15:0]  request_seq, length;
  logic [31:0]  offset;
  logic [223:0] args;
  logic [159:0] desc;
  // words
  logic         unpack_clear, unpack_ready, unpack_empty, word_valid, word_ready, word_lost, read_valid, read_ready;
  logic [5:0]   unpack_bits;
  logic [2:0]   pack_bytes;
  logic [AW-1:0] word, read_word;
  // mover
  logic         mover_abort, mover_start, mover_clear, mover_dir, mover_busy, mover_checked, mover_error, mover_done, mover_in_ready;
  logic [11:0]  mover_words;
  // engine
  logic         engine_start, engine_reset, engine_busy, breakdown, saturated, host_we, host_re, host_gram;
  logic [31:0]  cycles, activity;
  logic [23:0]  host_addr;
  logic [N-1:0] host_lanes;
  logic [AW-1:0] host_wdata, host_rdata;
  // reply
  logic         send, sending, payload_ready, packed_valid, out_valid, out_ready, out_last, is_read;
  logic [7:0]   reply_type, verdict, payload, packed_data, out_data;
  logic [15:0]  reply_sequence, reply_free;
  logic [10:0]  reply_length;
  logic [5:0]   index;
  logic [31:0]  next_offset, transfer, job;
  logic [15:0]  bad_frames;
  logic [1:0]   job_state;
  logic         committed, running;
  // telemetry
  logic         telemetry_set, telemetry_take, telemetry_due, job_end;
  logic [31:0]  telemetry_sequence, interval;
  logic [47:0]  uptime, busy_clocks, toggles;

  uart_rx #(.CLOCKS_PER_BIT(ClocksPerBit)) u_uart_rx (
    .clk_i(clk_i), .rst_i(rst_i), .rx_i(uart_rx_i), .valid_o(rx_valid), .data_o(rx_data)
  );

  frame_receiver #(.RX_BYTES(RX_BYTES), .MAX_PAYLOAD(MAX_PAYLOAD)) u_receiver (
    .clk_i(clk_i), .rst_i(rst_i), .valid_i(rx_valid), .data_i(rx_data),
    .valid_o(frame_valid), .ready_i(frame_ready), .data_o(frame_data), .bad_o(bad_frame), .free_o(free)
  );

  request_reader u_reader (
    .clk_i(clk_i), .rst_i(rst_i), .valid_i(frame_valid), .ready_o(frame_ready), .data_i(frame_data),
    .valid_o(request), .done_i(request_done), .version_ok_o(version_ok), .type_o(request_type), .sequence_o(request_seq),
    .offset_o(offset), .length_o(length), .args_o(args),
    .data_valid_o(data_valid), .data_ready_i(data_ready), .data_o(data), .data_over_o(data_over)
  );

  assign data_ready = data_en && unpack_ready;
  assign data_take  = data_valid && data_ready;

  bit_unpacker #(.AW(AW)) u_unpacker (
    .clk_i(clk_i), .clear_i(unpack_clear || rst_i), .bits_i(unpack_bits),
    .valid_i(data_take), .ready_o(unpack_ready), .data_i(data), .empty_o(unpack_empty),
    .valid_o(word_valid), .ready_i(word_ready), .word_o(word)
  );

  // The packer is ready until it has a word, so the mover needs no register for one.
  // A word after the descriptor's last goes nowhere and spoils the transfer.
  assign word_ready = mover_in_ready || !mover_busy;
  assign word_lost  = word_valid && !mover_busy;
  assign desc       = args[DescAt +: 160];

  mover #(.N(N), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .COUNT_BITS(12), .OUT_DEPTH(0)) u_mover (
    .clk_i(clk_i), .rst_i(mover_abort || rst_i), .start_i(mover_start), .clear_i(mover_clear), .dir_i(mover_dir),
    .space_i(mover_clear ? args[8*link_pkg::CLEAR_SPACE_AT] : desc[8*link_pkg::DESCRIPTOR_SPACE_AT]),
    .tri_i(desc[8*link_pkg::DESCRIPTOR_FLAGS_AT]),
    .packed_i(desc[8*link_pkg::DESCRIPTOR_FLAGS_AT + 1]),
    .diagonal_i(desc[8*link_pkg::DESCRIPTOR_FLAGS_AT + 2]),
    .first_i(desc[8*link_pkg::DESCRIPTOR_FIRST_AT +: 16]),
    .columns_i(desc[8*link_pkg::DESCRIPTOR_COLUMNS_AT +: 16]),
    .blocks_i(desc[8*link_pkg::DESCRIPTOR_BLOCKS_AT +: 16]),
    .rows_i(desc[8*link_pkg::DESCRIPTOR_ROWS_AT +: 16]),
    .row0_i(desc[8*link_pkg::DESCRIPTOR_ROW0_AT +: 16]),
    .base_i(mover_clear ? args[8*link_pkg::CLEAR_BASE_AT +: 24] : desc[8*link_pkg::DESCRIPTOR_BASE_AT +: 24]),
    .lanes_i(args[8*link_pkg::CLEAR_LANES_AT +: N]),
    .count_i(args[8*link_pkg::CLEAR_COUNT_AT +: 32]),
    .busy_o(mover_busy), .checked_o(mover_checked), .error_o(mover_error), .done_o(mover_done), .words_o(mover_words),
    .in_valid_i(word_valid), .in_ready_o(mover_in_ready), .in_data_i(word),
    .out_valid_o(read_valid), .out_ready_i(read_ready), .out_data_o(read_word),
    .host_we_o(host_we), .host_re_o(host_re), .host_gram_o(host_gram), .host_addr_o(host_addr), .host_lanes_o(host_lanes),
    .host_wdata_o(host_wdata), .host_rdata_i(host_rdata)
  );

  tierwise_engine #(
    .N(N), .DW(DW), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .MAX_FEATURES(MAX_FEATURES), .LIMBS(LIMBS)
  ) u_engine (
    .clk_i(clk_i), .rst_i(engine_reset || rst_i), .start_i(engine_start),
    .op_i(args[8*link_pkg::RUN_OP_AT +: 3]),
    .two_i(args[8*link_pkg::RUN_FLAGS_AT]),
    .neg_i(args[8*link_pkg::RUN_FLAGS_AT + 1]),
    .decay_i(args[8*link_pkg::RUN_DECAY_AT +: 6]),
    .d_i(args[8*link_pkg::RUN_FEATURES_AT +: 16]),
    .cb_i(args[8*link_pkg::RUN_BLOCKS_AT +: 16]),
    .k_i(args[8*link_pkg::RUN_ROWS_AT +: 16]),
    .row_base_i(args[8*link_pkg::RUN_ROW_BASE_AT +: 24]),
    .vec_base_i(args[8*link_pkg::RUN_VEC_BASE_AT +: 24]),
    .sh_i(args[8*link_pkg::RUN_SHIFT_AT +: 6]),
    .busy_o(engine_busy), .brk_o(breakdown), .sat_o(saturated), .cycles_o(cycles), .activity_o(activity),
    .host_we_i(host_we), .host_re_i(host_re), .host_gram_i(host_gram), .host_addr_i(host_addr), .host_lanes_i(host_lanes),
    .host_wdata_i(host_wdata), .host_rdata_o(host_rdata)
  );

  bit_packer #(.AW(AW)) u_packer (
    .clk_i(clk_i), .clear_i(mover_abort || rst_i), .bytes_i(pack_bytes),
    .valid_i(read_valid), .ready_o(read_ready), .word_i(read_word),
    .valid_o(packed_valid), .ready_i(payload_ready && is_read), .data_o(packed_data)
  );

  command_processor #(
    .N(N), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .MAX_FEATURES(MAX_FEATURES), .LIMBS(LIMBS),
    .MAX_PAYLOAD(MAX_PAYLOAD), .TELEMETRY(TELEMETRY)
  ) u_processor (
    .clk_i(clk_i), .rst_i(rst_i),
    .request_i(request), .request_done_o(request_done), .version_ok_i(version_ok), .type_i(request_type), .sequence_i(request_seq),
    .offset_i(offset), .length_i(length), .args_i(args),
    .data_en_o(data_en), .data_take_i(data_take), .data_i(data), .data_over_i(data_over),
    .unpack_clear_o(unpack_clear), .unpack_bits_o(unpack_bits), .unpack_empty_i(unpack_empty), .word_lost_i(word_lost),
    .mover_abort_o(mover_abort), .mover_start_o(mover_start), .mover_clear_o(mover_clear), .mover_dir_o(mover_dir),
    .mover_busy_i(mover_busy), .mover_checked_i(mover_checked), .mover_error_i(mover_error), .mover_done_i(mover_done),
    .mover_words_i(mover_words), .pack_bytes_o(pack_bytes),
    .engine_start_o(engine_start), .engine_reset_o(engine_reset), .engine_busy_i(engine_busy),
    .telemetry_set_o(telemetry_set), .telemetry_take_o(telemetry_take), .job_end_o(job_end), .telemetry_due_i(telemetry_due),
    .bad_frame_i(bad_frame), .free_i(16'(free)), .send_o(send), .sending_i(sending),
    .reply_type_o(reply_type), .reply_sequence_o(reply_sequence), .reply_length_o(reply_length), .verdict_o(verdict),
    .next_offset_o(next_offset), .free_o(reply_free), .transfer_o(transfer), .committed_o(committed), .running_o(running),
    .job_o(job), .job_state_o(job_state), .bad_frames_o(bad_frames)
  );

  assign interval = args[31:0];

  telemetry #(.CLOCK_HZ(CLOCK_HZ), .ENABLE(TELEMETRY)) u_telemetry (
    .clk_i(clk_i), .rst_i(rst_i), .set_i(telemetry_set),
    .interval_i(interval[31:16] != '0 ? 16'hffff : interval[15:0]),
    .job_end_i(job_end), .cycles_i(cycles), .activity_i(activity), .due_o(telemetry_due), .take_i(telemetry_take),
    .sequence_o(telemetry_sequence), .uptime_o(uptime), .busy_o(busy_clocks), .toggles_o(toggles)
  );

  reply_payload #(
    .N(N), .DW(DW), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .MAX_FEATURES(MAX_FEATURES), .LIMBS(LIMBS),
    .CLOCK_HZ(CLOCK_HZ), .BAUD(BAUD), .RX_BYTES(RX_BYTES), .MAX_PAYLOAD(MAX_PAYLOAD), .TELEMETRY(TELEMETRY), .BOARD(BOARD), .IMAGE_ID(IMAGE_ID),
    .GOLDEN_HASH(GOLDEN_HASH)
  ) u_payload (
    .type_i(reply_type), .index_i(index), .verdict_i(verdict), .next_offset_i(next_offset), .free_i(reply_free),
    .transfer_i(transfer), .committed_i(committed), .running_i(running), .job_i(job), .job_state_i(job_state),
    .bad_frames_i(bad_frames), .breakdown_i(breakdown), .saturated_i(saturated), .cycles_i(cycles), .activity_i(activity),
    .sequence_i(telemetry_sequence), .uptime_i(uptime), .busy_i(busy_clocks), .toggles_i(toggles), .data_o(payload)
  );

  assign is_read = reply_type == link_pkg::TYPE_READ_DATA;

  frame_transmitter u_transmitter (
    .clk_i(clk_i), .rst_i(rst_i), .start_i(send), .busy_o(sending),
    .type_i(reply_type), .sequence_i(reply_sequence), .length_i(reply_length),
    .index_o(index), .valid_i(is_read ? packed_valid : 1'b1), .ready_o(payload_ready), .data_i(is_read ? packed_data : payload),
    .valid_o(out_valid), .ready_i(out_ready), .data_o(out_data), .last_o(out_last)
  );

  cobs_encoder u_encoder (
    .clk_i(clk_i), .rst_i(rst_i), .valid_i(out_valid), .ready_o(out_ready), .data_i(out_data), .last_i(out_last),
    .valid_o(tx_valid), .ready_i(tx_ready), .data_o(tx_data)
  );

  uart_tx #(.CLOCKS_PER_BIT(ClocksPerBit)) u_uart_tx (
    .clk_i(clk_i), .rst_i(rst_i), .valid_i(tx_valid), .ready_o(tx_ready), .data_i(tx_data), .tx_o(uart_tx_o)
  );

  assign led_o = running;

  logic unused;
  assign unused = &{1'b0, desc, args};
endmodule
`resetall
