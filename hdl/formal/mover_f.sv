// SPDX-License-Identifier: MIT
`default_nettype none
// Proves the mover on a small engine, for descriptors of a few words: it never touches an address outside the memory it was told
// to use; an illegal descriptor moves nothing; an upload ends within a bounded number of clocks in which its words flow; the output
// keeps the rule of valid and ready.
module mover_f #(
  parameter int N = 2,
  parameter int AW = 2,
  parameter int OPERAND_DEPTH = 5,
  parameter int GRAM_DEPTH = 3,
  parameter int ROWS = 2,     // of the largest descriptor
  parameter int COLUMNS = 2,  // ... and first columns, and rows before the first
  parameter int BOUND = 0     // clocks of the longest upload or fill, all words flowing; 0 does not ask
) (
  input wire logic          clk_i,
  input wire logic          start_i, clear_i, dir_i, space_i, tri_i, packed_i, diagonal_i,
  input wire logic [15:0]   first_i, columns_i, blocks_i, rows_i, row0_i,
  input wire logic [23:0]   base_i,
  input wire logic [N-1:0]  lanes_i,
  input wire logic [31:0]   count_i,
  input wire logic          in_valid_i, out_ready_i,
  input wire logic [AW-1:0] in_data_i, host_rdata_i
);
  logic          rst_q = 1'b1;
  logic          busy, checked, error, done, in_ready, out_valid, host_we, host_re, host_gram;
  logic [5:0]    words;
  logic [AW-1:0] out_data, host_wdata;
  logic [23:0]   host_addr;
  logic [N-1:0]  host_lanes;
  logic          moving_q = 1'b0, filling_q = 1'b0, gram_q = 1'b0;
  logic [7:0]    age_q = '0;

  mover #(.N(N), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .COUNT_BITS(6), .OUT_DEPTH(1)) u_mover (
    .clk_i(clk_i), .rst_i(rst_q), .start_i(start_i), .clear_i(clear_i), .dir_i(dir_i), .space_i(space_i),
    .tri_i(tri_i), .packed_i(packed_i), .diagonal_i(diagonal_i), .first_i(first_i), .columns_i(columns_i), .blocks_i(blocks_i),
    .rows_i(rows_i), .row0_i(row0_i), .base_i(base_i), .lanes_i(lanes_i), .count_i(count_i),
    .busy_o(busy), .checked_o(checked), .error_o(error), .done_o(done), .words_o(words),
    .in_valid_i(in_valid_i), .in_ready_o(in_ready), .in_data_i(in_data_i),
    .out_valid_o(out_valid), .out_ready_i(out_ready_i), .out_data_o(out_data),
    .host_we_o(host_we), .host_re_o(host_re), .host_gram_o(host_gram), .host_addr_o(host_addr), .host_lanes_o(host_lanes),
    .host_wdata_o(host_wdata), .host_rdata_i(host_rdata_i)
  );
  stream_rules #(.WIDTH(AW)) u_out (
    .clk_i(clk_i), .clear_i(rst_q), .valid_i(out_valid), .ready_i(out_ready_i), .data_i(out_data)
  );

  // The descriptor stays while it is checked.
  logic [108:0] fields, fields_q = '0;
  assign fields = {dir_i, space_i, tri_i, packed_i, diagonal_i, first_i, columns_i, blocks_i, rows_i, row0_i, base_i};

  always_ff @(posedge clk_i) begin
    rst_q    <= 1'b0;
    fields_q <= fields;
    if (!busy) age_q <= '0;
    else if (in_valid_i && out_ready_i) age_q <= age_q + 8'd1;
    if (!busy) begin
      moving_q  <= 1'b0;
      filling_q <= !start_i && clear_i;
      gram_q    <= space_i;
    end else if (checked) begin
      moving_q <= 1'b1;
    end
  end

  always_comb begin
    if (busy) m_held: assume (fields == fields_q);
    // Small numbers spare the solver: what a command's length and place need, and bases beside both ends of the address range.
    m_length: assume (32'(rows_i) <= ROWS && 32'(columns_i) <= COLUMNS && blocks_i <= 16'd3 && count_i <= 32'd3);
    m_place:  assume (32'(first_i) <= COLUMNS && 32'(row0_i) <= COLUMNS && (base_i[23:3] == '0 || base_i[23:3] == '1));
    if (!rst_q) begin
      if (host_we || host_re) begin
        a_address: assert (32'(host_addr) < (gram_q ? GRAM_DEPTH : OPERAND_DEPTH));
        a_space:   assert (host_gram == gram_q);
        a_checked: assert (moving_q || filling_q || !busy);
        a_one_way: assert (!(host_we && host_re));
      end
      if (error && busy) a_nothing: assert (!host_we && !host_re && !moving_q);
      if (BOUND != 0 && busy && (filling_q || !dir_i)) a_ends: assert (32'(age_q) < BOUND);
    end
    c_write: cover (host_we && moving_q && host_addr == 24'(OPERAND_DEPTH - 1));
    c_read:  cover (out_valid && moving_q);
    c_fill:  cover (done && filling_q && age_q > 8'd2);
    c_error: cover (error && age_q > 8'd2);
    c_done:  cover (done && moving_q && 32'(words) == COLUMNS);
  end
endmodule
`resetall
