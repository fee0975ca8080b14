// SPDX-License-Identifier: MIT
`default_nettype none
// Generated from hdl/regs/link.json by .ci/gen-regs.mjs; do not edit.
// _AT are byte offsets, _BYTES sizes in bytes, _LSB and _WIDTH bits of a field.
/* verilator lint_off UNUSEDPARAM */
package link_pkg;
  // Protocol version, the `ver` of every frame.
  localparam int VERSION = 1;
  // First word of INFO: the bytes TWIS.
  localparam logic [31:0] MAGIC = 32'h53495754;
  // Bytes of a frame's header.
  localparam int HEADER_BYTES = 10;
  // Bytes of a frame's checksum.
  localparam int CRC_BYTES = 4;
  // Largest payload of any board, bytes; INFO says what this one takes.
  localparam int MAX_PAYLOAD = 1024;
  // Header of a frame.
  localparam int FRAME_BYTES = 10;
  localparam int FRAME_VERSION_AT = 0;
  localparam int FRAME_TYPE_AT = 1;
  localparam int FRAME_SEQUENCE_AT = 2;
  localparam int FRAME_OFFSET_AT = 4;
  localparam int FRAME_LENGTH_AT = 8;
  // Which words a transfer or READ moves (hdl/sys/README.md, mover).
  localparam int DESCRIPTOR_BYTES = 20;
  localparam int DESCRIPTOR_SPACE_AT = 0;
  localparam int DESCRIPTOR_BITS_AT = 1;
  localparam int DESCRIPTOR_FLAGS_AT = 2;
  localparam int DESCRIPTOR_PAD_AT = 3;
  localparam int DESCRIPTOR_FIRST_AT = 4;
  localparam int DESCRIPTOR_COLUMNS_AT = 6;
  localparam int DESCRIPTOR_BLOCKS_AT = 8;
  localparam int DESCRIPTOR_ROWS_AT = 10;
  localparam int DESCRIPTOR_ROW0_AT = 12;
  localparam int DESCRIPTOR_BASE_AT = 16;
  // Bits of the descriptor's flags.
  localparam logic [7:0] DESCRIPTOR_FLAG_TRI = 8'h01;
  localparam logic [7:0] DESCRIPTOR_FLAG_PACKED = 8'h02;
  localparam logic [7:0] DESCRIPTOR_FLAG_DIAGONAL = 8'h04;
  // Bits of the flags of RUN.
  localparam logic [7:0] RUN_FLAG_TWO = 8'h01;
  localparam logic [7:0] RUN_FLAG_NEG = 8'h02;
  // Bits of the flags of RESULT.
  localparam logic [7:0] RESULT_FLAG_BREAKDOWN = 8'h01;
  localparam logic [7:0] RESULT_FLAG_SATURATED = 8'h02;
  // Bits of the state of ACK.
  localparam logic [7:0] ACK_FLAG_OPEN = 8'h01;
  localparam logic [7:0] ACK_FLAG_COMMITTED = 8'h02;
  localparam logic [7:0] ACK_FLAG_BUSY = 8'h04;
  // Memory a descriptor or CLEAR means.
  localparam logic [7:0] SPACE_OPERAND = 8'h00;
  localparam logic [7:0] SPACE_GRAM = 8'h01;
  // Operations of the engine; also the bit in `ops` of INFO.
  localparam logic [7:0] OP_GRAM = 8'h00;
  localparam logic [7:0] OP_CHOL = 8'h01;
  localparam logic [7:0] OP_BACK = 8'h02;
  localparam logic [7:0] OP_FSUB = 8'h03;
  localparam logic [7:0] OP_BACKV = 8'h04;
  // Reasons of NAK.
  localparam logic [7:0] REASON_WRONG_OFFSET = 8'h01;
  localparam logic [7:0] REASON_NOT_COMMITTED = 8'h02;
  localparam logic [7:0] REASON_BUSY = 8'h03;
  localparam logic [7:0] REASON_BAD_DESCRIPTOR = 8'h04;
  localparam logic [7:0] REASON_CRC = 8'h05;
  localparam logic [7:0] REASON_UNKNOWN_TYPE = 8'h06;
  localparam logic [7:0] REASON_SHORT = 8'h07;
  localparam logic [7:0] REASON_NO_SUCH_TRANSFER = 8'h08;
  localparam logic [7:0] REASON_BAD_LENGTH = 8'h09;
  localparam logic [7:0] REASON_WRONG_VERSION = 8'h0a;
  // State of the last job in STATUS.
  localparam logic [7:0] JOB_STATE_NONE = 8'h00;
  localparam logic [7:0] JOB_STATE_RUNNING = 8'h01;
  localparam logic [7:0] JOB_STATE_DONE = 8'h02;
  localparam logic [7:0] JOB_STATE_CANCELLED = 8'h03;
  // How a job ended.
  localparam logic [7:0] RESULT_STATE_DONE = 8'h00;
  localparam logic [7:0] RESULT_STATE_CANCELLED = 8'h01;
  // Messages: type and payload.
  localparam logic [7:0] TYPE_HELLO = 8'h01;
  localparam logic [7:0] TYPE_BEGIN = 8'h02;
  localparam logic [7:0] TYPE_DATA = 8'h03;
  localparam logic [7:0] TYPE_COMMIT = 8'h04;
  localparam logic [7:0] TYPE_STATUS = 8'h05;
  localparam logic [7:0] TYPE_READ = 8'h06;
  localparam logic [7:0] TYPE_RUN = 8'h07;
  localparam logic [7:0] TYPE_CANCEL = 8'h08;
  localparam logic [7:0] TYPE_CLEAR = 8'h09;
  localparam logic [7:0] TYPE_TELEMETRY_SET = 8'h0a;
  localparam logic [7:0] TYPE_INFO = 8'h81;
  localparam logic [7:0] TYPE_ACK = 8'h82;
  localparam logic [7:0] TYPE_NAK = 8'h83;
  localparam logic [7:0] TYPE_STATUS_REPLY = 8'h84;
  localparam logic [7:0] TYPE_READ_DATA = 8'h85;
  localparam logic [7:0] TYPE_RESULT = 8'h86;
  localparam logic [7:0] TYPE_TELEMETRY = 8'h87;
  localparam int HELLO_BYTES = 0;
  localparam int BEGIN_BYTES = 28;
  localparam int BEGIN_TRANSFER_AT = 0;
  localparam int BEGIN_TOTAL_AT = 4;
  localparam int BEGIN_DESCRIPTOR_AT = 8;
  localparam int DATA_BYTES = 0;
  localparam int COMMIT_BYTES = 8;
  localparam int COMMIT_TRANSFER_AT = 0;
  localparam int COMMIT_CRC32_AT = 4;
  localparam int STATUS_BYTES = 0;
  localparam int READ_BYTES = 20;
  localparam int READ_DESCRIPTOR_AT = 0;
  localparam int RUN_BYTES = 24;
  localparam int RUN_JOB_AT = 0;
  localparam int RUN_OP_AT = 4;
  localparam int RUN_FLAGS_AT = 5;
  localparam int RUN_DECAY_AT = 6;
  localparam int RUN_SHIFT_AT = 7;
  localparam int RUN_FEATURES_AT = 8;
  localparam int RUN_BLOCKS_AT = 10;
  localparam int RUN_ROWS_AT = 12;
  localparam int RUN_PAD_AT = 14;
  localparam int RUN_ROW_BASE_AT = 16;
  localparam int RUN_VEC_BASE_AT = 20;
  localparam int CANCEL_BYTES = 4;
  localparam int CANCEL_JOB_AT = 0;
  localparam int CLEAR_BYTES = 12;
  localparam int CLEAR_SPACE_AT = 0;
  localparam int CLEAR_PAD_AT = 1;
  localparam int CLEAR_LANES_AT = 2;
  localparam int CLEAR_BASE_AT = 4;
  localparam int CLEAR_COUNT_AT = 8;
  localparam int TELEMETRY_SET_BYTES = 4;
  localparam int TELEMETRY_SET_INTERVAL_AT = 0;
  localparam int INFO_BYTES = 48;
  localparam int INFO_MAGIC_AT = 0;
  localparam int INFO_MIN_VERSION_AT = 4;
  localparam int INFO_MAX_VERSION_AT = 5;
  localparam int INFO_LANES_AT = 6;
  localparam int INFO_WORD_BITS_AT = 7;
  localparam int INFO_ACCUMULATOR_BITS_AT = 8;
  localparam int INFO_LIMBS_AT = 9;
  localparam int INFO_OPS_AT = 10;
  localparam int INFO_MAX_FEATURES_AT = 12;
  localparam int INFO_MAX_PAYLOAD_AT = 14;
  localparam int INFO_RX_WINDOW_AT = 16;
  localparam int INFO_BOARD_AT = 18;
  localparam int INFO_OPERAND_DEPTH_AT = 20;
  localparam int INFO_GRAM_DEPTH_AT = 24;
  localparam int INFO_CLOCK_HZ_AT = 28;
  localparam int INFO_BAUD_AT = 32;
  localparam int INFO_IMAGE_ID_AT = 36;
  localparam int INFO_GOLDEN_HASH_AT = 40;
  localparam int ACK_BYTES = 7;
  localparam int ACK_NEXT_OFFSET_AT = 0;
  localparam int ACK_FREE_BYTES_AT = 4;
  localparam int ACK_STATE_AT = 6;
  localparam int NAK_BYTES = 7;
  localparam int NAK_NEXT_OFFSET_AT = 0;
  localparam int NAK_FREE_BYTES_AT = 4;
  localparam int NAK_REASON_AT = 6;
  localparam int STATUS_REPLY_BYTES = 21;
  localparam int STATUS_REPLY_TRANSFER_AT = 0;
  localparam int STATUS_REPLY_NEXT_OFFSET_AT = 4;
  localparam int STATUS_REPLY_COMMITTED_AT = 8;
  localparam int STATUS_REPLY_BUSY_AT = 9;
  localparam int STATUS_REPLY_JOB_AT = 10;
  localparam int STATUS_REPLY_JOB_STATE_AT = 14;
  localparam int STATUS_REPLY_BAD_FRAMES_AT = 15;
  localparam int STATUS_REPLY_FREE_BYTES_AT = 19;
  localparam int READ_DATA_BYTES = 0;
  localparam int RESULT_BYTES = 14;
  localparam int RESULT_JOB_AT = 0;
  localparam int RESULT_STATE_AT = 4;
  localparam int RESULT_FLAGS_AT = 5;
  localparam int RESULT_CYCLES_AT = 6;
  localparam int RESULT_ACTIVITY_AT = 10;
  localparam int TELEMETRY_BYTES = 32;
  localparam int TELEMETRY_SEQUENCE_AT = 0;
  localparam int TELEMETRY_UPTIME_AT = 4;
  localparam int TELEMETRY_BUSY_AT = 12;
  localparam int TELEMETRY_TOGGLES_AT = 20;
  localparam int TELEMETRY_BAD_FRAMES_AT = 28;
endpackage
/* verilator lint_on UNUSEDPARAM */
`resetall
