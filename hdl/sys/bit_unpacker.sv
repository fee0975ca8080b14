// SPDX-License-Identifier: MIT
`default_nettype none
// Makes sign-extended words of 8..AW bits out of bytes, least significant bit first, one bit per clock (the line brings a byte
// in 40 clocks or more).
//   AW  width of the words that come out, bits (default 48)
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
  logic [5:0]    count_q = '0;         // bits in the word
  logic [AW-1:0] word_q = '0;
  logic [AW-1:0] mask_q = '1;          // places the next bit goes to: its own and all above, so that the last one extends
  logic          step;

  assign valid_o = count_q == bits_i;
  assign step    = left_q != '0 && !valid_o;
  assign ready_o = left_q == '0 || (left_q == 4'd1 && step);
  assign empty_o = left_q == '0 && !valid_o;
  assign word_o  = word_q;

  always_ff @(posedge clk_i) begin
    if (valid_i && ready_o) begin
      byte_q <= data_i;
      left_q <= 4'd8;
    end else if (step) begin
      byte_q <= {1'b0, byte_q[7:1]};
      left_q <= left_q - 4'd1;
    end
    if (step) begin
      count_q <= count_q + 6'd1;
      word_q  <= (word_q & ~mask_q) | ({AW{byte_q[0]}} & mask_q);
      mask_q  <= {mask_q[AW-2:0], 1'b0};
    end else if (valid_o && ready_i) begin
      count_q <= '0;
      mask_q  <= '1;
    end
    if (clear_i) begin
      left_q  <= '0;
      count_q <= '0;
      mask_q  <= '1;
    end
  end
endmodule
`resetall
