// SPDX-License-Identifier: MIT
// The pins of the kernel, with checkers on them, as Verilator simulates it (hdl/test/tb_kernel.sv).
#pragma once
#include "Vtb_kernel.h"
#include "pins.h"

// Verilator's runtime asks for the time.
double sc_time_stamp() { return 0; }

void kernel_sim::Pins::clock() {
  static Vtb_kernel *const top = new Vtb_kernel;
  top->ap_rst_n = rst_n;
  top->s_axi_control_awvalid = s_awvalid;
  top->s_axi_control_awaddr = s_awaddr & 0xff;
  top->s_axi_control_wvalid = s_wvalid;
  top->s_axi_control_wdata = s_wdata;
  top->s_axi_control_wstrb = s_wstrb;
  top->s_axi_control_bready = s_bready;
  top->s_axi_control_arvalid = s_arvalid;
  top->s_axi_control_araddr = s_araddr & 0xff;
  top->s_axi_control_rready = s_rready;
  top->m_axi_gmem_awready = m_awready;
  top->m_axi_gmem_wready = m_wready;
  top->m_axi_gmem_bvalid = m_bvalid;
  top->m_axi_gmem_bresp = m_bresp;
  top->m_axi_gmem_arready = m_arready;
  top->m_axi_gmem_rvalid = m_rvalid;
  top->m_axi_gmem_rlast = m_rlast;
  top->m_axi_gmem_rresp = m_rresp;
  top->m_axi_gmem_rdata = m_rdata;
  top->ap_clk = 0;
  top->eval();
  interrupt = top->interrupt_o;
  s_awready = top->s_axi_control_awready;
  s_wready = top->s_axi_control_wready;
  s_bvalid = top->s_axi_control_bvalid;
  s_arready = top->s_axi_control_arready;
  s_rvalid = top->s_axi_control_rvalid;
  s_rdata = top->s_axi_control_rdata;
  m_awvalid = top->m_axi_gmem_awvalid;
  m_awaddr = top->m_axi_gmem_awaddr;
  m_awlen = top->m_axi_gmem_awlen;
  m_wvalid = top->m_axi_gmem_wvalid;
  m_wdata = top->m_axi_gmem_wdata;
  m_wstrb = top->m_axi_gmem_wstrb;
  m_wlast = top->m_axi_gmem_wlast;
  m_bready = top->m_axi_gmem_bready;
  m_arvalid = top->m_axi_gmem_arvalid;
  m_araddr = top->m_axi_gmem_araddr;
  m_arlen = top->m_axi_gmem_arlen;
  m_rready = top->m_axi_gmem_rready;
  top->ap_clk = 1;
  top->eval();
  violation = top->violation_o;
}
