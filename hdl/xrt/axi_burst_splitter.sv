// SPDX-License-Identifier: MIT
`default_nettype none
// Cuts a transfer of 64-bit beats into AXI INCR bursts: at most MAX_BEATS beats each, never across a 4 KiB boundary.
//   ADDRESS_BITS  width of addresses in bits, 13..64 (default 64)
//   COUNT_BITS    width of the number of beats, 10..32 (default 32)
//   MAX_BEATS     beats of the longest burst, 1..256 (default 256)
module axi_burst_splitter #(
  parameter int ADDRESS_BITS = 64,
  parameter int COUNT_BITS = 32,
  parameter int MAX_BEATS = 256
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_i,
  // transfer: taken in the clock start_i is high while busy_o is low
  input  wire logic                    start_i,
  input  wire logic [ADDRESS_BITS-1:0] address_i,  // a multiple of 8; the low bits are ignored
  input  wire logic [COUNT_BITS-1:0]   beats_i,    // 0: nothing happens
  output logic                         busy_o,
  // bursts, in order
  output logic                         valid_o,
  input  wire logic                    ready_i,
  output logic [ADDRESS_BITS-1:0]      address_o,
  output logic [7:0]                   len_o       // beats less one
);
  localparam int PageBeats = 512;  // 4 KiB of 8 bytes

  logic [ADDRESS_BITS-4:0] beat_address_q = '0;
  logic [COUNT_BITS-1:0]   left_q = '0;
  logic [9:0]              to_page, limit, beats;

  assign to_page = 10'(PageBeats) - {1'b0, beat_address_q[8:0]};
  assign limit   = (to_page < 10'(MAX_BEATS)) ? to_page : 10'(MAX_BEATS);
  assign beats   = (left_q < COUNT_BITS'(limit)) ? 10'(left_q) : limit;

  always_ff @(posedge clk_i) begin
    if (left_q == '0) begin
      if (start_i) begin
        beat_address_q <= address_i[ADDRESS_BITS-1:3];
        left_q         <= beats_i;
      end
    end else if (ready_i) begin
      beat_address_q <= beat_address_q + (ADDRESS_BITS - 3)'(beats);
      left_q         <= left_q - COUNT_BITS'(beats);
    end
    if (rst_i) left_q <= '0;
  end

  assign busy_o    = left_q != '0;
  assign valid_o   = left_q != '0;
  assign address_o = {beat_address_q, 3'b000};
  assign len_o     = 8'(beats - 10'd1);

  logic unused;
  assign unused = &{1'b0, address_i[2:0]};
endmodule
`resetall
