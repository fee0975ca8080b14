// SPDX-License-Identifier: MIT
`default_nettype none
// One bit of a Booth row: the activation, the activation doubled or 0, inverted for negative digits. No parameters.
module booth_bit (
  input  wire logic same_i,
  input  wire logic below_i,
  input  wire logic one_i,
  input  wire logic two_i,
  input  wire logic negative_i,
  output wire logic row_o
);
  assign row_o = ~(~(one_i & same_i) & ~(two_i & below_i)) ^ negative_i;
endmodule
`resetall
