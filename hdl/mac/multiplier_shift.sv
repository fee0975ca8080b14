// SPDX-License-Identifier: MIT
`default_nettype none
// Multiplies an unsigned 8-bit activation by 0 or by plus or minus 2^k, k = 0..6: a gate, a barrel shifter, a conditional inversion;
// the 1 that completes a negation is handed on to the adder. The weight is a code: bit 4 not zero, bit 3 negative, bits 2..0 k.
// Code 0 stands for 0; a code whose bit 4 is 0 must be 0. No parameters.
module multiplier_shift (
  input  wire logic [ 7:0] activation_i,
  input  wire logic [ 4:0] weight_i,
  output wire logic [15:0] product_o,
  output wire logic        carry_o
);
  wire [14:0] stage[0:3];

  for (genvar p = 0; p < 15; p++) begin : g_gate
    if (p < 8) begin : g_bit
      product_bit u_bit (
        .activation_i(activation_i[p]),
        .weight_i    (weight_i[4]),
        .product_o   (stage[0][p])
      );
    end else begin : g_none
      assign stage[0][p] = 1'b0;
    end
  end

  for (genvar s = 0; s < 3; s++) begin : g_stage
    for (genvar p = 0; p < 15; p++) begin : g_bit
      shift_bit u_bit (
        .same_i (stage[s][p]),
        .below_i(p < (1 << s) ? 1'b0 : stage[s][p-(1<<s)]),
        .shift_i(weight_i[s]),
        .bit_o  (stage[s+1][p])
      );
    end
  end

  // k = 7 is no code, so bit 14 of the shifted activation is always 0 and the sign fills the rest.
  assign product_o = {16{weight_i[3]}} ^ {2'b0, stage[3][13:0]};
  assign carry_o   = weight_i[3];
endmodule
`resetall
