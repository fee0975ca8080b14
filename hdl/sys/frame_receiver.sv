// SPDX-License-Identifier: MIT
`default_nettype none
// Collects frames out of the line's bytes: header and payload of a frame stay in a ring only when its CRC and length are
// right, else the ring is rolled back and the frame counts as bad. One byte per clock, no back-pressure on the line: a frame
// that finds no room is bad, too. The reader sees whole frames only.
//   RX_BYTES     bytes of the ring, a power of two, >= 16 (default 2048)
//   MAX_PAYLOAD  largest payload, bytes, <= RX_BYTES - 14 (default 1024)
module frame_receiver #(
  parameter int RX_BYTES = 2048,
  parameter int MAX_PAYLOAD = 1024
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_i,
  // bytes of the line
  input  wire logic                      valid_i,
  input  wire logic [7:0]                data_i,
  // frames without CRC, one after the other
  output logic                           valid_o,
  input  wire logic                      ready_i,
  output logic      [7:0]                data_o,
  // condition
  output logic                           bad_o,   // one clock per dropped frame
  output logic      [$clog2(RX_BYTES):0] free_o   // bytes of the ring that are free
);
  localparam int PW = $clog2(RX_BYTES);
  localparam int Overhead = link_pkg::HEADER_BYTES + link_pkg::CRC_BYTES;
  localparam int BW = $clog2(MAX_PAYLOAD + Overhead + 1);

  logic          byte_valid, over, broken, good;
  logic [7:0]    byte_data;
  logic [31:0]   crc;
  logic          over_q = 1'b0, broken_q = 1'b0;  // the CRC is ready one clock after the last byte
  logic [PW:0]   write_q = '0;                    // next free place
  logic [PW:0]   keep_q = '0;                     // end of the frames that are kept
  logic [PW:0]   read_q = '0;                     // next byte to fetch
  logic [BW-1:0] bytes_q = '0;                    // bytes of this frame
  logic [15:0]   length_q = '0;                   // payload length in its header
  logic          lost_q = 1'b0;                   // too long, or no room
  logic          valid_q = 1'b0;
  logic          full, long_frame, we, fetch, keep;

  cobs_decoder u_decoder (
    .clk_i(clk_i), .rst_i(rst_i), .valid_i(valid_i), .data_i(data_i),
    .valid_o(byte_valid), .data_o(byte_data), .end_o(over), .broken_o(broken)
  );

  crc32 u_crc (
    .clk_i(clk_i), .clear_i(over_q || rst_i), .valid_i(byte_valid), .data_i(byte_data), .crc_o(crc)
  );

  assign good       = crc == 32'h2144df1c;
  assign full       = write_q - read_q >= (PW + 1)'(RX_BYTES);
  assign long_frame = bytes_q == BW'(MAX_PAYLOAD + Overhead);
  assign we         = byte_valid && !full && !long_frame && !lost_q;
  assign keep       = over_q && good && !broken_q && !lost_q && bytes_q >= BW'(Overhead)
                      && 16'(bytes_q) == length_q + 16'(Overhead);

  always_ff @(posedge clk_i) begin
    over_q   <= over && !rst_i;
    broken_q <= broken;
    if (over_q || rst_i) begin
      bytes_q <= '0;
      lost_q  <= 1'b0;
    end else if (byte_valid) begin
      if (we) bytes_q <= bytes_q + BW'(1);
      else lost_q <= 1'b1;
    end
    if (byte_valid && bytes_q == BW'(link_pkg::FRAME_LENGTH_AT)) length_q[7:0] <= byte_data;
    if (byte_valid && bytes_q == BW'(link_pkg::FRAME_LENGTH_AT + 1)) length_q[15:8] <= byte_data;
  end

  // The CRC is not kept.
  always_ff @(posedge clk_i) begin
    if (keep) begin
      keep_q  <= write_q - (PW + 1)'(link_pkg::CRC_BYTES);
      write_q <= write_q - (PW + 1)'(link_pkg::CRC_BYTES);
    end else if (over_q) begin
      write_q <= keep_q;
    end else if (we) begin
      write_q <= write_q + (PW + 1)'(1);
    end
    if (fetch) read_q <= read_q + (PW + 1)'(1);
    if (fetch) valid_q <= 1'b1;
    else if (ready_i) valid_q <= 1'b0;
    if (rst_i) begin
      keep_q  <= '0;
      write_q <= '0;
      read_q  <= '0;
      valid_q <= 1'b0;
    end
  end

  assign fetch = (!valid_q || ready_i) && read_q != keep_q;

  ram_1r1w #(.WIDTH(8), .DEPTH(RX_BYTES)) u_ram (
    .clk_i(clk_i),
    .re_i(fetch), .raddr_i(read_q[PW-1:0]), .rdata_o(data_o),
    .we_i(we), .waddr_i(write_q[PW-1:0]), .wdata_i(byte_data)
  );

  assign valid_o = valid_q;
  assign bad_o   = over_q && !keep;
  assign free_o  = (PW + 1)'(RX_BYTES) - (write_q - read_q);
endmodule
`resetall
