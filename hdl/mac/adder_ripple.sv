// SPDX-License-Identifier: MIT
`default_nettype none
// Adds a product to the partial sum, modulo 2^WIDTH. A chain of full adders: each carry is computed once, so that under zero delay
// its toggles are those of sum and carry and of nothing else.
//   WIDTH  bits of the partial sum, 2..64 (default 22)
module adder_ripple #(
  parameter int WIDTH = 22
) (
  input  wire logic [WIDTH-1:0] a_i,
  input  wire logic [WIDTH-1:0] b_i,
  input  wire logic             carry_i,
  output wire logic [WIDTH-1:0] sum_o
);
  wire [WIDTH:0] carry;

  assign carry[0] = carry_i;
  wire unused = carry[WIDTH];
  for (genvar p = 0; p < WIDTH; p++) begin : g_bit
    full_adder u_add (
      .a_i    (a_i[p]),
      .b_i    (b_i[p]),
      .c_i    (carry[p]),
      .sum_o  (sum_o[p]),
      .carry_o(carry[p+1])
    );
  end
endmodule
`resetall
