// SPDX-License-Identifier: MIT
`default_nettype none
// Counts the bits that change from one broadcast operand to the next during a command, from 0 before the first: a cheap proxy
// for switching activity.
//   DW  operand width in bits (default 18)
module toggle_counter #(
  parameter int DW = 18
) (
  input  wire logic          clk_i,
  input  wire logic          clear_i,
  input  wire logic          en_i,
  input  wire logic [DW-1:0] operand_i,
  output logic      [31:0]   count_o
);
  localparam int PW = $clog2(DW + 1);

  logic [DW-1:0] operand_q = '0, changed;
  logic [PW-1:0] bits, bits_q = '0;
  logic [31:0]   count_q = '0;

  assign changed = operand_q ^ operand_i;
  always_comb begin
    bits = '0;
    for (int b = 0; b < DW; b++) bits = bits + PW'(changed[b]);
  end

  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      operand_q <= '0;
      bits_q    <= '0;
      count_q   <= '0;
    end else begin
      if (en_i) operand_q <= operand_i;
      bits_q  <= en_i ? bits : '0;
      count_q <= count_q + 32'(bits_q);
    end
  end

  assign count_o = count_q;
endmodule
`resetall
