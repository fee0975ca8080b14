// SPDX-License-Identifier: MIT
`default_nettype none
// Proves a ram_2r1w by one address, any: after a write at B a read at A or B returns that word, and outputs hold without a
// read. Reads at A in the clock of a write to the same address and reads at B in the clock of a write are left out.
module ram_2r1w_f #(
  parameter int WIDTH = 3,
  parameter int DEPTH = 6
) (
  input  wire logic                     clk_i,
  input  wire logic                     a_re_i,
  input  wire logic [$clog2(DEPTH)-1:0] a_addr_i,
  input  wire logic                     b_re_i,
  input  wire logic                     b_we_i,
  input  wire logic [$clog2(DEPTH)-1:0] b_addr_i,
  input  wire logic [WIDTH-1:0]         b_data_i
);
  (* anyconst *) logic [$clog2(DEPTH)-1:0] place;
  logic             written_q = 1'b0, a_shown_q = 1'b0, b_shown_q = 1'b0;
  logic [WIDTH-1:0] word_q = '0, a_word_q = '0, b_word_q = '0, a_data, b_data;

  ram_2r1w #(.WIDTH(WIDTH), .DEPTH(DEPTH)) u_ram (
    .clk_i(clk_i), .a_re_i(a_re_i), .a_addr_i(a_addr_i), .a_data_o(a_data),
    .b_re_i(b_re_i), .b_we_i(b_we_i), .b_addr_i(b_addr_i), .b_data_i(b_data_i), .b_data_o(b_data)
  );

  always_ff @(posedge clk_i) begin
    if (b_we_i && b_addr_i == place) begin
      written_q <= 1'b1;
      word_q    <= b_data_i;
    end
    if (a_re_i) begin
      a_shown_q <= written_q && a_addr_i == place;
      a_word_q  <= word_q;
    end
    if (b_re_i) begin
      b_shown_q <= written_q && b_addr_i == place;
      b_word_q  <= word_q;
    end
  end

  always_comb begin
    m_a_range: assume (!a_re_i || 32'(a_addr_i) < DEPTH);
    m_b_range: assume (!(b_re_i || b_we_i) || 32'(b_addr_i) < DEPTH);
    m_one:     assume (!(b_re_i && b_we_i));
    m_apart:   assume (!(a_re_i && b_we_i && a_addr_i == b_addr_i));
    if (a_shown_q) a_port_a: assert (a_data == a_word_q);
    if (b_shown_q) a_port_b: assert (b_data == b_word_q);
    c_both: cover (a_shown_q && b_shown_q && a_word_q == '1 && b_word_q != '1);
  end
endmodule
`resetall
