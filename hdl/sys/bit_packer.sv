// SPDX-License-Identifier: MIT
`default_nettype none
// Makes 3, 4 or 6 bytes out of a word, sign-extended, lowest byte first.
//   AW  width of the words, bits, <= 48 (default 48)
module bit_packer #(
  parameter int AW = 48
) (
  input  wire logic          clk_i,
  input  wire logic          clear_i,  // forgets what is left of a word
  input  wire logic [2:0]    bytes_i,  // bytes of a word
  input  wire logic          valid_i,
  output logic               ready_o,
  input  wire logic [AW-1:0] word_i,
  output logic               valid_o,
  input  wire logic          ready_i,
  output logic      [7:0]    data_o
);
  logic [47:0] word_q = '0;
  logic [2:0]  left_q = '0;

  assign valid_o = left_q != '0;
  assign ready_o = left_q == '0;
  assign data_o  = word_q[7:0];

  always_ff @(posedge clk_i) begin
    if (valid_i && ready_o) begin
      word_q <= 48'($signed(word_i));
      left_q <= bytes_i;
    end else if (valid_o && ready_i) begin
      word_q <= {8'd0, word_q[47:8]};
      left_q <= left_q - 3'd1;
    end
    if (clear_i) left_q <= '0;
  end
endmodule
`resetall
