// SPDX-License-Identifier: MIT
`default_nettype none
// iCEBreaker: engine and serial link on the board's 12 MHz clock. The user button resets.
//   parameters as tierwise_engine; DW is at most 16, the width of the part's multipliers
module top #(
  parameter int N = 2,
  parameter int DW = 16,
  parameter int AW = 36,
  parameter int OPERAND_DEPTH = 1024,
  parameter int GRAM_DEPTH = 256,
  parameter int MAX_FEATURES = 24,
  parameter int LIMBS = 1
) (
  input  wire logic clk_i,
  input  wire logic uart_rx_i,
  output logic      uart_tx_o,
  input  wire logic button_n_i,
  output logic      led_n_o
);
  // Block RAM answers only some microseconds after configuration: 1024 clocks of reset, and again while the button is down.
  logic [9:0] start_q = '0;
  logic       rst_q = 1'b0, led;
  logic [1:0] button_q = '0;

  always_ff @(posedge clk_i) begin
    button_q <= {button_q[0], !button_n_i};
    if (button_q[1]) start_q <= '0;
    else if (start_q != '1) start_q <= start_q + 10'd1;
    rst_q <= start_q != '1;
  end

  board_shell #(
    .BOARD(1), .CLOCK_HZ(12000000), .BAUD(1000000), .TELEMETRY(0), .RX_BYTES(512), .MAX_PAYLOAD(256),
    .N(N), .DW(DW), .AW(AW), .OPERAND_DEPTH(OPERAND_DEPTH), .GRAM_DEPTH(GRAM_DEPTH), .MAX_FEATURES(MAX_FEATURES), .LIMBS(LIMBS)
  ) u_shell (
    .clk_i(clk_i), .rst_i(rst_q), .uart_rx_i(uart_rx_i), .uart_tx_o(uart_tx_o), .led_o(led)
  );

  assign led_n_o = !led;
endmodule
`resetall
