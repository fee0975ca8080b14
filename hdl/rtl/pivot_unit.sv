// SPDX-License-Identifier: MIT
`default_nettype none
// Pivot unit: from S to the scaling (e, rm) of its row, in a number of clocks that does not depend on S.
//   x = clamp(S, 1, 2^(2F)-1);  e = number of x *= 4 until x >= 2^(2F-2);  r = floor(sqrt(x));
//   rm = min(floor(2^(2F-1) / r), 2^F - 1)                          with F = DW-1
// Latency from start_i to done_o: EW + 2F + 1 clocks; soon_o comes 5 clocks before. e_o and rm_o hold until the next start.
//   DW  word width in bits (8.., default 18)
//   SW  width of S in bits, more than 2F (default 49)
//   EW  bits of e, $clog2(DW-1) (default 5)
module pivot_unit #(
  parameter int DW = 18,
  parameter int SW = 49,
  parameter int EW = 5
) (
  input  wire logic               clk_i,
  input  wire logic               rst_i,
  input  wire logic               start_i,
  input  wire logic [SW-1:0]      s_i,
  output logic                    soon_o,
  output logic                    done_o,
  output logic                    low_o,   // with done_o: S <= 0
  output logic                    high_o,  // with done_o: S >= 2^(2F)
  output logic      [EW-1:0]      e_o,
  output logic      [DW-2:0]      rm_o
);
  localparam int F  = DW - 1;
  localparam int CW = $clog2(F + 1);

  typedef enum logic [1:0] {Idle, Normalise, Root, Reciprocal} state_e;

  state_e           state_q = Idle;
  logic [CW-1:0]    count_q = '0;
  logic             done_q = 1'b0, low_q = 1'b0, high_q = 1'b0;
  logic [2*F-1:0]   x_q = '0;     // radicand, consumed from the top
  logic [EW-1:0]    e_q = '0;
  logic [F-1:0]     root_q = '0;
  logic [F-1:0]     rem_q = '0;   // remainder of the root, then of the division
  logic [F-1:0]     rm_q = '0;

  logic             s_low, s_high;
  logic [2*F-1:0]   x_norm;
  logic [EW-1:0]    e_norm;
  logic [F+1:0]     root_rem, root_trial;
  logic [F:0]       div_rem;

  assign s_low  = s_i[SW-1] || s_i == '0;
  assign s_high = !s_i[SW-1] && s_i[SW-1:2*F] != '0;

  // One step of the normalisation: shift by 2^(count+1) bits when that many leading bits are zero.
  always_comb begin
    x_norm = x_q;
    e_norm = e_q;
    for (int b = 0; b < EW; b++) begin
      if (count_q == CW'(b) && (2 << b) < 2 * F && (x_q >> (2 * F - (2 << b))) == '0) begin
        x_norm = x_q << (2 << b);
        e_norm = e_q | (EW'(1) << b);
      end
    end
  end

  assign root_rem   = {rem_q, x_q[2*F-1:2*F-2]};
  assign root_trial = {root_q, 2'b01};
  assign div_rem    = {rem_q, 1'b0};

  always_ff @(posedge clk_i) begin
    done_q <= 1'b0;
    case (state_q)
      Idle: begin
        if (start_i) begin
          state_q <= Normalise;
          count_q <= CW'(EW - 1);
          low_q   <= s_low;
          high_q  <= s_high;
          x_q     <= s_low ? (2*F)'(1) : s_high ? '1 : s_i[2*F-1:0];
          e_q     <= '0;
        end
      end
      Normalise: begin
        x_q     <= x_norm;
        e_q     <= e_norm;
        count_q <= count_q - CW'(1);
        rem_q   <= '0;
        root_q  <= '0;
        if (count_q == '0) begin
          state_q <= Root;
          count_q <= CW'(F - 1);
        end
      end
      Root: begin
        x_q     <= x_q << 2;
        count_q <= count_q - CW'(1);
        if (root_rem >= root_trial) begin
          rem_q  <= F'(root_rem - root_trial);  // the last remainder may be cut: it is not used
          root_q <= {root_q[F-2:0], 1'b1};
        end else begin
          rem_q  <= F'(root_rem);
          root_q <= {root_q[F-2:0], 1'b0};
        end
        if (count_q == '0) begin
          // F quotient bits suffice: r >= 2^(F-1), and for r = 2^(F-1) they come out as all ones, which is the clamp.
          state_q <= Reciprocal;
          count_q <= CW'(F - 1);
          rem_q   <= F'(1) << (F - 1);
          rm_q    <= '0;
        end
      end
      Reciprocal: begin
        count_q <= count_q - CW'(1);
        if (div_rem >= {1'b0, root_q}) begin
          rem_q <= F'(div_rem - {1'b0, root_q});
          rm_q  <= {rm_q[F-2:0], 1'b1};
        end else begin
          rem_q <= F'(div_rem);
          rm_q  <= {rm_q[F-2:0], 1'b0};
        end
        if (count_q == '0) begin
          state_q <= Idle;
          done_q  <= 1'b1;
        end
      end
      default: state_q <= Idle;
    endcase
    if (rst_i) begin
      state_q <= Idle;
      done_q  <= 1'b0;
    end
  end

  assign soon_o = state_q == Reciprocal && count_q == CW'(4);
  assign done_o = done_q;
  assign low_o  = low_q;
  assign high_o = high_q;
  assign e_o    = e_q;
  assign rm_o   = rm_q;
endmodule
`resetall
