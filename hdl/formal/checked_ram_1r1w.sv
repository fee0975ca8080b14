// SPDX-License-Identifier: MIT
`default_nettype none
// Stands for ram_1r1w in proofs of control: every address used is inside, no read meets a write; its words may be anything.
module ram_1r1w #(
  parameter int WIDTH = 48,
  parameter int DEPTH = 1024
) (
  input  wire logic                     clk_i,
  input  wire logic                     re_i,
  input  wire logic [$clog2(DEPTH)-1:0] raddr_i,
  output logic      [WIDTH-1:0]         rdata_o,
  input  wire logic                     we_i,
  input  wire logic [$clog2(DEPTH)-1:0] waddr_i,
  input  wire logic [WIDTH-1:0]         wdata_i
);
  (* anyseq *) logic [WIDTH-1:0] any;
  logic unused;

  always_comb begin
    a_read:  assert (!re_i || 32'(raddr_i) < DEPTH);
    a_write: assert (!we_i || 32'(waddr_i) < DEPTH);
    a_apart: assert (!(re_i && we_i && raddr_i == waddr_i));
  end

  assign rdata_o = any;
  assign unused  = &{1'b0, clk_i, wdata_i};
endmodule
`resetall
