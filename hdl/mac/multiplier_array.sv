// SPDX-License-Identifier: MIT
`default_nettype none
// Carry-save array multiplier, unsigned 8 bit by signed 8 bit. Row j adds activation · w[j]; the row of the sign is inverted and
// corrected by the constants 2^7 and 2^15 (Baugh and Wooley). The last carries ripple. No parameters.
module multiplier_array (
  input  wire logic [ 7:0] activation_i,
  input  wire logic [ 7:0] weight_i,
  output wire logic [15:0] product_o
);
  // Row j works on bits j .. j+7; all other bits of its sum and carry pass through.
  wire [15:0] row  [0:7];
  wire [15:0] sum  [0:7];
  wire [16:0] carry[0:7];

  for (genvar j = 0; j < 8; j++) begin : g_row
    for (genvar p = 0; p < 16; p++) begin : g_bit
      if (p < j || p > j + 7) begin : g_none
        assign row[j][p] = 1'b0;
      end else begin : g_product
        product_bit #(
          .INVERT(j == 7)
        ) u_bit (
          .activation_i(activation_i[p-j]),
          .weight_i    (weight_i[j]),
          .product_o   (row[j][p])
        );
      end
    end
  end

  assign sum[0]   = row[0];
  assign carry[0] = 17'(1 << 7);
  for (genvar j = 1; j < 8; j++) begin : g_save
    assign carry[j][0] = 1'b0;
    for (genvar p = 0; p < 16; p++) begin : g_bit
      if (p < j || p > j + 7) begin : g_pass
        assign sum[j][p]     = sum[j-1][p];
        assign carry[j][p+1] = 1'b0;
      end else begin : g_add
        full_adder u_add (
          .a_i    (row[j][p]),
          .b_i    (sum[j-1][p]),
          .c_i    (carry[j-1][p]),
          .sum_o  (sum[j][p]),
          .carry_o(carry[j][p+1])
        );
      end
    end
  end

  wire [16:8] ripple;
  assign product_o[7:0] = sum[7][7:0];
  assign ripple[8] = 1'b0;
  wire unused = ripple[16];
  for (genvar p = 8; p < 16; p++) begin : g_last
    full_adder u_add (
      .a_i    (p == 15 ? 1'b1 : sum[7][p]),
      .b_i    (carry[7][p]),
      .c_i    (ripple[p]),
      .sum_o  (product_o[p]),
      .carry_o(ripple[p+1])
    );
  end
endmodule
`resetall
