// SPDX-License-Identifier: MIT
`default_nettype none
// Reads a run of 64-bit beats from memory over the read channels of an AXI4 master and hands them on as a stream.
// Back-pressure of the stream goes to the R channel. An error response does not stop the transfer: every beat asked for arrives.
//   MAX_BEATS    beats of the longest burst, 1..256 (default 256)
//   OUTSTANDING  bursts asked for ahead, 1..15 (default 4)
module axi_read_dma #(
  parameter int MAX_BEATS = 256,
  parameter int OUTSTANDING = 4
) (
  input  wire logic        clk_i,
  input  wire logic        rst_i,
  // transfer: taken in the clock start_i is high while busy_o is low
  input  wire logic        start_i,
  input  wire logic [63:0] address_i,  // a multiple of 8
  input  wire logic [31:0] beats_i,
  output logic             busy_o,
  output logic             error_o,    // some beat of the last transfer came with an error response
  // beats
  output logic             valid_o,
  input  wire logic        ready_i,
  output logic [63:0]      data_o,
  // AXI4 read channels
  output logic             arvalid_o,
  input  wire logic        arready_i,
  output logic [63:0]      araddr_o,
  output logic [7:0]       arlen_o,
  input  wire logic        rvalid_i,
  output logic             rready_o,
  input  wire logic [63:0] rdata_i,
  input  wire logic [1:0]  rresp_i,
  input  wire logic        rlast_i
);
  logic        split_busy, split_valid, split_ready;
  logic        ask, answer;
  logic [31:0] left_q = '0;         // beats not yet handed on
  logic [3:0]  outstanding_q = '0;  // bursts asked for whose last beat has not come
  logic        error_q = 1'b0;

  axi_burst_splitter #(.ADDRESS_BITS(64), .COUNT_BITS(32), .MAX_BEATS(MAX_BEATS)) u_splitter (
    .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i && !busy_o), .address_i(address_i), .beats_i(beats_i), .busy_o(split_busy),
    .valid_o(split_valid), .ready_i(split_ready), .address_o(araddr_o), .len_o(arlen_o)
  );

  // The number of bursts under way falls while a request waits, never rises: a request once shown stays.
  assign arvalid_o   = split_valid && outstanding_q < 4'(OUTSTANDING);
  assign split_ready = arready_i && outstanding_q < 4'(OUTSTANDING);
  assign ask         = arvalid_o && arready_i;

  assign valid_o  = rvalid_i && outstanding_q != '0;
  assign rready_o = ready_i && outstanding_q != '0;
  assign data_o   = rdata_i;
  assign answer   = rvalid_i && rready_o;

  always_ff @(posedge clk_i) begin
    outstanding_q <= outstanding_q + 4'(ask) - 4'(answer && rlast_i);
    if (!busy_o) begin
      if (start_i) begin
        left_q  <= beats_i;
        error_q <= 1'b0;
      end
    end else if (answer) begin
      left_q <= left_q - 32'd1;
      if (rresp_i[1]) error_q <= 1'b1;
    end
    if (rst_i) begin
      left_q        <= '0;
      outstanding_q <= '0;
      error_q       <= 1'b0;
    end
  end

  assign busy_o  = split_busy || left_q != '0 || outstanding_q != '0;
  assign error_o = error_q;

  logic unused;
  assign unused = &{1'b0, rresp_i[0]};
endmodule
`resetall
