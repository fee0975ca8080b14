// SPDX-License-Identifier: MIT
`default_nettype none
// Radix-4 Booth multiplier, unsigned 8 bit by signed 8 bit: four rows of 9 bits, added one after another in carry-save form. Signs are
// not extended but replaced by constants; the 1 that completes an inverted row enters at a bit that no carry reaches. No parameters.
module multiplier_booth (
  input  wire logic [ 7:0] activation_i,
  input  wire logic [ 7:0] weight_i,
  output wire logic [15:0] product_o
);
  wire [3:0] one, two, negative;
  wire [8:0] x[0:3];
  wire [8:0] padded = {weight_i, 1'b0};
  wire [9:0] doubled = {1'b0, activation_i, 1'b0};

  for (genvar k = 0; k < 4; k++) begin : g_row
    booth_digit u_digit (
      .bits_i    (padded[2*k+:3]),
      .one_o     (one[k]),
      .two_o     (two[k]),
      .negative_o(negative[k])
    );
    for (genvar i = 0; i < 9; i++) begin : g_bit
      booth_bit u_bit (
        .same_i    (doubled[i+1]),
        .below_i   (doubled[i]),
        .one_i     (one[k]),
        .two_i     (two[k]),
        .negative_i(negative[k]),
        .row_o     (x[k][i])
      );
    end
  end

  // Row k stands at bit 2k; above its 9 bits, not n for its sign n, and a 1. The constants of the first row are worked into it.
  wire [15:0] row[0:3];
  assign row[0] = {4'b0, ~negative[0], negative[0], negative[0], x[0]};
  assign row[1] = {3'b0, 1'b1, ~negative[1], x[1], 2'b0};
  assign row[2] = {1'b0, 1'b1, ~negative[2], x[2], 4'b0};
  assign row[3] = {~negative[3], x[3], 6'b0};

  // Stage k adds row k from bit 2k up. Bits below have at most two terms left, and the sign of row k takes the free carry of bit 2k.
  wire [15:0] sum  [0:3];
  wire [16:0] carry[0:3];
  assign sum[0]   = row[0];
  assign carry[0] = {16'b0, negative[0]};
  for (genvar k = 1; k < 4; k++) begin : g_save
    assign carry[k][2*k:0] = {negative[k], carry[k-1][2*k-1:0]};
    assign sum[k][2*k-1:0] = sum[k-1][2*k-1:0];
    for (genvar p = 2 * k; p < 16; p++) begin : g_bit
      full_adder u_add (
        .a_i    (row[k][p]),
        .b_i    (sum[k-1][p]),
        .c_i    (carry[k-1][p]),
        .sum_o  (sum[k][p]),
        .carry_o(carry[k][p+1])
      );
    end
  end

  wire [16:0] ripple;
  assign ripple[0] = 1'b0;
  wire unused = ripple[16];
  for (genvar p = 0; p < 16; p++) begin : g_last
    full_adder u_add (
      .a_i    (sum[3][p]),
      .b_i    (carry[3][p]),
      .c_i    (ripple[p]),
      .sum_o  (product_o[p]),
      .carry_o(ripple[p+1])
    );
  end
endmodule
`resetall
