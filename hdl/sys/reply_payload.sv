// SPDX-License-Identifier: MIT
`default_nettype none
// Payload of every reply but READ_DATA, byte by byte. The parameters are what INFO says (hdl/regs/link.json).
//   N, DW, AW, OPERAND_DEPTH, GRAM_DEPTH, MAX_FEATURES, LIMBS   those of the engine
//   CLOCK_HZ, BAUD, RX_BYTES, MAX_PAYLOAD                       clock Hz, bits per second, receive buffer and payload in bytes
//   TELEMETRY                                                   0: there is no reply of that type
//   BOARD, IMAGE_ID, GOLDEN_HASH                                number of the board, identity of the image, bring-up hash
module reply_payload #(
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
  input  wire logic [7:0]  type_i,
  input  wire logic [5:0]  index_i,
  input  wire logic [7:0]  verdict_i,       // ACK: state; NAK: reason
  input  wire logic [31:0] next_offset_i,
  input  wire logic [15:0] free_i,
  input  wire logic [31:0] transfer_i,
  input  wire logic        committed_i,
  input  wire logic        running_i,
  input  wire logic [31:0] job_i,
  input  wire logic [1:0]  job_state_i,
  input  wire logic [15:0] bad_frames_i,
  input  wire logic        breakdown_i,
  input  wire logic        saturated_i,
  input  wire logic [31:0] cycles_i,
  input  wire logic [31:0] activity_i,
  input  wire logic [31:0] sequence_i,
  input  wire logic [47:0] uptime_i,
  input  wire logic [47:0] busy_i,
  input  wire logic [47:0] toggles_i,
  output logic      [7:0]  data_o
);
  localparam logic [15:0] Ops = 16'h001f;
  logic [8*link_pkg::INFO_BYTES-1:0] info;
  assign info = {
    GOLDEN_HASH, IMAGE_ID, 32'(BAUD), 32'(CLOCK_HZ), 32'(GRAM_DEPTH), 32'(OPERAND_DEPTH), 16'(BOARD), 16'(RX_BYTES),
    16'(MAX_PAYLOAD), 16'(MAX_FEATURES), Ops, 8'(LIMBS), 8'(AW), 8'(DW), 8'(N), 8'(link_pkg::VERSION), 8'(link_pkg::VERSION),
    link_pkg::MAGIC
  };

  // Last field first, as in info.
  logic [8*link_pkg::ACK_BYTES-1:0]          answer;
  logic [8*link_pkg::STATUS_REPLY_BYTES-1:0] status;
  logic [8*link_pkg::RESULT_BYTES-1:0]       result;
  logic [8*link_pkg::TELEMETRY_BYTES-1:0]    counters;
  assign answer   = {verdict_i, free_i, next_offset_i};
  assign status   = {free_i, 32'(bad_frames_i), 6'd0, job_state_i, job_i, 7'd0, running_i, 7'd0, committed_i, next_offset_i, transfer_i};
  assign result   = {activity_i, cycles_i, 6'd0, saturated_i, breakdown_i, 7'd0, job_state_i == link_pkg::JOB_STATE_CANCELLED[1:0],
                     job_i};
  assign counters = {32'(bad_frames_i), 64'(toggles_i), 64'(busy_i), 64'(uptime_i), sequence_i};

  // All replies in one row of bytes, each where the upper bits of a place choose it: a tree of selectors, no shifter.
  logic [1023:0] bytes;
  logic [511:0]  constants;
  logic [6:0]    place;
  assign bytes     = {(TELEMETRY != 0) ? 512'(counters) : 512'd0, 256'(status), 128'(result), 128'(answer)};
  assign constants = 512'(info);
  always_comb begin
    case (type_i)
      link_pkg::TYPE_TELEMETRY:    place = {1'b1, index_i};
      link_pkg::TYPE_STATUS_REPLY: place = {2'b01, index_i[4:0]};
      link_pkg::TYPE_RESULT:       place = {3'b001, index_i[3:0]};
      default:                     place = {4'b0000, index_i[2:0]};
    endcase
    if (TELEMETRY == 0) place[6] = 1'b0;
  end
  assign data_o = (type_i == link_pkg::TYPE_INFO) ? constants[8*index_i +: 8] : bytes[8*place +: 8];
endmodule
`resetall
