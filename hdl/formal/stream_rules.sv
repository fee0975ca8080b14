// SPDX-License-Identifier: MIT
`default_nettype none
// The rule of every valid/ready stream: once valid, a word stays as it is until it is taken; only clear_i ends it.
// ASSUME = 1 makes the rule an assumption about an input, 0 an assertion about an output.
module stream_rules #(
  parameter int WIDTH = 8,
  parameter int ASSUME = 0
) (
  input wire logic             clk_i,
  input wire logic             clear_i,
  input wire logic             valid_i,
  input wire logic             ready_i,
  input wire logic [WIDTH-1:0] data_i
);
  logic             waits_q = 1'b0;
  logic [WIDTH-1:0] data_q = '0;

  always_ff @(posedge clk_i) begin
    waits_q <= valid_i && !ready_i && !clear_i;
    data_q  <= data_i;
  end

  if (ASSUME != 0) begin : gen_assume
    always_comb begin
      if (waits_q && !clear_i) m_held: assume (valid_i && data_i == data_q);
    end
  end else begin : gen_assert
    always_comb begin
      if (waits_q && !clear_i) a_held: assert (valid_i && data_i == data_q);
      c_waits: cover (waits_q && !clear_i && valid_i && ready_i);
    end
  end
endmodule
`resetall
