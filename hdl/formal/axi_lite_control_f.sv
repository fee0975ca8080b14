// SPDX-License-Identifier: MIT
`default_nettype none
// Proves axi_lite_control for any master that keeps the rules of AXI4-Lite: every write (address and data in any order) and
// every read is answered once and in bounded time, answers stay until taken, the registers behind see exactly the bytes that
// were sent and no write while the kernel runs; with HISTORY also that control shows start, done, idle and ready as they
// were.
//   HISTORY  also follow the control register: only from reset on, not by induction
module axi_lite_control_f #(
  parameter int HISTORY = 0
) (
  input  wire logic        clk_i,
  input  wire logic        awvalid_i,
  input  wire logic [7:0]  awaddr_i,
  input  wire logic        wvalid_i,
  input  wire logic [31:0] wdata_i,
  input  wire logic [3:0]  wstrb_i,
  input  wire logic        bready_i,
  input  wire logic        arvalid_i,
  input  wire logic [7:0]  araddr_i,
  input  wire logic        rready_i,
  input  wire logic        done_i,
  input  wire logic [31:0] rdata_i
);
  logic        rst_q = 1'b1, past_q = 1'b0;
  logic        awready, wready, bvalid, arready, rvalid, interrupt, start, running, we;
  logic [1:0]  bresp, rresp;
  logic [31:0] rdata, wdata;
  logic [5:0]  waddr, raddr;
  logic [3:0]  strb;

  axi_lite_control #(.ADDRESS_BITS(8)) u_dut (
    .clk_i(clk_i), .rst_i(rst_q),
    .awvalid_i(awvalid_i), .awready_o(awready), .awaddr_i(awaddr_i),
    .wvalid_i(wvalid_i), .wready_o(wready), .wdata_i(wdata_i), .wstrb_i(wstrb_i),
    .bvalid_o(bvalid), .bready_i(bready_i), .bresp_o(bresp),
    .arvalid_i(arvalid_i), .arready_o(arready), .araddr_i(araddr_i),
    .rvalid_o(rvalid), .rready_i(rready_i), .rdata_o(rdata), .rresp_o(rresp),
    .interrupt_o(interrupt), .start_o(start), .done_i(done_i), .running_o(running),
    .we_o(we), .waddr_o(waddr), .wdata_o(wdata), .strb_o(strb), .raddr_o(raddr), .rdata_i(rdata_i)
  );

  // What was under way a clock ago.
  logic        aw_wait_q, w_wait_q, b_wait_q, ar_wait_q, r_wait_q, running_q;
  logic [7:0]  awaddr_q, araddr_q;
  logic [35:0] w_q;
  logic [31:0] rdata_q;
  // Requests taken and not answered, and what they said.
  logic [1:0]  writes_q = '0, datas_q = '0, reads_q = '0, age_q = '0;
  logic [5:0]  sent_addr_q = '0;
  logic [35:0] sent_q = '0;
  // The control register as the host must see it.
  logic        done_q = 1'b0, ready_q = 1'b0, expect_q = 1'b0;
  logic [3:0]  control_q = '0;
  logic        control_read;

  assign control_read = arvalid_i && arready && araddr_i[7:2] == '0;

  always_ff @(posedge clk_i) begin
    rst_q     <= 1'b0;
    past_q    <= !rst_q;
    aw_wait_q <= awvalid_i && !awready;
    awaddr_q  <= awaddr_i;
    w_wait_q  <= wvalid_i && !wready;
    w_q       <= {wdata_i, wstrb_i};
    b_wait_q  <= bvalid && !bready_i;
    ar_wait_q <= arvalid_i && !arready;
    araddr_q  <= araddr_i;
    r_wait_q  <= rvalid && !rready_i;
    rdata_q   <= rdata;
    running_q <= running;
    if (!rst_q) begin
      writes_q <= writes_q + 2'(awvalid_i && awready) - 2'(bvalid && bready_i);
      datas_q  <= datas_q + 2'(wvalid_i && wready) - 2'(bvalid && bready_i);
      reads_q  <= reads_q + 2'(arvalid_i && arready) - 2'(rvalid && rready_i);
      age_q    <= (writes_q != '0 && datas_q != '0 && !bvalid) ? age_q + 2'd1 : 2'd0;
      if (awvalid_i && awready) sent_addr_q <= awaddr_i[7:2];
      if (wvalid_i && wready) sent_q <= {wdata_i, wstrb_i};
      expect_q  <= control_read;
      control_q <= {ready_q, !running, done_q, running};
      done_q    <= (done_i && running) || (done_q && !control_read);
      ready_q   <= (done_i && running) || (ready_q && !control_read);
    end
  end

  always_comb begin
    // The master keeps what it offers. The kernel ends only what runs.
    if (past_q) begin
      if (aw_wait_q) assume (awvalid_i && awaddr_i == awaddr_q);
      if (w_wait_q) assume (wvalid_i && {wdata_i, wstrb_i} == w_q);
      if (ar_wait_q) assume (arvalid_i && araddr_i == araddr_q);
    end
    if (rst_q) assume (!awvalid_i && !wvalid_i && !arvalid_i && !done_i);
    if (!rst_q) begin
      assert (bresp == '0 && rresp == '0);
      if (past_q && b_wait_q) assert (bvalid);
      if (past_q && r_wait_q) assert (rvalid && rdata == rdata_q);
      // Every request is answered once: those not answered are held or on the channel of answers.
      assert (writes_q == 2'(!awready) + 2'(bvalid));
      assert (datas_q == 2'(!wready) + 2'(bvalid));
      assert (reads_q == 2'(rvalid));
      assert (age_q <= 2'd1);
      // What is handed on is what was sent, and only while nothing runs.
      if (!awready) assert (waddr == sent_addr_q);
      if (!wready) assert ({wdata, strb} == sent_q);
      if (we) assert (!awready && !wready && !bvalid && !running);
      assert (raddr == araddr_i[7:2]);
      if (start) assert (running);
      if (past_q && running && !running_q) assert (start);
      if (past_q && start) assert (!running_q);
      if (HISTORY != 0 && expect_q) assert (rdata == {28'd0, control_q});
      cover (bvalid && !awready && !wready);
      cover (past_q && b_wait_q && rvalid && running);
      cover (HISTORY == 0 || (expect_q && control_q == 4'b1110));
      cover (interrupt);
    end
  end
endmodule
`resetall
