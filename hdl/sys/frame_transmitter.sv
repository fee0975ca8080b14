// SPDX-License-Identifier: MIT
`default_nettype none
// Sends a frame: header, payload from a stream, CRC. No parameters.
module frame_transmitter (
  input  wire logic        clk_i,
  input  wire logic        rst_i,
  // frame: taken in the clock start_i is high while busy_o is low; the fields must be held until busy_o falls
  input  wire logic        start_i,
  output logic             busy_o,
  input  wire logic [7:0]  type_i,
  input  wire logic [15:0] sequence_i,
  input  wire logic [10:0] length_i,
  // payload
  output logic      [5:0]  index_o,   // number of the byte wanted, modulo 64
  input  wire logic        valid_i,
  output logic             ready_o,
  input  wire logic [7:0]  data_i,
  // bytes of the frame
  output logic             valid_o,
  input  wire logic        ready_i,
  output logic      [7:0]  data_o,
  output logic             last_o
);
  typedef enum logic [1:0] {Idle, Header, Payload, Check} state_e;
  state_e state_q = Idle;

  logic [10:0] count_q = '0;
  logic        fire, part_over;
  logic [10:0] count_next;
  logic [7:0]  header, check, crc0, crc1, crc2, crc3, sequence0, sequence1, length0, length1;
  logic [3:0]  place;
  logic [1:0]  check_place;
  logic [31:0] crc;

  assign count_next  = count_q + 11'd1;
  assign place       = count_q[3:0];
  assign check_place = count_q[1:0];
  assign {crc3, crc2, crc1, crc0} = crc;
  assign {sequence1, sequence0}   = sequence_i;
  assign {length1, length0}       = 16'(length_i);

  always_comb begin
    case (place)
      4'(link_pkg::FRAME_VERSION_AT):      header = 8'(link_pkg::VERSION);
      4'(link_pkg::FRAME_TYPE_AT):         header = type_i;
      4'(link_pkg::FRAME_SEQUENCE_AT):     header = sequence0;
      4'(link_pkg::FRAME_SEQUENCE_AT + 1): header = sequence1;
      4'(link_pkg::FRAME_LENGTH_AT):       header = length0;
      4'(link_pkg::FRAME_LENGTH_AT + 1):   header = length1;
      default:                             header = '0;  // a reply has no offset
    endcase
  end

  always_comb begin
    case (check_place)
      2'd0:    check = crc0;
      2'd1:    check = crc1;
      2'd2:    check = crc2;
      default: check = crc3;
    endcase
  end

  always_comb begin
    valid_o = 1'b0;
    ready_o = 1'b0;
    data_o  = header;
    case (state_q)
      Header: valid_o = 1'b1;
      Payload: begin
        valid_o = valid_i;
        ready_o = ready_i;
        data_o  = data_i;
      end
      Check: begin
        valid_o = 1'b1;
        data_o  = check;
      end
      default: ;
    endcase
  end

  assign fire      = valid_o && ready_i;
  assign last_o    = state_q == Check && count_q[1:0] == 2'd3;
  assign busy_o    = state_q != Idle;
  assign index_o   = count_q[5:0];
  assign part_over = (state_q == Header && count_q == 11'(link_pkg::HEADER_BYTES - 1))
                     || (state_q == Payload && count_next == length_i) || last_o;

  crc32 u_crc (
    .clk_i(clk_i), .clear_i(state_q == Idle), .valid_i(fire && state_q != Check), .data_i(data_o), .crc_o(crc)
  );

  always_ff @(posedge clk_i) begin
    if (state_q == Idle) begin
      count_q <= '0;
      if (start_i) state_q <= Header;
    end else if (fire) begin
      count_q <= part_over ? '0 : count_next;
      if (part_over) begin
        case (state_q)
          Header:
            if (length_i == '0) state_q <= Check;
            else state_q <= Payload;
          Payload: state_q <= Check;
          default: state_q <= Idle;
        endcase
      end
    end
    if (rst_i) state_q <= Idle;
  end
endmodule
`resetall
