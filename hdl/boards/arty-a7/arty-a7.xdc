# Arty A7-100T, revision D and E: XC7A100TCSG324-1. Pins as in board.json, "pinsFrom".
set_property -dict { PACKAGE_PIN E3  IOSTANDARD LVCMOS33 } [get_ports { clk_i }];
create_clock -name clk_board -period 10.00 [get_ports { clk_i }];
create_generated_clock -name clk_engine -source [get_ports { clk_i }] -divide_by 2 [get_pins { half_q_reg/Q }];
set_property -dict { PACKAGE_PIN A9  IOSTANDARD LVCMOS33 } [get_ports { uart_rx_i }];
set_property -dict { PACKAGE_PIN D10 IOSTANDARD LVCMOS33 } [get_ports { uart_tx_o }];
set_property -dict { PACKAGE_PIN D9  IOSTANDARD LVCMOS33 } [get_ports { button_i }];
set_property -dict { PACKAGE_PIN H5  IOSTANDARD LVCMOS33 } [get_ports { led_o }];
