// SPDX-License-Identifier: MIT
`default_nettype none
// Proves axi_burst_splitter: the bursts of a transfer follow each other without gap or overlap, are as many beats in all as
// asked for, stay within 4 KiB and within MAX_BEATS, and an offered burst stays until it is taken.
//   MAX_BEATS  beats of the longest burst, 1..256
module axi_burst_splitter_f #(
  parameter int MAX_BEATS = 256
) (
  input  wire logic        clk_i,
  input  wire logic        start_i,
  input  wire logic        ready_i,
  input  wire logic [15:0] address_i,
  input  wire logic [10:0] beats_i
);
  logic        rst_q = 1'b1, held_q = 1'b0;
  logic        busy, valid;
  logic [15:0] address, next_q = '0, held_address_q = '0;
  logic [10:0] left_q = '0;
  logic [7:0]  len, held_len_q = '0;

  axi_burst_splitter #(.ADDRESS_BITS(16), .COUNT_BITS(11), .MAX_BEATS(MAX_BEATS)) u_dut (
    .clk_i(clk_i), .rst_i(rst_q), .start_i(start_i), .address_i(address_i), .beats_i(beats_i), .busy_o(busy),
    .valid_o(valid), .ready_i(ready_i), .address_o(address), .len_o(len)
  );

  always_ff @(posedge clk_i) begin
    rst_q          <= 1'b0;
    held_q         <= !rst_q && valid && !ready_i;
    held_address_q <= address;
    held_len_q     <= len;
    if (!rst_q && start_i && !busy) begin
      next_q <= {address_i[15:3], 3'b000};
      left_q <= beats_i;
    end else if (!rst_q && valid && ready_i) begin
      next_q <= next_q + 16'(8 * (32'(len) + 1));
      left_q <= left_q - 11'(len) - 11'd1;
    end
  end

  always_comb begin
    if (!rst_q) begin
      assert (busy == (left_q != '0));
      assert (valid == busy);
      if (valid) begin
        assert (address == next_q);
        assert (13'(address[11:0]) + 13'(8 * (32'(len) + 1)) <= 13'd4096);
        assert (32'(len) < MAX_BEATS);
        assert (11'(len) < left_q);
        // No burst is shorter than it must be.
        assert (32'(len) + 1 == MAX_BEATS || 11'(len) + 11'd1 == left_q ||
                13'(address[11:0]) + 13'(8 * (32'(len) + 1)) == 13'd4096);
      end
      if (held_q) assert (valid && address == held_address_q && len == held_len_q);
      cover (valid && ready_i && 32'(len) + 1 == MAX_BEATS && left_q > 11'(MAX_BEATS));
      cover (valid && ready_i && 32'(len) + 1 < MAX_BEATS && 11'(len) + 11'd1 < left_q);
      cover (valid && ready_i && held_q && 11'(len) + 11'd1 == left_q && next_q[11:0] == 12'hff8);
    end
  end
endmodule
`resetall
