// SPDX-License-Identifier: MIT
`default_nettype none
// Carries out the requests of the link (docs/link.md): one at a time, each with one reply; jobs run meanwhile.
//   N, OPERAND_DEPTH, GRAM_DEPTH, MAX_FEATURES, LIMBS  those of the engine
//   AW           accumulator width of the engine, bits: the longest word of a transfer (default 48)
//   MAX_PAYLOAD  largest payload, bytes (default 1024)
//   TELEMETRY    0: TELEMETRY_SET is an unknown type (default 1)
module command_processor #(
  parameter int N = 8,
  parameter int AW = 48,
  parameter int OPERAND_DEPTH = 4096,
  parameter int GRAM_DEPTH = 4096,
  parameter int MAX_FEATURES = 128,
  parameter int LIMBS = 2,
  parameter int MAX_PAYLOAD = 1024,
  parameter int TELEMETRY = 1
) (
  input  wire logic         clk_i,
  input  wire logic         rst_i,
  // request
  input  wire logic         request_i,
  output logic              request_done_o,
  input  wire logic         version_ok_i,
  input  wire logic [7:0]   type_i,
  input  wire logic [15:0]  sequence_i,
  input  wire logic [31:0]  offset_i,
  input  wire logic [15:0]  length_i,
  input  wire logic [223:0] args_i,
  // bytes of DATA on their way to the unpacker
  output logic              data_en_o,
  input  wire logic         data_take_i,     // a byte goes to the unpacker
  input  wire logic [7:0]   data_i,
  input  wire logic         data_over_i,
  output logic              unpack_clear_o,
  output logic      [5:0]   unpack_bits_o,
  input  wire logic         unpack_empty_i,
  input  wire logic         word_lost_i,     // a word came after the mover was done
  // mover; it takes its descriptor from the arguments
  output logic              mover_abort_o,
  output logic              mover_start_o,
  output logic              mover_clear_o,
  output logic              mover_dir_o,
  input  wire logic         mover_busy_i,
  input  wire logic         mover_checked_i,
  input  wire logic         mover_error_i,
  input  wire logic         mover_done_i,
  input  wire logic [11:0]  mover_words_i,   // all ones: that many or more
  output logic      [2:0]   pack_bytes_o,
  // engine; it takes its command from the arguments
  output logic              engine_start_o,
  output logic              engine_reset_o,
  input  wire logic         engine_busy_i,
  // telemetry
  output logic              telemetry_set_o,
  output logic              telemetry_take_o,
  output logic              job_end_o,
  input  wire logic         telemetry_due_i,
  // reply
  input  wire logic         bad_frame_i,
  input  wire logic [15:0]  free_i,
  output logic              send_o,
  input  wire logic         sending_i,
  output logic      [7:0]   reply_type_o,
  output logic      [15:0]  reply_sequence_o,
  output logic      [10:0]  reply_length_o,
  output logic      [7:0]   verdict_o,
  output logic      [31:0]  next_offset_o,
  output logic      [15:0]  free_o,
  output logic      [31:0]  transfer_o,
  output logic              committed_o,
  output logic              running_o,
  output logic      [31:0]  job_o,
  output logic      [1:0]   job_state_o,
  output logic      [15:0]  bad_frames_o
);
  localparam int LN  = $clog2(N);
  localparam int MW  = $clog2(OPERAND_DEPTH);
  localparam int GW  = $clog2(GRAM_DEPTH);
  localparam int DMIN = (MW < GW) ? MW : GW;
  localparam int CBW = (DMIN < 12) ? DMIN : 12;
  // Bytes of a transfer: no more than both memories' words on the line, 48 bits each.
  localparam int TB = ($clog2(OPERAND_DEPTH + GRAM_DEPTH) + LN + 3 < 24) ? $clog2(OPERAND_DEPTH + GRAM_DEPTH) + LN + 3 : 24;
  // Where request_reader puts a descriptor.
  localparam int DescAt   = 8 * (28 - link_pkg::DESCRIPTOR_BYTES);

  typedef enum logic [2:0] {Idle, Data, Start, Check, Clear, Send, Sending} state_e;
  state_e state_q = Idle, state_d;

  // transfer
  logic [31:0] transfer_q = '0;
  logic [TB-1:0] next_q = '0, left_q = '0;  // bytes taken, bytes to come
  logic        open_q = 1'b0, committed_q = 1'b0;
  logic        known_q = 1'b0;              // transfer_q is a transfer that can be gone on with or asked for
  logic        lost_q = 1'b0;               // it had more words than its descriptor
  logic [5:0]  bits_q = 6'd8;
  // job
  logic [31:0] job_q = '0;
  logic [1:0]  job_state_q = '0, settle_q = '0;
  logic [15:0] run_sequence_q = '0;
  logic        running_q = 1'b0;
  // reply
  logic        answering_q = 1'b0;          // the reply belongs to the request at hand
  logic [7:0]  reply_type_q = '0, reason_q = '0;
  logic [10:0] reply_length_q = '0;
  logic [15:0] free_q = '0;
  logic [15:0] bad_frames_q = '0;
  logic [7:0]  bad_pending_q = '0;

  logic        job_over, same_transfer, same_job, bits_ok, read_bits_ok, run_ok, length_ok, read_fits,
               crc_ok, solving, tell;
  logic        end_transfer, open_transfer, commit, run, cancel, job_over_taken, bad_count;
  logic [7:0]  reply_type, reason, bits;
  logic [13:0] read_bytes;
  logic [10:0] reply_length;
  logic [15:0] d, cb;
  logic [10:0] words11;
  logic [1:0]  bytes_code;
  logic        total_ok;
  logic [31:0] crc;

  assign same_transfer = known_q && args_i[31:0] == transfer_q;
  assign same_job      = job_state_q != '0 && args_i[31:0] == job_q;

  assign bits         = args_i[DescAt + 8 * link_pkg::DESCRIPTOR_BITS_AT +: 8];
  assign bits_ok      = bits >= 8'd8 && bits <= 8'(AW);
  assign read_bits_ok = bits == 8'd24 || bits == 8'd32 || bits == 8'd48;
  assign pack_bytes_o = bits[5:3];
  // words times 3, 4 or 6
  assign read_fits    = !mover_words_i[11] && read_bytes <= 14'(MAX_PAYLOAD);
  assign words11 = mover_words_i[10:0];
  assign bytes_code = bits[5:4];
  always_comb begin
    case (bytes_code)
      2'd1:    read_bytes = {2'd0, words11, 1'b0} + {3'd0, words11};
      2'd2:    read_bytes = {1'd0, words11, 2'b00};
      default: read_bytes = {1'd0, words11, 2'b00} + {2'd0, words11, 1'b0};
    endcase
  end

  // A command the engine can end: known operation, sizes in range, and blocks enough for d columns.
  assign d  = args_i[8 * link_pkg::RUN_FEATURES_AT +: 16];
  assign cb = args_i[8 * link_pkg::RUN_BLOCKS_AT +: 16];
  // BACK, FSUB and BACKV need a block of outputs: without one the engine would walk on through the whole memory.
  assign solving = args_i[8 * link_pkg::RUN_OP_AT + 1 +: 7] != '0;
  assign run_ok = args_i[8 * link_pkg::RUN_OP_AT +: 8] <= link_pkg::OP_BACKV
                  && args_i[8 * link_pkg::RUN_FLAGS_AT + 1 +: 7] <= 7'd1
                  && (LIMBS == 2 || !args_i[8 * link_pkg::RUN_FLAGS_AT])
                  && args_i[8 * link_pkg::RUN_DECAY_AT + 6 +: 2] == '0
                  && args_i[8 * link_pkg::RUN_SHIFT_AT + 6 +: 2] == '0
                  && args_i[8 * link_pkg::RUN_ROW_BASE_AT + 24 +: 8] == '0
                  && args_i[8 * link_pkg::RUN_VEC_BASE_AT + 24 +: 8] == '0
                  && d != '0 && d <= 16'(MAX_FEATURES) && 32'(cb) < 2 ** CBW && ((d - 16'(!solving)) >> LN) < cb
                  && (args_i[8 * link_pkg::RUN_OP_AT +: 8] != link_pkg::OP_GRAM
                      || (args_i[8 * link_pkg::RUN_ROWS_AT +: 16] != '0 && !args_i[8 * link_pkg::RUN_FLAGS_AT]));

  // A request goes before telemetry after telemetry: at a short interval the board would never answer again.
  assign tell = telemetry_due_i && (answering_q || !request_i);

  // Length a request must have; HELLO, DATA and unknown types may have any.
  always_comb begin
    length_ok = 1'b1;
    case (type_i)
      link_pkg::TYPE_BEGIN:         length_ok = length_i == 16'(link_pkg::BEGIN_BYTES);
      link_pkg::TYPE_COMMIT:        length_ok = length_i == 16'(link_pkg::COMMIT_BYTES);
      link_pkg::TYPE_STATUS:        length_ok = length_i == 16'(link_pkg::STATUS_BYTES);
      link_pkg::TYPE_READ:          length_ok = length_i == 16'(link_pkg::READ_BYTES);
      link_pkg::TYPE_RUN:           length_ok = length_i == 16'(link_pkg::RUN_BYTES);
      link_pkg::TYPE_CANCEL:        length_ok = length_i == 16'(link_pkg::CANCEL_BYTES);
      link_pkg::TYPE_CLEAR:         length_ok = length_i == 16'(link_pkg::CLEAR_BYTES);
      link_pkg::TYPE_TELEMETRY_SET: length_ok = length_i == 16'(link_pkg::TELEMETRY_SET_BYTES);
      default: ;
    endcase
  end

  crc32 u_crc (
    .clk_i(clk_i), .clear_i(open_transfer), .valid_i(data_take_i), .data_i(data_i), .crc_o(crc)
  );

  assign crc_ok   = crc == args_i[8 * link_pkg::COMMIT_CRC32_AT +: 32];
  assign total_ok = 32'(args_i[32 +: TB]) == args_i[63:32];
  assign job_over = running_q && settle_q == '0 && !engine_busy_i;

  // What to do, and the reply it ends with; the reason counts when the type is NAK.
  always_comb begin
    state_d          = state_q;
    reply_type       = link_pkg::TYPE_ACK;
    reason           = reason_q;
    reply_length     = 11'(link_pkg::ACK_BYTES);
    request_done_o   = 1'b0;
    data_en_o        = 1'b0;
    mover_abort_o    = 1'b0;
    mover_start_o    = 1'b0;
    telemetry_set_o  = 1'b0;
    telemetry_take_o = 1'b0;
    send_o           = 1'b0;
    end_transfer     = 1'b0;
    open_transfer    = 1'b0;
    commit           = 1'b0;
    run              = 1'b0;
    cancel           = 1'b0;
    job_over_taken   = 1'b0;
    case (state_q)
      Idle: begin
        if (job_over) begin
          job_over_taken = 1'b1;
          reply_type     = link_pkg::TYPE_RESULT;
          reply_length   = 11'(link_pkg::RESULT_BYTES);
          state_d        = Send;
        end else if (tell) begin
          telemetry_take_o = 1'b1;
          reply_type       = link_pkg::TYPE_TELEMETRY;
          reply_length     = 11'(link_pkg::TELEMETRY_BYTES);
          state_d          = Send;
        end else if (request_i) begin
          state_d    = Send;
          reply_type = link_pkg::TYPE_NAK;
          if (type_i == link_pkg::TYPE_HELLO) begin
            reply_type   = link_pkg::TYPE_INFO;
            reply_length = 11'(link_pkg::INFO_BYTES);
          end else if (!version_ok_i) begin
            reason = link_pkg::REASON_WRONG_VERSION;
          end else if (!length_ok) begin
            reason = link_pkg::REASON_BAD_LENGTH;
          end else begin
            case (type_i)
              link_pkg::TYPE_STATUS: begin
                reply_type   = link_pkg::TYPE_STATUS_REPLY;
                reply_length = 11'(link_pkg::STATUS_REPLY_BYTES);
              end
              link_pkg::TYPE_BEGIN: begin
                if (running_q) reason = link_pkg::REASON_BUSY;
                else if (same_transfer) reply_type = link_pkg::TYPE_ACK;
                else begin
                  mover_abort_o = 1'b1;
                  end_transfer  = 1'b1;
                  reason        = link_pkg::REASON_BAD_DESCRIPTOR;
                  if (bits_ok && total_ok) state_d = Start;
                end
              end
              link_pkg::TYPE_DATA: begin
                if (running_q) reason = link_pkg::REASON_BUSY;
                else if (!known_q) reason = link_pkg::REASON_NO_SUCH_TRANSFER;
                else if (offset_i != 32'(next_q)) reason = link_pkg::REASON_WRONG_OFFSET;
                else if (32'(length_i) > 32'(left_q)) reason = link_pkg::REASON_BAD_LENGTH;
                else state_d = Data;
              end
              link_pkg::TYPE_COMMIT: begin
                if (running_q) reason = link_pkg::REASON_BUSY;
                else if (!same_transfer) reason = link_pkg::REASON_NO_SUCH_TRANSFER;
                else if (left_q != '0) reason = link_pkg::REASON_SHORT;
                else if (!crc_ok) reason = link_pkg::REASON_CRC;
                else if (committed_q) reply_type = link_pkg::TYPE_ACK;
                else if (mover_busy_i) reason = link_pkg::REASON_SHORT;
                else if (lost_q) reason = link_pkg::REASON_BAD_LENGTH;
                else begin
                  commit     = 1'b1;
                  reply_type = link_pkg::TYPE_ACK;
                end
              end
              link_pkg::TYPE_READ: begin
                if (running_q) reason = link_pkg::REASON_BUSY;
                else begin
                  mover_abort_o = 1'b1;
                  end_transfer  = 1'b1;
                  reason        = link_pkg::REASON_BAD_DESCRIPTOR;
                  if (read_bits_ok) state_d = Start;
                end
              end
              link_pkg::TYPE_CLEAR: begin
                if (running_q) reason = link_pkg::REASON_BUSY;
                else begin
                  mover_abort_o = 1'b1;
                  end_transfer  = 1'b1;
                  state_d       = Clear;
                end
              end
              link_pkg::TYPE_RUN: begin
                if (same_job && running_q) reply_type = link_pkg::TYPE_ACK;
                else if (same_job) begin
                  reply_type   = link_pkg::TYPE_RESULT;
                  reply_length = 11'(link_pkg::RESULT_BYTES);
                end else if (running_q) reason = link_pkg::REASON_BUSY;
                else if (!committed_q) reason = link_pkg::REASON_NOT_COMMITTED;
                else if (!run_ok) reason = link_pkg::REASON_BAD_DESCRIPTOR;
                else begin
                  run        = 1'b1;
                  reply_type = link_pkg::TYPE_ACK;
                end
              end
              link_pkg::TYPE_CANCEL: begin
                reason = link_pkg::REASON_NO_SUCH_TRANSFER;
                cancel = same_job && running_q;
                if (same_job) begin
                  reply_type   = link_pkg::TYPE_RESULT;
                  reply_length = 11'(link_pkg::RESULT_BYTES);
                end
              end
              default: begin
                reason = link_pkg::REASON_UNKNOWN_TYPE;
                if (type_i == link_pkg::TYPE_TELEMETRY_SET && TELEMETRY != 0) begin
                  telemetry_set_o = 1'b1;
                  reply_type      = link_pkg::TYPE_ACK;
                end
              end
            endcase
          end
        end
      end
      Data: begin
        data_en_o = 1'b1;
        if (data_over_i && unpack_empty_i) state_d = Send;
      end
      Start: begin
        mover_start_o = 1'b1;
        state_d       = Check;
      end
      Check: begin
        if (mover_error_i) begin
          reply_type = link_pkg::TYPE_NAK;
          state_d    = Send;
        end else if (mover_checked_i) begin
          state_d = Send;
          if (type_i == link_pkg::TYPE_BEGIN) begin
            open_transfer = 1'b1;
          end else if (read_fits) begin
            reply_type   = link_pkg::TYPE_READ_DATA;
            reply_length = read_bytes[10:0];
          end else begin
            mover_abort_o = 1'b1;
            reply_type    = link_pkg::TYPE_NAK;
          end
        end
      end
      Clear: begin
        reason        = link_pkg::REASON_BAD_DESCRIPTOR;
        if (mover_error_i) begin
          reply_type = link_pkg::TYPE_NAK;
          state_d    = Send;
        end else if (mover_done_i) begin
          state_d = Send;
        end
      end
      Send: begin
        send_o = 1'b1;
        if (sending_i) state_d = Sending;
      end
      default: begin  // Sending
        if (!sending_i) begin
          request_done_o = answering_q;
          state_d        = Idle;
        end
      end
    endcase
  end

  always_ff @(posedge clk_i) begin
    state_q <= state_d;
    if (state_q == Idle) answering_q <= !job_over && !tell;
    if (state_d == Send && state_q != Send) begin
      reply_type_q   <= reply_type;
      reply_length_q <= reply_length;
      free_q         <= free_i;
    end
    reason_q <= reason;
    if (rst_i) state_q <= Idle;
  end

  // transfer
  always_ff @(posedge clk_i) begin
    if (end_transfer) begin
      open_q <= 1'b0;
      if (open_q || type_i == link_pkg::TYPE_CLEAR) known_q <= 1'b0;
    end
    if (open_transfer) begin
      transfer_q  <= args_i[31:0];
      left_q      <= args_i[32 +: TB];
      bits_q      <= bits[5:0];
      next_q      <= '0;
      open_q      <= 1'b1;
      known_q     <= 1'b1;
      committed_q <= 1'b0;
      lost_q      <= 1'b0;
    end
    if (data_take_i) begin
      next_q <= next_q + TB'(1);
      left_q <= left_q - TB'(1);
    end
    if (word_lost_i) lost_q <= 1'b1;
    if (commit) begin
      open_q      <= 1'b0;
      committed_q <= 1'b1;
    end
    if (rst_i) begin
      open_q      <= 1'b0;
      known_q     <= 1'b0;
      committed_q <= 1'b0;
    end
  end

  // job; the engine is busy from the clock after its start
  always_ff @(posedge clk_i) begin
    settle_q <= {settle_q[0], run};
    if (run) begin
      job_q          <= args_i[31:0];
      job_state_q    <= link_pkg::JOB_STATE_RUNNING[1:0];
      run_sequence_q <= sequence_i;
      running_q      <= 1'b1;
    end
    if (job_over_taken || cancel) running_q <= 1'b0;
    if (job_over_taken) job_state_q <= link_pkg::JOB_STATE_DONE[1:0];
    if (cancel) job_state_q <= link_pkg::JOB_STATE_CANCELLED[1:0];
    if (rst_i) begin
      running_q   <= 1'b0;
      job_state_q <= '0;
    end
  end

  // Bad frames are added between requests, so that a reply shows one number, and no more than fit.
  assign bad_count = state_q == Idle && bad_pending_q != '0;
  always_ff @(posedge clk_i) begin
    if (bad_count && bad_frames_q != '1) bad_frames_q <= bad_frames_q + 16'd1;
    if (bad_frame_i && !bad_count && bad_pending_q != '1) bad_pending_q <= bad_pending_q + 8'd1;
    else if (bad_count && !bad_frame_i) bad_pending_q <= bad_pending_q - 8'd1;
    if (rst_i) begin
      bad_frames_q  <= '0;
      bad_pending_q <= '0;
    end
  end

  assign unpack_clear_o   = open_transfer;
  assign unpack_bits_o    = bits_q;
  assign mover_clear_o    = state_q == Clear && !mover_busy_i;
  assign mover_dir_o      = type_i == link_pkg::TYPE_READ;
  assign engine_start_o   = run;
  assign engine_reset_o   = cancel;
  assign job_end_o        = job_over_taken;
  assign reply_type_o     = reply_type_q;
  assign reply_sequence_o = answering_q ? sequence_i : reply_type_q == link_pkg::TYPE_RESULT ? run_sequence_q : 16'd0;
  assign reply_length_o   = reply_length_q;
  assign verdict_o        = reply_type_q == link_pkg::TYPE_NAK ? reason_q : {5'd0, running_q, committed_q, open_q};
  assign next_offset_o    = 32'(next_q);
  assign free_o           = free_q;
  assign transfer_o       = transfer_q;
  assign committed_o      = committed_q;
  assign running_o        = running_q;
  assign job_o            = job_q;
  assign job_state_o      = job_state_q;
  assign bad_frames_o     = bad_frames_q;

  logic unused;
  assign unused = &{1'b0, args_i};
endmodule
`resetall
