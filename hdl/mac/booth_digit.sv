// SPDX-License-Identifier: MIT
`default_nettype none
// A radix-4 digit of the weight, -2..2, from three neighbouring bits (Booth's recoding after MacSorley): its size as two selections
// and its sign. A digit 0 is never negative. The weight is static, so nothing in here toggles between multiply-adds. No parameters.
module booth_digit (
  input  wire logic [2:0] bits_i,
  output wire logic       one_o,
  output wire logic       two_o,
  output wire logic       negative_o
);
  assign one_o      = bits_i[1] ^ bits_i[0];
  assign two_o      = (bits_i[2] ^ bits_i[1]) & ~(bits_i[1] ^ bits_i[0]);
  assign negative_o = bits_i[2] & ~(bits_i[1] & bits_i[0]);
endmodule
`resetall
