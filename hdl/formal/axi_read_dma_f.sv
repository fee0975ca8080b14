// SPDX-License-Identifier: MIT
`default_nettype none
// Proves axi_read_dma before any memory that keeps the rules of AXI4: requests stay until taken, never cross 4 KiB and are
// never more than OUTSTANDING; data are taken only when asked for, each handed on once; busy ends when every beat has come,
// and error tells of every error response.
module axi_read_dma_f #(
  parameter int MAX_BEATS = 3,
  parameter int OUTSTANDING = 2
) (
  input  wire logic        clk_i,
  input  wire logic        start_i,
  input  wire logic [63:0] address_i,
  input  wire logic [31:0] beats_i,
  input  wire logic        ready_i,
  input  wire logic        arready_i,
  input  wire logic        rvalid_i,
  input  wire logic        rlast_i,
  input  wire logic [1:0]  rresp_i,
  input  wire logic [63:0] rdata_i
);
  logic        rst_q = 1'b1, past_q = 1'b0;
  logic        busy, error, valid, arvalid, rready;
  logic [63:0] data, araddr;
  logic [7:0]  arlen;

  axi_read_dma #(.MAX_BEATS(MAX_BEATS), .OUTSTANDING(OUTSTANDING)) u_dut (
    .clk_i(clk_i), .rst_i(rst_q), .start_i(start_i), .address_i(address_i), .beats_i(beats_i), .busy_o(busy), .error_o(error),
    .valid_o(valid), .ready_i(ready_i), .data_o(data),
    .arvalid_o(arvalid), .arready_i(arready_i), .araddr_o(araddr), .arlen_o(arlen),
    .rvalid_i(rvalid_i), .rready_o(rready), .rdata_i(rdata_i), .rresp_i(rresp_i), .rlast_i(rlast_i)
  );

  // Beats asked for and not delivered; of the oldest burst; the lengths behind it.
  logic [7:0]  oldest_q = '0, second_q = '0;
  logic [1:0]  bursts_q = '0;
  logic [7:0]  delivered_q = '0, wanted_q = '0;
  logic        failed_q = 1'b0;
  logic        ar_wait_q, r_wait_q, ask, answer;
  logic [71:0] ar_q;
  logic [66:0] r_q;

  assign ask    = arvalid && arready_i;
  assign answer = rvalid_i && rready;

  always_ff @(posedge clk_i) begin
    rst_q     <= 1'b0;
    past_q    <= !rst_q;
    ar_wait_q <= arvalid && !arready_i;
    ar_q      <= {araddr, arlen};
    r_wait_q  <= rvalid_i && !rready;
    r_q       <= {rdata_i, rresp_i, rlast_i};
    if (!rst_q) begin
      bursts_q <= bursts_q + 2'(ask) - 2'(answer && rlast_i);
      if (answer) oldest_q <= oldest_q - 8'd1;
      if (answer && rlast_i) oldest_q <= second_q;
      if (ask && (bursts_q == '0 || (bursts_q == 2'd1 && answer && rlast_i))) oldest_q <= arlen;
      else if (ask) second_q <= arlen;
      if (start_i && !busy) begin
        delivered_q <= '0;
        wanted_q    <= beats_i[7:0];
        failed_q    <= 1'b0;
      end else if (answer) begin
        delivered_q <= delivered_q + 8'd1;
        if (rresp_i[1]) failed_q <= 1'b1;
      end
    end
  end

  always_comb begin
    assume (beats_i < 32'd8);
    assume (address_i[2:0] == '0);
    if (rst_q) assume (!rvalid_i && !start_i);
    // The memory: data only for bursts asked for, the last beat marked, held until taken.
    if (rvalid_i) assume (bursts_q != '0 && rlast_i == (oldest_q == '0));
    if (past_q && r_wait_q) assume (rvalid_i && {rdata_i, rresp_i, rlast_i} == r_q);
    if (!rst_q) begin
      if (past_q && ar_wait_q) assert (arvalid && {araddr, arlen} == ar_q);
      if (arvalid) begin
        assert (13'(araddr[11:0]) + 13'(8 * (32'(arlen) + 1)) <= 13'd4096);
        assert (32'(arlen) < MAX_BEATS && araddr[2:0] == '0);
      end
      assert (32'(bursts_q) <= OUTSTANDING);
      if (rready) assert (bursts_q != '0 && ready_i);
      assert ((valid && ready_i) == answer);
      if (valid) assert (data == rdata_i);
      assert (delivered_q <= wanted_q);
      if (!busy) begin
        assert (bursts_q == '0 && !arvalid && delivered_q == wanted_q);
        assert (error == failed_q);
      end
      cover (past_q && !busy && wanted_q == 8'd5 && error);
      cover (bursts_q == 2'd1 && answer && ask);
      cover (32'(bursts_q) == OUTSTANDING);
    end
  end
endmodule
`resetall
