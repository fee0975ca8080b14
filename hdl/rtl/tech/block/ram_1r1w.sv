// SPDX-License-Identifier: MIT
`default_nettype none
// Memory with one read and one write port for families with block RAM (iCE40, ECP5, Xilinx): as ../generic/ram_1r1w.sv, but
// the output is unknown before the first read and after a read in the clock of a write to the same address, which the users
// never do. That spares the registers and multiplexers that would imitate the reference around the block.
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
  (* no_rw_check *) logic [WIDTH-1:0] mem[0:DEPTH-1];
  logic [WIDTH-1:0] q;

  always_ff @(posedge clk_i) begin
    if (re_i) q <= mem[raddr_i];
    if (we_i) mem[waddr_i] <= wdata_i;
  end

  assign rdata_o = q;
endmodule
`resetall
