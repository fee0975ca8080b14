// SPDX-License-Identifier: MIT
`default_nettype none
// Proves that a 00 resynchronises the COBS decoder: whatever came before, after a 00 it acts like one just out of reset.
module cobs_decoder_f (
  input wire logic       clk_i,
  input wire logic       valid_i,
  input wire logic [7:0] data_i,
  input wire logic       forget_i   // at any 00 the other decoder is reset
);
  logic       rst, same_q = 1'b0;
  logic       valid_a, end_a, broken_a, valid_b, end_b, broken_b;
  logic [7:0] data_a, data_b;

  assign rst = forget_i && valid_i && data_i == '0;

  cobs_decoder u_any (
    .clk_i(clk_i), .rst_i(1'b0), .valid_i(valid_i), .data_i(data_i),
    .valid_o(valid_a), .data_o(data_a), .end_o(end_a), .broken_o(broken_a)
  );
  cobs_decoder u_fresh (
    .clk_i(clk_i), .rst_i(rst), .valid_i(valid_i), .data_i(data_i),
    .valid_o(valid_b), .data_o(data_b), .end_o(end_b), .broken_o(broken_b)
  );

  always_ff @(posedge clk_i) if (rst) same_q <= 1'b1;

  always_comb begin
    if (same_q) begin
      a_bytes: assert (valid_a == valid_b && (!valid_a || data_a == data_b));
      a_end:   assert (end_a == end_b && (!end_a || broken_a == broken_b));
    end
    // Nothing comes out with a 00, and a frame ends only there.
    a_zero: assert (!(valid_a && valid_i && data_i == '0) && (!end_a || (valid_i && data_i == '0)));
    c_frame: cover (same_q && end_a && !broken_a);
    c_cut:   cover (same_q && end_a && broken_a);
  end
endmodule
`resetall
