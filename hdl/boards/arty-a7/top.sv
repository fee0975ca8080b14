// SPDX-License-Identifier: MIT
`default_nettype none
// Arty A7-100T: engine and serial link on half the board's 100 MHz clock, because nobody has timed the engine on this part.
// Button BTN0 resets.
//   parameters as tierwise_engine; DW is at most 18, the narrower width of the part's multipliers
module top #(
  parameter int N = 8,
  parameter int DW = 18,
  parameter int AW = 48,
  parameter int OPERAND_DEPTH = 12288,
  parameter int GRAM_DEPTH = 3072,
  parameter int MAX_FEATURES = 192,
  parameter int LIMBS = 2
) (
  input  wire logic clk_i,
  input  wire logic uart_rx_i,
  output logic      uart_tx_o,
  input  wire logic button_i,
  output logic      led_o
);
  logic       half_q = 1'b0;
  logic       clk;
  logic [9:0] start_q = '0;
  logic       rst_q = 1'b0;
  logic [1:0] button_q = '0;

  always_ff @(posedge clk_i) half_q <= !half_q;

  BUFG u_clock (.I(half_q), .O(clk));

  always_ff @(posedge clk) begin
    button_q <= {button_q[0], button_i};
    if (button_q[1]) start_q <= '0;
    else if (start_q != '1) start_q <= start_q + 10'd1;
    rst_q <= start_q != '1;
  end

  board_shell #(
    .BOARD(3), .CLOCK_HZ(50000000), .BAUD(1000000),
    .N(N), .DW(DW), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .MAX_FEATURES(MAX_FEATURES), .LIMBS(LIMBS)
  ) u_shell (
    .clk_i(clk), .rst_i(rst_q), .uart_rx_i(uart_rx_i), .uart_tx_o(uart_tx_o), .led_o(led_o)
  );
endmodule
`resetall
