// SPDX-License-Identifier: MIT
`default_nettype none
// CRC-32/ISO-HDLC, one byte per clock. No parameters.
module crc32 (
  input  wire logic        clk_i,
  input  wire logic        clear_i,  // begins anew; goes before valid_i
  input  wire logic        valid_i,
  input  wire logic [7:0]  data_i,
  output logic      [31:0] crc_o     // of the bytes so far; 2144df1c when the last four were the CRC of those before
);
  logic [31:0] state_q = '1;

  function automatic logic [31:0] after_byte(input logic [31:0] mixed);
    logic [31:0] state;
    state = mixed;
    for (int i = 0; i < 8; i++) state = state[0] ? {1'b0, state[31:1]} ^ 32'hedb88320 : {1'b0, state[31:1]};
    after_byte = state;
  endfunction

  always_ff @(posedge clk_i) begin
    if (clear_i) state_q <= '1;
    else if (valid_i) state_q <= after_byte(state_q ^ {24'd0, data_i});
  end

  assign crc_o = ~state_q;
endmodule
`resetall
