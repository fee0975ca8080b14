// SPDX-License-Identifier: MIT
`default_nettype none
// Counters for TELEMETRY, and when the next one is due.
//   CLOCK_HZ  clock, Hz, for the interval in milliseconds (default 12000000)
//   ENABLE    0 leaves everything out: nothing is ever due (default 1)
module telemetry #(
  parameter int CLOCK_HZ = 12000000,
  parameter int ENABLE = 1
) (
  input  wire logic        clk_i,
  input  wire logic        rst_i,
  input  wire logic        set_i,        // take the interval and begin it
  input  wire logic [15:0] interval_i,   // milliseconds, 0 off
  input  wire logic        job_end_i,    // one clock: add the ended command
  input  wire logic [31:0] cycles_i,
  input  wire logic [31:0] activity_i,
  output logic             due_o,
  input  wire logic        take_i,       // one clock: the values are going to be sent; they hold until the next
  output logic      [31:0] sequence_o,
  output logic      [47:0] uptime_o,
  output logic      [47:0] busy_o,
  output logic      [47:0] toggles_o
);
  if (ENABLE != 0) begin : gen_on
    localparam int Tick = CLOCK_HZ / 1000;
    localparam int TW = $clog2(Tick + 1);
    logic [TW-1:0] tick_q = '0;
    logic [15:0]   interval_q = '0, left_q = '0;
    logic          due_q = 1'b0;
    logic [31:0]   sequence_q = '0;
    logic [47:0]   uptime_q = '0, shown_q = '0, busy_q = '0, toggles_q = '0;

    always_ff @(posedge clk_i) begin
      uptime_q <= uptime_q + 48'd1;
      if (take_i) begin
        due_q      <= 1'b0;
        shown_q    <= uptime_q;
        sequence_q <= sequence_q + 32'd1;
      end
      if (job_end_i) begin
        busy_q    <= busy_q + 48'(cycles_i);
        toggles_q <= toggles_q + 48'(activity_i);
      end
      if (tick_q != '0) begin
        tick_q <= tick_q - TW'(1);
      end else begin
        tick_q <= TW'(Tick - 1);
        if (interval_q != '0) begin
          left_q <= (left_q == '0) ? interval_q - 16'd1 : left_q - 16'd1;
          if (left_q == '0) due_q <= 1'b1;
        end
      end
      if (set_i) begin
        interval_q <= interval_i;
        left_q     <= interval_i - 16'd1;
        tick_q     <= TW'(Tick - 1);
        due_q      <= 1'b0;
      end
      if (rst_i) begin
        interval_q <= '0;
        due_q      <= 1'b0;
        sequence_q <= '0;
        uptime_q   <= '0;
        busy_q     <= '0;
        toggles_q  <= '0;
      end
    end

    assign due_o      = due_q;
    assign sequence_o = sequence_q;
    assign uptime_o   = shown_q;
    assign busy_o     = busy_q;
    assign toggles_o  = toggles_q;
  end else begin : gen_off
    assign due_o      = 1'b0;
    assign sequence_o = '0;
    assign uptime_o   = '0;
    assign busy_o     = '0;
    assign toggles_o  = '0;
    logic unused;
    assign unused = &{1'b0, clk_i, rst_i, set_i, interval_i, job_end_i, cycles_i, activity_i, take_i};
  end
endmodule
`resetall
