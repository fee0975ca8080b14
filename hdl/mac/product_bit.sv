// SPDX-License-Identifier: MIT
`default_nettype none
// One bit of a row of the array multiplier.
//   INVERT  1 in the row of the sign (default 0)
module product_bit #(
  parameter bit INVERT = 1'b0
) (
  input  wire logic activation_i,
  input  wire logic weight_i,
  output wire logic product_o
);
  assign product_o = (activation_i & weight_i) ^ INVERT;
endmodule
`resetall
