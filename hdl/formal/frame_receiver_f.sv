// SPDX-License-Identifier: MIT
`default_nettype none
// Proves the frame receiver with short frames (small_link_pkg) and any checksum (any_crc32): it never writes over bytes that wait,
// it shows exactly the bytes of the frames it kept, in order, and drops frames that are cut, too long or of a wrong length.
module frame_receiver_f #(
  parameter int RX_BYTES = 4,
  parameter int MAX_PAYLOAD = 1
) (
  input wire logic       clk_i,
  input wire logic       line_valid_i,
  input wire logic [7:0] line_data_i,
  input wire logic       ready_i
);
  localparam int Overhead = link_pkg::HEADER_BYTES + link_pkg::CRC_BYTES;

  logic       rst_q = 1'b1;
  logic       valid, bad, byte_valid, over, broken;
  logic [7:0] data, byte_data;
  logic [$clog2(RX_BYTES):0] free;

  frame_receiver #(.RX_BYTES(RX_BYTES), .MAX_PAYLOAD(MAX_PAYLOAD)) u_receiver (
    .clk_i(clk_i), .rst_i(rst_q), .valid_i(line_valid_i), .data_i(line_data_i),
    .valid_o(valid), .ready_i(ready_i), .data_o(data), .bad_o(bad), .free_o(free)
  );
  // What the line says, seen apart from the receiver.
  cobs_decoder u_line (
    .clk_i(clk_i), .rst_i(rst_q), .valid_i(line_valid_i), .data_i(line_data_i),
    .valid_o(byte_valid), .data_o(byte_data), .end_o(over), .broken_o(broken)
  );
  stream_rules #(.WIDTH(8)) u_out (.clk_i(clk_i), .clear_i(rst_q), .valid_i(valid), .ready_i(ready_i), .data_i(data));

  // One byte of all that are kept, any; its value once its frame is kept.
  (* anyconst *) logic [3:0] watched;
  logic [3:0]  kept_q = '0, shown_q = '0, frame_q = '0;
  logic [7:0]  candidate_q = '0, word_q = '0;
  logic [15:0] length_q = '0;
  logic        over_q = 1'b0, broken_q = 1'b0, known_q = 1'b0;
  logic        keep;

  assign keep = over_q && !bad;

  always_ff @(posedge clk_i) begin
    rst_q    <= 1'b0;
    over_q   <= over && !rst_q;
    broken_q <= broken;
    if (over_q || rst_q) frame_q <= '0;
    else if (byte_valid && frame_q != '1) frame_q <= frame_q + 4'd1;
    if (byte_valid && frame_q == 4'(link_pkg::FRAME_LENGTH_AT)) length_q[7:0] <= byte_data;
    if (byte_valid && frame_q == 4'(link_pkg::FRAME_LENGTH_AT + 1)) length_q[15:8] <= byte_data;
    if (byte_valid && kept_q + frame_q == watched) candidate_q <= byte_data;
    if (keep) begin
      kept_q <= kept_q + frame_q - 4'(link_pkg::CRC_BYTES);
      if (watched >= kept_q && watched < kept_q + frame_q - 4'(link_pkg::CRC_BYTES)) begin
        known_q <= 1'b1;
        word_q  <= candidate_q;
      end
    end
    if (valid && ready_i && !rst_q) shown_q <= shown_q + 4'd1;
  end

  always_comb begin
    m_small: assume (line_data_i < 8'd8);  // spares the solver long blocks
    if (!rst_q) begin
      a_free:   assert (32'(free) <= RX_BYTES);
      a_room:   assert (32'(kept_q - shown_q) <= RX_BYTES + 1);  // the ring, and the byte shown
      a_whole:  assert (shown_q + 4'(valid) <= kept_q);
      if (valid && shown_q == watched) a_bytes: assert (known_q && data == word_q);
      if (bad) a_bad: assert (over_q);
      if (keep) begin
        a_cut:    assert (!broken_q);
        a_short:  assert (32'(frame_q) >= Overhead);
        a_long:   assert (32'(frame_q) <= MAX_PAYLOAD + Overhead);
        a_length: assert (16'(frame_q) == length_q + 16'(Overhead));
      end
    end
    c_two:   cover (keep && kept_q != '0 && shown_q != '0);
    c_after: cover (valid && shown_q == watched && known_q && watched != '0);
  end
endmodule
`resetall
