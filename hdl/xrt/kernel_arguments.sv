// SPDX-License-Identifier: MIT
`default_nettype none
// The argument registers of the kernel (hdl/regs/kernel.json) and their way back to a reading host.
//   ADDRESS_BITS  width of the byte address in bits, 8 (default 8)
module kernel_arguments #(
  parameter int ADDRESS_BITS = 8
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_i,
  input  wire logic                    we_i,
  input  wire logic [ADDRESS_BITS-3:0] waddr_i,
  input  wire logic [31:0]             wdata_i,
  input  wire logic [3:0]              strb_i,
  input  wire logic [ADDRESS_BITS-3:0] raddr_i,
  output logic [31:0]                  rdata_o,
  input  wire logic [31:0]             result_i,  // register "result"
  // arguments
  output logic [31:0]                  steps_o,
  output logic [31:0]                  load0_o,
  output logic [31:0]                  load1_o,
  output logic [31:0]                  load2_o,
  output logic [31:0]                  load3_o,
  output logic [31:0]                  load4_o,
  output logic [31:0]                  clear0_o,
  output logic [31:0]                  clear1_o,
  output logic [31:0]                  clear2_o,
  output logic [31:0]                  command0_o,
  output logic [31:0]                  command1_o,
  output logic [31:0]                  command2_o,
  output logic [31:0]                  command3_o,
  output logic [31:0]                  command4_o,
  output logic [31:0]                  store0_o,
  output logic [31:0]                  store1_o,
  output logic [31:0]                  store2_o,
  output logic [31:0]                  store3_o,
  output logic [31:0]                  store4_o,
  output logic [31:0]                  in_words_o,
  output logic [31:0]                  out_words_o,
  output logic [63:0]                  in_ptr_o,
  output logic [63:0]                  out_ptr_o,
  output logic [63:0]                  status_ptr_o
);
  // Words from 0x10 on; the gap before the pointers has no register.
  localparam int Base   = kernel_pkg::ARGUMENT_STEPS_AT / 4;
  localparam int Words  = kernel_pkg::ARGUMENT_STATUS_PTR_AT / 4 + 2 - Base;
  localparam int Gap    = kernel_pkg::ARGUMENT_OUT_WORDS_AT / 4 + 1 - Base;
  localparam int Result = kernel_pkg::REGISTER_RESULT_AT / 4;
  localparam int Version = kernel_pkg::REGISTER_VERSION_AT / 4;

  for (genvar w = 0; w < Words; w++) begin : gen_w
    logic [31:0] value, read_or;
    if (w == Gap) begin : gen_gap
      assign value = '0;
    end else begin : gen_register
      logic [31:0] value_q = '0;
      always_ff @(posedge clk_i) begin
        for (int b = 0; b < 4; b++) begin
          if (we_i && strb_i[b] && waddr_i == (ADDRESS_BITS - 2)'(Base + w)) value_q[8*b +: 8] <= wdata_i[8*b +: 8];
        end
        if (rst_i) value_q <= '0;
      end
      assign value = value_q;
    end
    if (w == 0) begin : gen_first
      assign read_or = value & {32{raddr_i == (ADDRESS_BITS - 2)'(Base)}};
    end else begin : gen_rest
      assign read_or = gen_w[w-1].read_or | (value & {32{raddr_i == (ADDRESS_BITS - 2)'(Base + w)}});
    end
  end

  always_comb begin
    rdata_o = gen_w[Words-1].read_or;
    if (raddr_i == (ADDRESS_BITS - 2)'(Result)) rdata_o = result_i;
    if (raddr_i == (ADDRESS_BITS - 2)'(Version)) rdata_o = 32'(kernel_pkg::VERSION);
  end

  assign steps_o      = gen_w[kernel_pkg::ARGUMENT_STEPS_AT/4-Base].value;
  assign load0_o      = gen_w[kernel_pkg::ARGUMENT_LOAD0_AT/4-Base].value;
  assign load1_o      = gen_w[kernel_pkg::ARGUMENT_LOAD1_AT/4-Base].value;
  assign load2_o      = gen_w[kernel_pkg::ARGUMENT_LOAD2_AT/4-Base].value;
  assign load3_o      = gen_w[kernel_pkg::ARGUMENT_LOAD3_AT/4-Base].value;
  assign load4_o      = gen_w[kernel_pkg::ARGUMENT_LOAD4_AT/4-Base].value;
  assign clear0_o     = gen_w[kernel_pkg::ARGUMENT_CLEAR0_AT/4-Base].value;
  assign clear1_o     = gen_w[kernel_pkg::ARGUMENT_CLEAR1_AT/4-Base].value;
  assign clear2_o     = gen_w[kernel_pkg::ARGUMENT_CLEAR2_AT/4-Base].value;
  assign command0_o   = gen_w[kernel_pkg::ARGUMENT_COMMAND0_AT/4-Base].value;
  assign command1_o   = gen_w[kernel_pkg::ARGUMENT_COMMAND1_AT/4-Base].value;
  assign command2_o   = gen_w[kernel_pkg::ARGUMENT_COMMAND2_AT/4-Base].value;
  assign command3_o   = gen_w[kernel_pkg::ARGUMENT_COMMAND3_AT/4-Base].value;
  assign command4_o   = gen_w[kernel_pkg::ARGUMENT_COMMAND4_AT/4-Base].value;
  assign store0_o     = gen_w[kernel_pkg::ARGUMENT_STORE0_AT/4-Base].value;
  assign store1_o     = gen_w[kernel_pkg::ARGUMENT_STORE1_AT/4-Base].value;
  assign store2_o     = gen_w[kernel_pkg::ARGUMENT_STORE2_AT/4-Base].value;
  assign store3_o     = gen_w[kernel_pkg::ARGUMENT_STORE3_AT/4-Base].value;
  assign store4_o     = gen_w[kernel_pkg::ARGUMENT_STORE4_AT/4-Base].value;
  assign in_words_o   = gen_w[kernel_pkg::ARGUMENT_IN_WORDS_AT/4-Base].value;
  assign out_words_o  = gen_w[kernel_pkg::ARGUMENT_OUT_WORDS_AT/4-Base].value;
  assign in_ptr_o     = {gen_w[kernel_pkg::ARGUMENT_IN_PTR_AT/4-Base+1].value,
                         gen_w[kernel_pkg::ARGUMENT_IN_PTR_AT/4-Base].value};
  assign out_ptr_o    = {gen_w[kernel_pkg::ARGUMENT_OUT_PTR_AT/4-Base+1].value,
                         gen_w[kernel_pkg::ARGUMENT_OUT_PTR_AT/4-Base].value};
  assign status_ptr_o = {gen_w[kernel_pkg::ARGUMENT_STATUS_PTR_AT/4-Base+1].value,
                         gen_w[kernel_pkg::ARGUMENT_STATUS_PTR_AT/4-Base].value};
endmodule
`resetall
