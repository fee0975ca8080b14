// SPDX-License-Identifier: MIT
`default_nettype none
// Proves pivot_unit for one operation from any state after reset: it ends after exactly EW + 2F + 1 clocks, its flags are those of
// the pivot, and (e, rm) are what the contract of hdl/README.md says.
//   DW  word width in bits (small: the proof multiplies)
//   SW  width of S in bits
module pivot_f #(
  parameter int DW = 6,
  parameter int SW = 15
) (
  input  wire logic                 clk_i,
  input  wire logic                 start_i,
  input  wire logic signed [SW-1:0] s_i
);
  localparam int F       = DW - 1;
  localparam int EW      = $clog2(F);
  localparam int Latency = EW + 2 * F + 1;

  logic                 rst_q = 1'b1;
  logic                 busy_q = 1'b0;
  logic [7:0]           age_q = '0;
  logic signed [SW-1:0] s_q = '0;
  logic                 soon, done, low, high;
  logic [EW-1:0]        e;
  logic [F-1:0]         rm;

  pivot_unit #(.DW(DW), .SW(SW), .EW(EW)) u_pivot (
    .clk_i(clk_i), .rst_i(rst_q), .start_i(start_i), .s_i(s_i),
    .soon_o(soon), .done_o(done), .low_o(low), .high_o(high), .e_o(e), .rm_o(rm)
  );

  // The operation under test; a start while it runs must not disturb it.
  always_ff @(posedge clk_i) begin
    rst_q <= 1'b0;
    if (!rst_q && !busy_q && start_i) begin
      busy_q <= 1'b1;
      age_q  <= 8'd1;
      s_q    <= s_i;
    end else if (busy_q) begin
      age_q <= age_q + 8'd1;
      if (done) busy_q <= 1'b0;
    end
  end

  // The contract. `root` is any number; only the root of the normalised pivot matters.
  (* anyconst *) logic [F-1:0] root;
  logic                s_low, s_high;
  logic [2*F-1:0]      x, scaled;
  logic [2*F:0]        quotient_low, quotient_high;
  logic                is_root;

  assign s_low   = s_q <= 0;
  assign s_high  = !s_low && s_q[SW-1:2*F] != '0;
  assign x       = s_low ? (2*F)'(1) : s_high ? '1 : s_q[2*F-1:0];
  assign scaled  = x << {e, 1'b0};
  assign is_root = {F'(0), root} * {F'(0), root} <= scaled && ({(F+1)'(0), root} + 1) * ({(F+1)'(0), root} + 1) > {1'b0, scaled};
  assign quotient_low  = {(F+1)'(0), rm} * {(F+1)'(0), root};
  assign quotient_high = quotient_low + {(F+1)'(0), root};

  always_comb begin
    if (busy_q) begin
      a_bounded: assert (age_q <= Latency);
      a_latency: assert (done == (age_q == Latency));
      a_soon:    assert (soon == (age_q == Latency - 5));
      if (done) begin
        a_low:        assert (low == s_low);
        a_high:       assert (high == s_high);
        a_exponent:   assert (e <= F - 1);
        a_normalised: assert (scaled[2*F-1:2*F-2] != 2'b00);
        a_no_loss:    assert (scaled >> {e, 1'b0} == x);
        a_reciprocal_range: assert (rm[F-1]);
        if (is_root) begin
          a_reciprocal_low:  assert (quotient_low <= (1 << (2 * F - 1)));
          a_reciprocal_high: assert (quotient_high > (1 << (2 * F - 1)) || rm == '1);
        end
      end
    end else begin
      a_silent: assert (rst_q || !done);
    end
    c_plain: cover (busy_q && done && !low && !high && e == '0);
    c_small: cover (busy_q && done && !low && e == EW'(F - 1));
    c_low:   cover (busy_q && done && low);
    c_high:  cover (busy_q && done && high);
  end
endmodule
`resetall
