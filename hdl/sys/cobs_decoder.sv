// SPDX-License-Identifier: MIT
`default_nettype none
// Takes COBS apart, one byte per clock; 00 ends a frame, empty frames are passed over. No parameters.
module cobs_decoder (
  input  wire logic       clk_i,
  input  wire logic       rst_i,
  input  wire logic       valid_i,   // byte of the line
  input  wire logic [7:0] data_i,
  output logic            valid_o,   // byte of the frame, in the clock of the line's byte that shows it
  output logic      [7:0] data_o,
  output logic            end_o,     // the frame is over
  output logic            broken_o   // with end_o: it ended inside a block
);
  logic       inside_q = 1'b0;       // some byte of the frame was there
  logic       zero_q = 1'b0;         // a zero stands between this block and the next
  logic [7:0] left_q = '0;           // bytes left of the block

  assign valid_o  = valid_i && data_i != '0 && (left_q != '0 || zero_q);
  assign data_o   = (left_q == '0) ? 8'd0 : data_i;
  assign end_o    = valid_i && data_i == '0 && inside_q;
  assign broken_o = left_q != '0;

  always_ff @(posedge clk_i) begin
    if (rst_i || (valid_i && data_i == '0)) begin
      inside_q <= 1'b0;
      zero_q   <= 1'b0;
      left_q   <= '0;
    end else if (valid_i) begin
      inside_q <= 1'b1;
      if (left_q == '0) begin
        left_q <= data_i - 8'd1;
        zero_q <= data_i != 8'hff;
      end else begin
        left_q <= left_q - 8'd1;
      end
    end
  end
endmodule
`resetall
