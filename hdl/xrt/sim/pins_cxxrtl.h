// SPDX-License-Identifier: MIT
// The pins of the kernel as Yosys CXXRTL simulates it. kernel.cc is what Yosys wrote.
#pragma once
#include "kernel.cc"

#include "pins.h"

namespace {
cxxrtl_design::p_tierwise__kernel design;
}

// Only the rising edge is evaluated: the design has a single clock and no other edge. It has no feedback wires either (the build
// checks that), so that one evaluation is enough and leaves the outputs of the time before the edge.
void kernel_sim::Pins::clock() {
#define IN(pin, value) design.p_##pin.data[0] = uint32_t(value)
  IN(ap__rst__n, rst_n);
  IN(s__axi__control__awvalid, s_awvalid);
  IN(s__axi__control__awaddr, s_awaddr & 0xff);
  IN(s__axi__control__wvalid, s_wvalid);
  IN(s__axi__control__wdata, s_wdata);
  IN(s__axi__control__wstrb, s_wstrb);
  IN(s__axi__control__bready, s_bready);
  IN(s__axi__control__arvalid, s_arvalid);
  IN(s__axi__control__araddr, s_araddr & 0xff);
  IN(s__axi__control__rready, s_rready);
  IN(m__axi__gmem__awready, m_awready);
  IN(m__axi__gmem__wready, m_wready);
  IN(m__axi__gmem__bvalid, m_bvalid);
  IN(m__axi__gmem__bresp, m_bresp);
  IN(m__axi__gmem__arready, m_arready);
  IN(m__axi__gmem__rvalid, m_rvalid);
  IN(m__axi__gmem__rlast, m_rlast);
  IN(m__axi__gmem__rresp, m_rresp);
  IN(m__axi__gmem__rdata, m_rdata);
  design.p_m__axi__gmem__rdata.data[1] = uint32_t(m_rdata >> 32);
#undef IN
  design.p_ap__clk.data[0] = 0;
  design.prev_p_ap__clk.data[0] = 0;
  design.p_ap__clk.data[0] = 1;
  design.step();
#define OUT(pin) design.p_##pin.data[0]
#define OUT64(pin) (uint64_t(design.p_##pin.data[0]) | uint64_t(design.p_##pin.data[1]) << 32)
  interrupt = OUT(interrupt);
  s_awready = OUT(s__axi__control__awready);
  s_wready = OUT(s__axi__control__wready);
  s_bvalid = OUT(s__axi__control__bvalid);
  s_arready = OUT(s__axi__control__arready);
  s_rvalid = OUT(s__axi__control__rvalid);
  s_rdata = OUT(s__axi__control__rdata);
  m_awvalid = OUT(m__axi__gmem__awvalid);
  m_awaddr = OUT64(m__axi__gmem__awaddr);
  m_awlen = OUT(m__axi__gmem__awlen);
  m_wvalid = OUT(m__axi__gmem__wvalid);
  m_wdata = OUT64(m__axi__gmem__wdata);
  m_wstrb = OUT(m__axi__gmem__wstrb);
  m_wlast = OUT(m__axi__gmem__wlast);
  m_bready = OUT(m__axi__gmem__bready);
  m_arvalid = OUT(m__axi__gmem__arvalid);
  m_araddr = OUT64(m__axi__gmem__araddr);
  m_arlen = OUT(m__axi__gmem__arlen);
  m_rready = OUT(m__axi__gmem__rready);
#undef OUT
#undef OUT64
}
