// SPDX-License-Identifier: MIT
`default_nettype none
// Writes a run of 64-bit beats to memory over the write channels of an AXI4 master. Address and data of a burst are offered
// at the same time and wait for one another nowhere; the transfer ends when every burst has been answered.
//   MAX_BEATS    beats of the longest burst, 1..256 (default 256)
//   OUTSTANDING  bursts without an answer, 1..15 (default 4)
module axi_write_dma #(
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
  output logic             error_o,    // some burst of the last transfer was answered with an error
  // beats
  input  wire logic        valid_i,
  output logic             ready_o,
  input  wire logic [63:0] data_i,
  input  wire logic [7:0]  strb_i,
  // AXI4 write channels
  output logic             awvalid_o,
  input  wire logic        awready_i,
  output logic [63:0]      awaddr_o,
  output logic [7:0]       awlen_o,
  output logic             wvalid_o,
  input  wire logic        wready_i,
  output logic [63:0]      wdata_o,
  output logic [7:0]       wstrb_o,
  output logic             wlast_o,
  input  wire logic        bvalid_i,
  output logic             bready_o,
  input  wire logic [1:0]  bresp_i
);
  logic        split_busy, split_valid, take, answer;
  logic [63:0] split_address;
  logic [7:0]  split_len;
  logic        aw_q = 1'b0, w_q = 1'b0;  // address, data of the burst still to be sent
  logic [63:0] awaddr_q = '0;
  logic [7:0]  awlen_q = '0, w_left_q = '0;
  logic [3:0]  outstanding_q = '0;
  logic        error_q = 1'b0;

  axi_burst_splitter #(.ADDRESS_BITS(64), .COUNT_BITS(32), .MAX_BEATS(MAX_BEATS)) u_splitter (
    .clk_i(clk_i), .rst_i(rst_i), .start_i(start_i && !busy_o), .address_i(address_i), .beats_i(beats_i), .busy_o(split_busy),
    .valid_o(split_valid), .ready_i(take), .address_o(split_address), .len_o(split_len)
  );

  assign take   = split_valid && !aw_q && !w_q && outstanding_q < 4'(OUTSTANDING);
  assign answer = bvalid_i && bready_o;

  always_ff @(posedge clk_i) begin
    outstanding_q <= outstanding_q + 4'(take) - 4'(answer);
    if (take) begin
      aw_q     <= 1'b1;
      w_q      <= 1'b1;
      awaddr_q <= split_address;
      awlen_q  <= split_len;
      w_left_q <= split_len;
    end
    if (aw_q && awready_i) aw_q <= 1'b0;
    if (wvalid_o && wready_i) begin
      w_left_q <= w_left_q - 8'd1;
      if (w_left_q == '0) w_q <= 1'b0;
    end
    if (start_i && !busy_o) error_q <= 1'b0;
    else if (answer && bresp_i[1]) error_q <= 1'b1;
    if (rst_i) begin
      aw_q          <= 1'b0;
      w_q           <= 1'b0;
      outstanding_q <= '0;
      error_q       <= 1'b0;
    end
  end

  assign awvalid_o = aw_q;
  assign awaddr_o  = awaddr_q;
  assign awlen_o   = awlen_q;
  assign wvalid_o  = w_q && valid_i;
  assign ready_o   = w_q && wready_i;
  assign wdata_o   = data_i;
  assign wstrb_o   = strb_i;
  assign wlast_o   = w_left_q == '0;
  assign bready_o  = outstanding_q != '0;
  assign busy_o    = split_busy || aw_q || w_q || outstanding_q != '0;
  assign error_o   = error_q;

  logic unused;
  assign unused = &{1'b0, bresp_i[0]};
endmodule
`resetall
