// SPDX-License-Identifier: MIT
`default_nettype none
// Multiply-add unit of a weight-stationary array with a radix-4 Booth multiplier: the activation and the sum move on by one unit per
// clock, the weight stays. The product is that of the registered activation; no parameters.
module mac_booth (
  input  wire logic        clk_i,
  input  wire logic [7:0] weight_i,
  input  wire logic [ 7:0] activation_i,
  input  wire logic [21:0] sum_i,
  output wire logic [ 7:0] activation_o,
  output wire logic [21:0] sum_o
);
  wire [15:0] product;
  wire [21:0] sum;
  wire        carry;

  assign carry = 1'b0;
  multiplier_booth u_multiplier (
    .activation_i(activation_o),
    .weight_i    (weight_i),
    .product_o   (product)
  );

  adder_ripple #(
    .WIDTH(22)
  ) u_adder (
    .a_i    (sum_i),
    .b_i    ({{6{product[15]}}, product}),
    .carry_i(carry),
    .sum_o  (sum)
  );

  mac_registers u_registers (
    .clk_i       (clk_i),
    .activation_i(activation_i),
    .sum_i       (sum),
    .activation_o(activation_o),
    .sum_o       (sum_o)
  );
endmodule
`resetall
