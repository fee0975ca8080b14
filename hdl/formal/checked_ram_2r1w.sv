// SPDX-License-Identifier: MIT
`default_nettype none
// Stands for ram_2r1w in proofs of control: every address used is inside, port B does one thing at a time, no read meets a
// write; its words may be anything.
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
  (* anyseq *) logic [WIDTH-1:0] any_a;
  (* anyseq *) logic [WIDTH-1:0] any_b;
  logic unused;

  always_comb begin
    a_port_a: assert (!a_re_i || 32'(a_addr_i) < DEPTH);
    a_port_b: assert (!(b_re_i || b_we_i) || 32'(b_addr_i) < DEPTH);
    a_one:    assert (!(b_re_i && b_we_i));
    a_apart:  assert (!(a_re_i && b_we_i && a_addr_i == b_addr_i));
  end

  assign a_data_o = any_a;
  assign b_data_o = any_b;
  assign unused   = &{1'b0, clk_i, b_data_i};
endmodule
`resetall
