// SPDX-License-Identifier: MIT
`default_nettype none
// Watches an AXI4 bus with 64-bit data and one identity and reports the first broken rule by number (0: none).
//   11 a channel changed or withdrew what it offered        12 a valid of the master from the third clock of a reset on
//   13 a burst crosses 4 KiB or does not start at a beat    14 not an INCR burst of 8-byte beats, or a lock
//   15 another identity than 0                              16 WLAST not exactly on the last beat of a burst
//   17 read data nobody asked for, or RLAST misplaced       18 an answer to a write before its last beat or its address
//   19 data of a write long before its address (more than one burst ahead)
//   20 a ready for data that were not asked for             21 strobes other than all, or the low half on a last beat
//   22 more than 15 bursts of a kind under way
module axi_checker #(
  parameter int MAX_BURSTS = 64
) (
  input  wire logic        clk_i,
  input  wire logic        rst_i,
  input  wire logic        awvalid_i,
  input  wire logic        awready_i,
  input  wire logic        awid_i,
  input  wire logic [63:0] awaddr_i,
  input  wire logic [7:0]  awlen_i,
  input  wire logic [2:0]  awsize_i,
  input  wire logic [1:0]  awburst_i,
  input  wire logic        awlock_i,
  input  wire logic        wvalid_i,
  input  wire logic        wready_i,
  input  wire logic [63:0] wdata_i,
  input  wire logic [7:0]  wstrb_i,
  input  wire logic        wlast_i,
  input  wire logic        bvalid_i,
  input  wire logic        bready_i,
  input  wire logic [1:0]  bresp_i,
  input  wire logic        arvalid_i,
  input  wire logic        arready_i,
  input  wire logic        arid_i,
  input  wire logic [63:0] araddr_i,
  input  wire logic [7:0]  arlen_i,
  input  wire logic [2:0]  arsize_i,
  input  wire logic [1:0]  arburst_i,
  input  wire logic        arlock_i,
  input  wire logic        rvalid_i,
  input  wire logic        rready_i,
  input  wire logic [63:0] rdata_i,
  input  wire logic [1:0]  rresp_i,
  input  wire logic        rlast_i,
  output logic [7:0]       violation_o
);
  localparam int AW = 80, WW = 75, BW = 4, RW = 69;
  logic [AW-1:0] aw, aw_q, ar, ar_q;  // {valid, ready, payload}
  logic [WW-1:0] w, w_q;
  logic [BW-1:0] b, b_q;
  logic [RW-1:0] r, r_q;
  logic          rst_q = 1'b1;
  logic [7:0]    first_q = '0;
  int            held_q = 0;  // clocks in reset

  // lengths of bursts in order; ends of write data
  logic [7:0] aw_len[0:MAX_BURSTS-1];
  logic [7:0] ar_len[0:MAX_BURSTS-1];
  logic [7:0] w_len[0:MAX_BURSTS-1];
  int aw_in = 0, w_in = 0, b_out = 0, ar_in = 0, r_out = 0, w_beat = 0, r_beat = 0;

  assign aw = {awvalid_i, awready_i, awid_i, awaddr_i, awlen_i, awsize_i, awburst_i};
  assign ar = {arvalid_i, arready_i, arid_i, araddr_i, arlen_i, arsize_i, arburst_i};
  assign w  = {wvalid_i, wready_i, wdata_i, wstrb_i, wlast_i};
  assign b  = {bvalid_i, bready_i, bresp_i};
  assign r  = {rvalid_i, rready_i, rdata_i, rresp_i, rlast_i};

  function automatic logic crosses(input logic [63:0] address, input logic [7:0] len);
    crosses = address[2:0] != '0 || 32'(address[11:0]) + 8 * (32'(len) + 1) > 4096;
  endfunction

  task automatic rule(input logic broken, input logic [7:0] number);
    if (broken && first_q == '0) first_q <= number;
  endtask

  always_ff @(posedge clk_i) begin
    rst_q <= rst_i;
    aw_q  <= aw;
    ar_q  <= ar;
    w_q   <= w;
    b_q   <= b;
    r_q   <= r;
    if (rst_i) begin
      rule(held_q >= 2 && (awvalid_i || wvalid_i || arvalid_i), 8'd12);
      if (held_q < 2) held_q <= held_q + 1;
      aw_in     <= 0;
      w_in      <= 0;
      b_out     <= 0;
      ar_in     <= 0;
      r_out     <= 0;
      w_beat    <= 0;
      r_beat    <= 0;
    end else begin
      held_q <= 0;
      if (!rst_q) begin
        rule(aw_q[AW-1] && !aw_q[AW-2] && {awvalid_i, aw[AW-3:0]} != {1'b1, aw_q[AW-3:0]}, 8'd11);
        rule(ar_q[AW-1] && !ar_q[AW-2] && {arvalid_i, ar[AW-3:0]} != {1'b1, ar_q[AW-3:0]}, 8'd11);
        rule(w_q[WW-1] && !w_q[WW-2] && {wvalid_i, w[WW-3:0]} != {1'b1, w_q[WW-3:0]}, 8'd11);
        rule(b_q[BW-1] && !b_q[BW-2] && {bvalid_i, b[BW-3:0]} != {1'b1, b_q[BW-3:0]}, 8'd11);
        rule(r_q[RW-1] && !r_q[RW-2] && {rvalid_i, r[RW-3:0]} != {1'b1, r_q[RW-3:0]}, 8'd11);
      end
      rule((awvalid_i && crosses(awaddr_i, awlen_i)) || (arvalid_i && crosses(araddr_i, arlen_i)), 8'd13);
      rule(awvalid_i && {awsize_i, awburst_i, awlock_i} != {3'd3, 2'b01, 1'b0}, 8'd14);
      rule(arvalid_i && {arsize_i, arburst_i, arlock_i} != {3'd3, 2'b01, 1'b0}, 8'd14);
      rule((awvalid_i && awid_i) || (arvalid_i && arid_i), 8'd15);

      // writes
      if (awvalid_i && awready_i) begin
        aw_len[aw_in % MAX_BURSTS] <= awlen_i;
        aw_in <= aw_in + 1;
        // Data may have come first: their length must be this one's.
        if (w_in > aw_in) rule(w_len[aw_in % MAX_BURSTS] != awlen_i, 8'd16);
      end
      if (wvalid_i && wready_i) begin
        w_beat <= wlast_i ? 0 : w_beat + 1;
        if (wlast_i) begin
          w_len[w_in % MAX_BURSTS] <= 8'(w_beat);
          w_in <= w_in + 1;
        end
        if (aw_in > w_in) rule(wlast_i != (w_beat == 32'(aw_len[w_in % MAX_BURSTS])), 8'd16);
        rule(w_beat > 255, 8'd16);
        rule(w_in > aw_in, 8'd19);
        rule(wstrb_i != 8'hff && (!wlast_i || wstrb_i != 8'h0f), 8'd21);
      end
      rule(bvalid_i && (b_out >= aw_in || b_out >= w_in), 8'd18);
      if (bvalid_i && bready_i) b_out <= b_out + 1;

      // reads
      if (arvalid_i && arready_i) begin
        ar_len[ar_in % MAX_BURSTS] <= arlen_i;
        ar_in <= ar_in + 1;
      end
      rule(rvalid_i && r_out >= ar_in, 8'd17);
      rule(rready_i && r_out >= ar_in, 8'd20);
      if (rvalid_i && r_out < ar_in) rule(rlast_i != (r_beat == 32'(ar_len[r_out % MAX_BURSTS])), 8'd17);
      if (rvalid_i && rready_i) begin
        r_beat <= rlast_i ? 0 : r_beat + 1;
        if (rlast_i) r_out <= r_out + 1;
      end
      rule(aw_in - b_out > 15 || ar_in - r_out > 15, 8'd22);
    end
  end

  assign violation_o = first_q;
endmodule
`resetall
