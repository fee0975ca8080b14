// SPDX-License-Identifier: MIT
`default_nettype none
// The registers of a multiply-add unit that change with its data. No reset: an array is filled before its results count. No parameters.
module mac_registers (
  input  wire logic        clk_i,
  input  wire logic [ 7:0] activation_i,
  input  wire logic [21:0] sum_i,
  output wire logic [ 7:0] activation_o,
  output wire logic [21:0] sum_o
);
  logic [ 7:0] activation_q;
  logic [21:0] sum_q;

  always_ff @(posedge clk_i) begin
    activation_q <= activation_i;
    sum_q        <= sum_i;
  end

  assign activation_o = activation_q;
  assign sum_o        = sum_q;
endmodule
`resetall
