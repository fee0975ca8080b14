// SPDX-License-Identifier: MIT
`default_nettype none
// Memory with one read and one write port; the output holds while the enable is low. A read in the clock of a write to the
// same address returns the old word; the engine never does that within a command.
//   WIDTH  word width in bits (default 48)
//   DEPTH  words (>= 2, default 1024); addresses at or above DEPTH must not be used
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
  logic [WIDTH-1:0] mem[0:DEPTH-1];
  logic [WIDTH-1:0] q = '0;

  always_ff @(posedge clk_i) begin
    if (re_i) q <= mem[raddr_i];
    if (we_i) mem[waddr_i] <= wdata_i;
  end

  assign rdata_o = q;
endmodule
`resetall
