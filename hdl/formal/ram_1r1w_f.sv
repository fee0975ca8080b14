// SPDX-License-Identifier: MIT
`default_nettype none
// Proves a ram_1r1w by one address, any: after a write a read returns that word, and the output holds without a read. Reads in
// the clock of a write to the same address are left out: nobody may do them.
module ram_1r1w_f #(
  parameter int WIDTH = 3,
  parameter int DEPTH = 6
) (
  input  wire logic                     clk_i,
  input  wire logic                     re_i,
  input  wire logic [$clog2(DEPTH)-1:0] raddr_i,
  input  wire logic                     we_i,
  input  wire logic [$clog2(DEPTH)-1:0] waddr_i,
  input  wire logic [WIDTH-1:0]         wdata_i
);
  (* anyconst *) logic [$clog2(DEPTH)-1:0] place;
  logic             written_q = 1'b0, shown_q = 1'b0;
  logic [WIDTH-1:0] word_q = '0, shown_word_q = '0, rdata;

  ram_1r1w #(.WIDTH(WIDTH), .DEPTH(DEPTH)) u_ram (
    .clk_i(clk_i), .re_i(re_i), .raddr_i(raddr_i), .rdata_o(rdata), .we_i(we_i), .waddr_i(waddr_i), .wdata_i(wdata_i)
  );

  always_ff @(posedge clk_i) begin
    if (we_i && waddr_i == place) begin
      written_q <= 1'b1;
      word_q    <= wdata_i;
    end
    if (re_i) begin
      shown_q      <= written_q && raddr_i == place;
      shown_word_q <= word_q;
    end
  end

  always_comb begin
    m_range: assume (!re_i || 32'(raddr_i) < DEPTH);
    m_write: assume (!we_i || 32'(waddr_i) < DEPTH);
    m_apart: assume (!(re_i && we_i && raddr_i == waddr_i));
    if (shown_q) a_word: assert (rdata == shown_word_q);
    c_both: cover (shown_q && shown_word_q == '1 && re_i && we_i);
  end
endmodule
`resetall
