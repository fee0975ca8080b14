// SPDX-License-Identifier: MIT
`default_nettype none
// One bit of one stage of a barrel shifter. No parameters.
module shift_bit (
  input  wire logic same_i,
  input  wire logic below_i,
  input  wire logic shift_i,
  output wire logic bit_o
);
  assign bit_o = shift_i ? below_i : same_i;
endmodule
`resetall
