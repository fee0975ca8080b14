// SPDX-License-Identifier: MIT
`default_nettype none
// Proves axi_write_dma before any memory and any stream that keep their rules: address and data stay until taken, bursts
// never cross 4 KiB, WLAST is on exactly the last beat of each, every beat of the stream is sent once, answers are taken only
// when due; busy ends when every burst is answered, and error tells of every error response.
module axi_write_dma_f #(
  parameter int MAX_BEATS = 3,
  parameter int OUTSTANDING = 2
) (
  input  wire logic        clk_i,
  input  wire logic        start_i,
  input  wire logic [63:0] address_i,
  input  wire logic [31:0] beats_i,
  input  wire logic        valid_i,
  input  wire logic [63:0] data_i,
  input  wire logic [7:0]  strb_i,
  input  wire logic        awready_i,
  input  wire logic        wready_i,
  input  wire logic        bvalid_i,
  input  wire logic [1:0]  bresp_i
);
  logic        rst_q = 1'b1, past_q = 1'b0;
  logic        busy, error, ready, awvalid, wvalid, wlast, bready;
  logic [63:0] awaddr, wdata;
  logic [7:0]  awlen, wstrb;

  axi_write_dma #(.MAX_BEATS(MAX_BEATS), .OUTSTANDING(OUTSTANDING)) u_dut (
    .clk_i(clk_i), .rst_i(rst_q), .start_i(start_i), .address_i(address_i), .beats_i(beats_i), .busy_o(busy), .error_o(error),
    .valid_i(valid_i), .ready_o(ready), .data_i(data_i), .strb_i(strb_i),
    .awvalid_o(awvalid), .awready_i(awready_i), .awaddr_o(awaddr), .awlen_o(awlen),
    .wvalid_o(wvalid), .wready_i(wready_i), .wdata_o(wdata), .wstrb_o(wstrb), .wlast_o(wlast),
    .bvalid_i(bvalid_i), .bready_o(bready), .bresp_i(bresp_i)
  );

  logic [3:0]  addresses_q = '0, ends_q = '0;  // bursts whose address, whose last beat was taken, without an answer
  logic [7:0]  beat_q = '0, sent_q = '0, wanted_q = '0, promised_q = '0;
  logic        failed_q = 1'b0;
  logic        aw_wait_q, w_wait_q, b_wait_q, s_wait_q;
  logic [71:0] aw_q, s_q;
  logic [72:0] w_q;
  logic [1:0]  b_q;
  logic        send, answer;

  assign send   = wvalid && wready_i;
  assign answer = bvalid_i && bready;

  always_ff @(posedge clk_i) begin
    rst_q     <= 1'b0;
    past_q    <= !rst_q;
    aw_wait_q <= awvalid && !awready_i;
    aw_q      <= {awaddr, awlen};
    w_wait_q  <= wvalid && !wready_i;
    w_q       <= {wdata, wstrb, wlast};
    b_wait_q  <= bvalid_i && !bready;
    b_q       <= bresp_i;
    s_wait_q  <= valid_i && !ready;
    s_q       <= {data_i, strb_i};
    if (!rst_q) begin
      addresses_q <= addresses_q + 4'(awvalid && awready_i) - 4'(answer);
      ends_q      <= ends_q + 4'(send && wlast) - 4'(answer);
      if (send) beat_q <= wlast ? 8'd0 : beat_q + 8'd1;
      if (start_i && !busy) begin
        sent_q     <= '0;
        promised_q <= '0;
        wanted_q   <= beats_i[7:0];
        failed_q   <= 1'b0;
      end else begin
        sent_q     <= sent_q + 8'(send);
        promised_q <= promised_q + ((awvalid && awready_i) ? awlen + 8'd1 : 8'd0);
        if (answer && bresp_i[1]) failed_q <= 1'b1;
      end
    end
  end

  always_comb begin
    assume (beats_i < 32'd8);
    assume (address_i[2:0] == '0);
    if (rst_q) assume (!bvalid_i && !start_i && !valid_i);
    if (past_q && s_wait_q) assume (valid_i && {data_i, strb_i} == s_q);
    // The memory: an answer only for a burst that is complete, held until taken.
    if (bvalid_i) assume (addresses_q != '0 && ends_q != '0);
    if (past_q && b_wait_q) assume (bvalid_i && bresp_i == b_q);
    if (!rst_q) begin
      if (past_q && aw_wait_q) assert (awvalid && {awaddr, awlen} == aw_q);
      if (past_q && w_wait_q) assert (wvalid && {wdata, wstrb, wlast} == w_q);
      if (awvalid) begin
        assert (13'(awaddr[11:0]) + 13'(8 * (32'(awlen) + 1)) <= 13'd4096);
        assert (32'(awlen) < MAX_BEATS && awaddr[2:0] == '0);
      end
      // awlen is that of the burst whose data are sent.
      if (wvalid) assert (wlast == (beat_q == awlen));
      assert ((valid_i && ready) == send);
      if (wvalid) assert (wdata == data_i && wstrb == strb_i);
      if (bvalid_i) assert (bready);
      assert (sent_q <= wanted_q && promised_q <= wanted_q);
      if (!busy) begin
        assert (addresses_q == '0 && ends_q == '0 && sent_q == wanted_q && promised_q == wanted_q);
        assert (!awvalid && !wvalid);
        assert (error == failed_q);
      end
      cover (past_q && !busy && wanted_q == 8'd5 && error);
      // Data of a burst may be through before its address is taken.
      cover (ends_q > addresses_q);
    end
  end
endmodule
`resetall
