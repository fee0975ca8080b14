// SPDX-License-Identifier: MIT
`default_nettype none
// The engine alone behind four pins, to measure its size and speed on a part: inputs come from a shift register, outputs go
// through registers into one parity bit. Nothing here is meant to be used; it costs about 300 flip-flops.
//   parameters as tierwise_engine
module engine_probe #(
  parameter int N = 2,
  parameter int DW = 16,
  parameter int AW = 40,
  parameter int OPERAND_DEPTH = 1024,
  parameter int GRAM_DEPTH = 256,
  parameter int MAX_FEATURES = 24,
  parameter int LIMBS = 1
) (
  input  wire logic clk_i,
  input  wire logic rst_i,
  input  wire logic data_i,
  output logic      parity_o
);
  localparam int In  = 1 + 3 + 1 + 1 + 6 + 3 * 16 + 2 * 24 + 6 + 3 + 24 + N + AW;
  localparam int Out = 3 + 2 * 32 + AW;

  logic [In-1:0]  in_q = '0;
  logic [Out-1:0] out, out_q = '0;
  logic           parity_q = 1'b0;

  logic          start, two, neg, host_we, host_re, host_gram, busy, brk, sat;
  logic [2:0]    op;
  logic [5:0]    decay, sh;
  logic [15:0]   d, cb, k;
  logic [23:0]   row_base, vec_base, host_addr;
  logic [N-1:0]  host_lanes;
  logic [AW-1:0] host_wdata, host_rdata;
  logic [31:0]   cycles, activity;

  assign {start, op, two, neg, decay, d, cb, k, row_base, vec_base, sh, host_we, host_re, host_gram, host_addr, host_lanes,
          host_wdata} = in_q;
  assign out = {busy, brk, sat, cycles, activity, host_rdata};

  always_ff @(posedge clk_i) begin
    in_q     <= {in_q[In-2:0], data_i};
    out_q    <= out;
    parity_q <= ^out_q;
  end

  tierwise_engine #(
    .N(N), .DW(DW), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .MAX_FEATURES(MAX_FEATURES), .LIMBS(LIMBS)
  ) u_engine (
    .clk_i(clk_i), .rst_i(rst_i),
    .start_i(start), .op_i(op), .two_i(two), .neg_i(neg), .decay_i(decay), .d_i(d), .cb_i(cb), .k_i(k),
    .row_base_i(row_base), .vec_base_i(vec_base), .sh_i(sh),
    .busy_o(busy), .brk_o(brk), .sat_o(sat), .cycles_o(cycles), .activity_o(activity),
    .host_we_i(host_we), .host_re_i(host_re), .host_gram_i(host_gram), .host_addr_i(host_addr), .host_lanes_i(host_lanes),
    .host_wdata_i(host_wdata), .host_rdata_o(host_rdata)
  );

  assign parity_o = parity_q;
endmodule
`resetall
