// SPDX-License-Identifier: MIT
`default_nettype none
`timescale 1ns / 1ns
// Test bench: plays a script of host-port transfers and commands and prints every answer. Not synthesisable.
// One line per step, numbers in hexadecimal; the file name comes with +script=FILE.
//   z                                          reset
//   w GRAM ADDR LANES DATA                     write
//   r GRAM ADDR LANES                          read, prints "r DATA"
//   c OP D CB K ROW_BASE VEC_BASE SH FLAGS DECAY          command, prints "c BRK SAT CYCLES ACTIVITY"
//   x OP D CB K ROW_BASE VEC_BASE SH FLAGS DECAY CLOCKS   command cut short by a reset after CLOCKS clocks
// FLAGS: bit 0 two limbs, bit 1 subtract.
// Parameters are those of tierwise_engine.
module tb_engine #(
  parameter int N = 8,
  parameter int DW = 18,
  parameter int AW = 48,
  parameter int OPERAND_DEPTH = 1024,
  parameter int GRAM_DEPTH = 1024,
  parameter int MAX_FEATURES = 31,
  parameter int LIMBS = 1
);
  logic          clk = 1'b0;
  logic          rst = 1'b1, start = 1'b0;
  logic [2:0]    op = '0;
  logic          two = 1'b0, neg = 1'b0;
  logic [5:0]    decay = '0;
  logic [15:0]   d = '0, cb = '0, k = '0;
  logic [23:0]   row_base = '0, vec_base = '0;
  logic [5:0]    sh = '0;
  logic          busy, brk, sat;
  logic [31:0]   cycles, activity;
  logic          we = 1'b0, re = 1'b0, gram = 1'b0;
  logic [23:0]   addr = '0;
  logic [N-1:0]  lanes = '0;
  logic [AW-1:0] wdata = '0, rdata;

`ifdef TB_NETLIST
  tierwise_engine dut (  // a netlist has its parameters built in
`else
  tierwise_engine #(
    .N(N), .DW(DW), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .MAX_FEATURES(MAX_FEATURES),
    .LIMBS(LIMBS)
  ) dut (
`endif
    .clk_i(clk), .rst_i(rst),
    .start_i(start), .op_i(op), .two_i(two), .neg_i(neg), .decay_i(decay), .d_i(d), .cb_i(cb), .k_i(k), .row_base_i(row_base), .vec_base_i(vec_base), .sh_i(sh),
    .busy_o(busy), .brk_o(brk), .sat_o(sat), .cycles_o(cycles), .activity_o(activity),
    .host_we_i(we), .host_re_i(re), .host_gram_i(gram), .host_addr_i(addr), .host_lanes_i(lanes),
    .host_wdata_i(wdata), .host_rdata_o(rdata)
  );

  always #5 clk = !clk;

  string  path, word;
  integer file, got, n;
  integer f0, f1, f2, f3, f4, f5, f6, f7, f8, clocks;
  longint value;

  // Everything changes at the falling edge, half a clock away from the edge the engine sees.
  initial begin
    if (!$value$plusargs("script=%s", path)) $fatal(1, "no +script");
    file = $fopen(path, "r");
    if (file == 0) $fatal(1, "cannot open the script");
    @(negedge clk);
    @(negedge clk);
    rst = 1'b0;
    while (!$feof(file)) begin
      got = $fscanf(file, "%s", word);
      if (got == 1) begin
        if (word == "z") begin
          rst = 1'b1;
          @(negedge clk);
          rst = 1'b0;
        end else if (word == "w") begin
          got   = $fscanf(file, "%h %h %h %h", f0, f1, f2, value);
          gram  = f0[0];
          addr  = f1[23:0];
          lanes = f2[N-1:0];
          wdata = value[AW-1:0];
          we    = 1'b1;
          @(negedge clk);
          we    = 1'b0;
        end else if (word == "r") begin
          got   = $fscanf(file, "%h %h %h", f0, f1, f2);
          gram  = f0[0];
          addr  = f1[23:0];
          lanes = f2[N-1:0];
          re    = 1'b1;
          @(negedge clk);
          re    = 1'b0;
          @(negedge clk);
          $display("r %h", rdata);
        end else begin
          got      = $fscanf(file, "%h %h %h %h %h %h %h %h %h", f0, f1, f2, f3, f4, f5, f6, f7, f8);
          op       = f0[2:0];
          d        = f1[15:0];
          cb       = f2[15:0];
          k        = f3[15:0];
          row_base = f4[23:0];
          vec_base = f5[23:0];
          sh       = f6[5:0];
          two      = f7[0];
          neg      = f7[1];
          decay    = f8[5:0];
          start    = 1'b1;
          @(negedge clk);
          start    = 1'b0;
          if (word == "x") begin
            got = $fscanf(file, "%h", clocks);
            for (n = 0; n < clocks; n = n + 1) @(negedge clk);
            rst = 1'b1;
            @(negedge clk);
            rst = 1'b0;
          end else begin
            while (busy) @(negedge clk);
            $display("c %b %b %0d %0d", brk, sat, cycles, activity);
          end
        end
      end
    end
    $finish;
  end
endmodule
`resetall
