// SPDX-License-Identifier: MIT
`default_nettype none
// Makes sign-extended words of 8..AW bits out of bytes, least significant bit first, one bit per clock; then the sign is shifted
// in, four places per clock. A byte takes 8 clocks and a word at most 3 + (AW - bits) / 4 more; the line brings a byte in 40
// clocks or more.
//   AW  width of the words that come out, bits, 16..63 (default 48)
module bit_unpacker #(
  parameter int AW = 48
) (
  input  wire logic          clk_i,
  input  wire logic          clear_i,  // forgets bits of a word not yet whole; goes before everything
  input  wire logic [5:0]    bits_i,   // bits of a word
  input  wire logic          valid_i,
  output logic               ready_o,
  input  wire logic [7:0]    data_i,
  output logic               empty_o,  // no whole byte and no whole word is waiting here
  output logic               valid_o,
  input  wire logic          ready_i,
  output logic      [AW-1:0] word_o
);
  logic [7:0]    byte_q = '0;
  logic [3:0]    left_q = '0;          // bits left of the byte
  logic [5:0]    count_q = '0;         // places shifted since the word before
  logic [AW-1:0] word_q = '0;          // comes in at the top
  logic          whole, step, four, sign;

  assign valid_o = count_q == 6'(AW);
  assign whole   = count_q >= bits_i;
  assign step    = left_q != '0 && !whole;
  assign four    = whole && count_q <= 6'(AW - 4);
  assign sign    = word_q[AW-1];
  assign ready_o = left_q == '0 || (left_q == 4'd1 && step);
  assign empty_o = left_q == '0 && !whole;
  assign word_o  = word_q;

  always_ff @(posedge clk_i) begin
    if (valid_i && ready_o) begin
      byte_q <= data_i;
      left_q <= 4'd8;
    end else if (step) begin
      byte_q <= {1'b0, byte_q[7:1]};
      left_q <= left_q - 4'd1;
    end
    if (valid_o) begin
      if (ready_i) count_q <= '0;
    end else if (four) begin
      word_q  <= {{4{sign}}, word_q[AW-1:4]};
      count_q <= count_q + 6'd4;
    end else if (step || whole) begin
      word_q  <= {whole ? sign : byte_q[0], word_q[AW-1:1]};
      count_q <= count_q + 6'd1;
    end
    if (clear_i) begin
      left_q  <= '0;
      count_q <= '0;
    end
  end
endmodule
`resetall
