// SPDX-License-Identifier: MIT
`default_nettype none
// Takes requests from the receiver's ring: the header into fields, the payload of DATA as a stream, any other payload into
// args_o (the header goes through it, too), first byte first and zeros behind it; but the descriptor of READ lies where BEGIN has its own. Payloads longer than
// ARGS leave no sense there.
//   ARGS  bytes of args_o (default 28, the longest request but DATA)
module request_reader #(
  parameter int ARGS = 28
) (
  input  wire logic              clk_i,
  input  wire logic              rst_i,
  // frames
  input  wire logic              valid_i,
  output logic                   ready_o,
  input  wire logic [7:0]        data_i,
  // request: stays until done_i, which also drops the payload of DATA that was not taken
  output logic                   valid_o,
  input  wire logic              done_i,
  output logic                   version_ok_o,  // the frame has the version this board speaks
  output logic      [7:0]        type_o,
  output logic      [15:0]       sequence_o,
  output logic      [31:0]       offset_o,      // of DATA
  output logic      [15:0]       length_o,
  output logic      [8*ARGS-1:0] args_o,
  // payload of DATA
  output logic                   data_valid_o,
  input  wire logic              data_ready_i,
  output logic      [7:0]        data_o,
  output logic                   data_over_o   // all of it was taken
);
  localparam int OffsetAt = 8 * (ARGS - link_pkg::HEADER_BYTES + link_pkg::FRAME_OFFSET_AT);

  typedef enum logic [1:0] {Header, Args, Ready, Skip} state_e;
  state_e state_q = Header;

  logic [7:0]        type_q = '0;
  logic [15:0]       sequence_q = '0, length_q = '0;
  logic              version_ok_q = 1'b0;
  logic [8*ARGS-1:0] args_q = '0;
  logic [10:0]       left_q = '0;    // header bytes taken; then payload bytes left
  logic [4:0]        place_q = '0;   // bytes in args_q
  logic              take, is_data, is_read, shift;

  assign is_read = type_q == link_pkg::TYPE_READ;
  assign is_data = type_q == link_pkg::TYPE_DATA;

  always_comb begin
    case (state_q)
      Header:  ready_o = 1'b1;
      Ready:   ready_o = data_ready_i && left_q != '0;
      default: ready_o = left_q != '0;
    endcase
  end
  assign take  = valid_i && ready_o;
  assign shift = (take && state_q == Header) || (state_q == Args && (take || (left_q == '0 && place_q < 5'(ARGS) && !is_read)));

  always_ff @(posedge clk_i) begin
    if (take && state_q == Header) begin
      case (left_q[3:0])
        4'(link_pkg::FRAME_VERSION_AT):      version_ok_q <= data_i == 8'(link_pkg::VERSION);
        4'(link_pkg::FRAME_TYPE_AT):         type_q <= data_i;
        4'(link_pkg::FRAME_SEQUENCE_AT):     sequence_q[7:0] <= data_i;
        4'(link_pkg::FRAME_SEQUENCE_AT + 1): sequence_q[15:8] <= data_i;
        4'(link_pkg::FRAME_LENGTH_AT):       length_q[7:0] <= data_i;
        4'(link_pkg::FRAME_LENGTH_AT + 1):   length_q[15:8] <= data_i;
        default: ;
      endcase
    end
    if (shift) args_q <= {take ? data_i : 8'd0, args_q[8*ARGS-1:8]};
    if (state_q == Header) place_q <= '0;
    else if (shift && place_q < 5'(ARGS)) place_q <= place_q + 5'd1;
    case (state_q)
      Header:
        if (take) begin
          left_q <= left_q + 11'd1;
          if (left_q == 11'(link_pkg::HEADER_BYTES - 1)) begin
            left_q <= {data_i[2:0], length_q[7:0]};
            if (is_data) state_q <= Ready;
            else state_q <= Args;
          end
        end
      Args: begin
        if (take) left_q <= left_q - 11'd1;
        if (left_q == '0 && !shift) state_q <= Ready;
      end
      Ready: begin
        if (take) left_q <= left_q - 11'd1;
        if (done_i) state_q <= Skip;
      end
      default: begin
        if (take) left_q <= left_q - 11'd1;
        if (left_q == '0) state_q <= Header;
      end
    endcase
    if (rst_i) begin
      state_q <= Header;
      left_q  <= '0;
    end
  end

  assign valid_o      = state_q == Ready;
  assign version_ok_o = version_ok_q;
  assign type_o       = type_q;
  assign sequence_o   = sequence_q;
  assign offset_o     = args_q[OffsetAt +: 32];
  assign length_o     = length_q;
  assign args_o       = args_q;
  assign data_valid_o = state_q == Ready && valid_i && left_q != '0;
  assign data_o       = data_i;
  assign data_over_o  = left_q == '0;
endmodule
`resetall
