// SPDX-License-Identifier: MIT
`default_nettype none
// Proves the control of the engine for every small command whose layout lies inside the memories: no access is outside them or
// meets another (checked_ram_*), and the command ends within BOUND clocks. One operation OP at a time is quicker for the solver. Numbers play no part: sums and words may be anything.
module engine_f #(
  parameter int LIMBS = 1,
  parameter int OP = 1,
  parameter int BOUND = 60
) (
  input wire logic clk_i
);
  localparam int N = 2;
  localparam int OPERAND_DEPTH = 17;
  localparam int GRAM_DEPTH = 17;

  logic [2:0] op;
  (* anyconst *) logic [1:0] d;
  (* anyconst *) logic [1:0] cb;
  (* anyconst *) logic [1:0] k;
  (* anyconst *) logic       two;
  (* anyconst *) logic       forget;
  (* anyconst *) logic [4:0] rows_at;   // lowest address of X|Y or R
  (* anyconst *) logic [4:0] vector_at; // lowest address of the vector rows

  logic [7:0] stride, vector_stride, rows_end, vector_end, row_base, vec_base;
  logic       down, solve, start, busy, begun_q = 1'b0, rst_q = 1'b1;
  logic [7:0] age_q = '0;

  assign op            = 3'(OP);
  assign solve         = op >= 3'd2;
  assign down          = op == 3'd2 || op == 3'd4;
  assign stride        = two ? {5'd0, cb, 1'b0} : {6'd0, cb};
  assign vector_stride = two ? 8'((cb - (d >> 1)) << 1) : 8'(cb - (d >> 1));
  assign rows_end      = 8'(rows_at) + (((op == 3'd0) ? k == 2'd2 : d == 2'd2) ? stride << 1 : stride);
  assign vector_end    = 8'(vector_at) + ((d == 2'd2) ? vector_stride << 1 : vector_stride);
  assign row_base      = 8'(rows_at) + ((down && d == 2'd2) ? stride : 8'd0);
  assign vec_base      = 8'(vector_at) + ((down && d == 2'd2) ? vector_stride : 8'd0) - 8'(d >> 1);

  assign start = !rst_q && !begun_q;

  tierwise_engine #(
    .N(N), .DW(8), .AW(18), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .MAX_FEATURES(2), .LIMBS(LIMBS)
  ) u_engine (
    .clk_i(clk_i), .rst_i(rst_q),
    .start_i(start), .op_i(op), .two_i(two), .neg_i(1'b0), .decay_i({5'd0, forget}), .d_i(16'(d)), .cb_i(16'(cb)), .k_i(16'(k)),
    .row_base_i(24'(row_base)), .vec_base_i({{16{vec_base[7]}}, vec_base}), .sh_i(6'd0),
    .busy_o(busy), .brk_o(), .sat_o(), .cycles_o(), .activity_o(),
    .host_we_i(1'b0), .host_re_i(1'b0), .host_gram_i(1'b0), .host_addr_i(24'd0), .host_lanes_i(2'd0), .host_wdata_i(18'd0),
    .host_rdata_o()
  );

  always_ff @(posedge clk_i) begin
    rst_q   <= 1'b0;
    if (start) begun_q <= 1'b1;
    age_q   <= busy ? age_q + 8'd1 : 8'd0;
  end

  always_comb begin
    m_command: assume (op <= 3'd4 && d >= 2'd1 && d <= 2'd2 && k >= 2'd1 && k <= 2'd2 && (!two || LIMBS == 2 && op != 3'd0));
    m_blocks:  assume (cb >= 2'd1 && cb <= 2'd2 && (d == 2'd1 || cb == 2'd2));  // at least one output
    m_rows:    assume (rows_end <= 8'(OPERAND_DEPTH));
    if (solve) m_vectors: assume (vector_end <= 8'(OPERAND_DEPTH) && (vector_at >= rows_end || rows_at >= vector_end));
    a_ends: assert (32'(age_q) < BOUND);
    c_ends: cover (begun_q && !busy && age_q > 8'd5 && d == 2'd2);
  end
endmodule
`resetall
