// SPDX-License-Identifier: MIT
`default_nettype none
// The s_axi_control slave of an XRT kernel: AXI4-Lite protocol, the ap_ctrl_hs registers with interrupt, and a port to
// further registers (offsets from 0x10). Address and data of a write may come in any order; one write and one read are under way
// at a time, independently. Arguments hold still while the kernel runs: writes to them are answered and ignored.
//   ADDRESS_BITS  width of the byte address in bits, 5..16 (default 8)
module axi_lite_control #(
  parameter int ADDRESS_BITS = 8
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_i,
  // AXI4-Lite
  input  wire logic                    awvalid_i,
  output logic                         awready_o,
  input  wire logic [ADDRESS_BITS-1:0] awaddr_i,
  input  wire logic                    wvalid_i,
  output logic                         wready_o,
  input  wire logic [31:0]             wdata_i,
  input  wire logic [3:0]              wstrb_i,
  output logic                         bvalid_o,
  input  wire logic                    bready_i,
  output logic [1:0]                   bresp_o,
  input  wire logic                    arvalid_i,
  output logic                         arready_o,
  input  wire logic [ADDRESS_BITS-1:0] araddr_i,
  output logic                         rvalid_o,
  input  wire logic                    rready_i,
  output logic [31:0]                  rdata_o,
  output logic [1:0]                   rresp_o,
  output logic                         interrupt_o,
  // kernel: start_o is high for one clock, done_i ends the run
  output logic                         start_o,
  input  wire logic                    done_i,
  output logic                         running_o,
  // other registers: bytes of strb_o are written in a clock with we_o; rdata_i answers raddr_o in the same clock
  output logic                         we_o,
  output logic [ADDRESS_BITS-3:0]      waddr_o,
  output logic [31:0]                  wdata_o,
  output logic [3:0]                   strb_o,
  output logic [ADDRESS_BITS-3:0]      raddr_o,
  input  wire logic [31:0]             rdata_i
);
  localparam int WordBits = ADDRESS_BITS - 2;
  localparam logic [WordBits-1:0] Control = WordBits'(kernel_pkg::REGISTER_CONTROL_AT / 4);
  localparam logic [WordBits-1:0] Gie     = WordBits'(kernel_pkg::REGISTER_GIE_AT / 4);
  localparam logic [WordBits-1:0] Ier     = WordBits'(kernel_pkg::REGISTER_IER_AT / 4);
  localparam logic [WordBits-1:0] Isr     = WordBits'(kernel_pkg::REGISTER_ISR_AT / 4);

  logic                aw_q = 1'b0, w_q = 1'b0, b_q = 1'b0, r_q = 1'b0;  // what is held
  logic [WordBits-1:0] awaddr_q = '0;
  logic [31:0]         wdata_q = '0, rdata_q = '0, rdata;
  logic [3:0]          strb_q = '0;
  logic                running_q = 1'b0, start_q = 1'b0, done_q = 1'b0, ready_q = 1'b0, gie_q = 1'b0;
  logic [1:0]          ier_q = '0, isr_q = '0;
  logic                write, read;

  assign write = aw_q && w_q && !b_q;
  assign read  = arvalid_i && arready_o;

  always_comb begin
    rdata = rdata_i;
    if (raddr_o == Control) rdata = {28'd0, ready_q, !running_q, done_q, running_q};
    if (raddr_o == Gie) rdata = {31'd0, gie_q};
    if (raddr_o == Ier) rdata = {30'd0, ier_q};
    if (raddr_o == Isr) rdata = {30'd0, isr_q};
  end

  always_ff @(posedge clk_i) begin
    if (awvalid_i && awready_o) begin
      aw_q     <= 1'b1;
      awaddr_q <= awaddr_i[ADDRESS_BITS-1:2];
    end
    if (wvalid_i && wready_o) begin
      w_q     <= 1'b1;
      wdata_q <= wdata_i;
      strb_q  <= wstrb_i;
    end
    if (b_q && bready_i) b_q <= 1'b0;
    if (write) begin
      aw_q <= 1'b0;
      w_q  <= 1'b0;
      b_q  <= 1'b1;
    end
    if (r_q && rready_i) r_q <= 1'b0;
    if (read) begin
      r_q     <= 1'b1;
      rdata_q <= rdata;
    end
    if (rst_i) begin
      aw_q <= 1'b0;
      w_q  <= 1'b0;
      b_q  <= 1'b0;
      r_q  <= 1'b0;
    end
  end

  // A run begins with a write of 1 to start and ends with done_i; done and ready stay until the control register is read.
  always_ff @(posedge clk_i) begin
    start_q <= 1'b0;
    if (read && raddr_o == Control) begin
      done_q  <= 1'b0;
      ready_q <= 1'b0;
    end
    if (write && strb_q[0]) begin
      if (awaddr_q == Control && wdata_q[0] && !running_q) begin
        running_q <= 1'b1;
        start_q   <= 1'b1;
      end
      if (awaddr_q == Gie) gie_q <= wdata_q[0];
      if (awaddr_q == Ier) ier_q <= wdata_q[1:0];
      if (awaddr_q == Isr) isr_q <= isr_q ^ wdata_q[1:0];
    end
    if (done_i && running_q) begin
      running_q <= 1'b0;
      done_q    <= 1'b1;
      ready_q   <= 1'b1;
      if (ier_q[0]) isr_q[0] <= 1'b1;
      if (ier_q[1]) isr_q[1] <= 1'b1;
    end
    if (rst_i) begin
      running_q <= 1'b0;
      start_q   <= 1'b0;
      done_q    <= 1'b0;
      ready_q   <= 1'b0;
      gie_q     <= 1'b0;
      ier_q     <= '0;
      isr_q     <= '0;
    end
  end

  assign awready_o   = !aw_q;
  assign wready_o    = !w_q;
  assign bvalid_o    = b_q;
  assign bresp_o     = 2'b00;
  assign arready_o   = !r_q;
  assign rvalid_o    = r_q;
  assign rdata_o     = rdata_q;
  assign rresp_o     = 2'b00;
  assign interrupt_o = gie_q && isr_q != '0;
  assign start_o     = start_q;
  assign running_o   = running_q;
  assign we_o        = write && !running_q;
  assign waddr_o     = awaddr_q;
  assign wdata_o     = wdata_q;
  assign strb_o      = strb_q;
  assign raddr_o     = araddr_i[ADDRESS_BITS-1:2];

  logic unused;
  assign unused = &{1'b0, awaddr_i[1:0], araddr_i[1:0]};
endmodule
`resetall
