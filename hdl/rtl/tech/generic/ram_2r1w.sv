// SPDX-License-Identifier: MIT
`default_nettype none
// Operand memory of one lane: read port A, and port B that reads or writes. Outputs hold while their enable is low.
// Maps to a true dual-port block RAM, or to two copies of a one-read one-write RAM.
//   WIDTH  word width in bits (default 18)
//   DEPTH  words (>= 2, default 1024); addresses at or above DEPTH must not be used
module ram_2r1w #(
  parameter int WIDTH = 18,
  parameter int DEPTH = 1024
) (
  input  wire logic                     clk_i,
  input  wire logic                     a_re_i,
  input  wire logic [$clog2(DEPTH)-1:0] a_addr_i,
  output logic      [WIDTH-1:0]         a_data_o,
  input  wire logic                     b_re_i,
  input  wire logic                     b_we_i,
  input  wire logic [$clog2(DEPTH)-1:0] b_addr_i,
  input  wire logic [WIDTH-1:0]         b_data_i,
  output logic      [WIDTH-1:0]         b_data_o
);
  logic [WIDTH-1:0] mem[0:DEPTH-1];
  logic [WIDTH-1:0] a_q = '0;
  logic [WIDTH-1:0] b_q = '0;

  always_ff @(posedge clk_i) begin
    if (a_re_i) a_q <= mem[a_addr_i];
    if (b_re_i) b_q <= mem[b_addr_i];
    if (b_we_i) mem[b_addr_i] <= b_data_i;
  end

  assign a_data_o = a_q;
  assign b_data_o = b_q;
endmodule
`resetall
