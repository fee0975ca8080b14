// SPDX-License-Identifier: MIT
`default_nettype none
// ULX3S with an LFE5U-85F: engine and serial link on the board's 25 MHz clock. Button FIRE1 resets.
//   parameters as tierwise_engine; DW is at most 18, the width of the part's multipliers
module top #(
  parameter int N = 8,
  parameter int DW = 18,
  parameter int AW = 48,
  parameter int OPERAND_DEPTH = 6144,
  parameter int GRAM_DEPTH = 1408,
  parameter int MAX_FEATURES = 128,
  parameter int LIMBS = 2
) (
  input  wire logic clk_i,
  input  wire logic uart_rx_i,
  output logic      uart_tx_o,
  input  wire logic button_i,
  output logic      led_o
);
  logic [9:0] start_q = '0;
  logic       rst_q = 1'b0;
  logic [1:0] button_q = '0;

  always_ff @(posedge clk_i) begin
    button_q <= {button_q[0], button_i};
    if (button_q[1]) start_q <= '0;
    else if (start_q != '1) start_q <= start_q + 10'd1;
    rst_q <= start_q != '1;
  end

  board_shell #(
    .BOARD(2), .CLOCK_HZ(25000000), .BAUD(1000000),
    .N(N), .DW(DW), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .MAX_FEATURES(MAX_FEATURES), .LIMBS(LIMBS)
  ) u_shell (
    .clk_i(clk_i), .rst_i(rst_q), .uart_rx_i(uart_rx_i), .uart_tx_o(uart_tx_o), .led_o(led_o)
  );
endmodule
`resetall
