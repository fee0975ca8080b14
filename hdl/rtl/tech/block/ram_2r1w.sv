// SPDX-License-Identifier: MIT
`default_nettype none
// Operand memory of one lane for families with block RAM (iCE40, ECP5, Xilinx): as ../generic/ram_2r1w.sv, but an output is
// unknown before its first read and after a read at A in the clock of a write at B to the same address, and port B does not
// read in the clock of a write: the users do neither. One true dual-port block holds it on ECP5 and Xilinx; iCE40 has no
// second read port, so synthesis makes two copies there.
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
  (* no_rw_check *) logic [WIDTH-1:0] mem[0:DEPTH-1];
  logic [WIDTH-1:0] a_q;
  logic [WIDTH-1:0] b_q;

  always_ff @(posedge clk_i) begin
    if (a_re_i) a_q <= mem[a_addr_i];
  end

  always_ff @(posedge clk_i) begin
    if (b_we_i) mem[b_addr_i] <= b_data_i;
    else if (b_re_i) b_q <= mem[b_addr_i];
  end

  assign a_data_o = a_q;
  assign b_data_o = b_q;
endmodule
`resetall
