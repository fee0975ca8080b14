// SPDX-License-Identifier: MIT
// Pins of tierwise_kernel, whatever simulates it: inputs are set, clock() evaluates one rising edge, outputs then show what the pins
// carried just before that edge.
#pragma once
#include <cstdint>

namespace kernel_sim {

struct Pins {
  // inputs
  bool rst_n = false;
  bool s_awvalid = false, s_wvalid = false, s_bready = false, s_arvalid = false, s_rready = false;
  uint32_t s_awaddr = 0, s_araddr = 0, s_wdata = 0, s_wstrb = 0;
  bool m_awready = false, m_wready = false, m_bvalid = false, m_arready = false, m_rvalid = false, m_rlast = false;
  uint32_t m_bresp = 0, m_rresp = 0;
  uint64_t m_rdata = 0;
  // outputs
  bool s_awready = false, s_wready = false, s_bvalid = false, s_arready = false, s_rvalid = false, interrupt = false;
  uint32_t s_rdata = 0;
  bool m_awvalid = false, m_wvalid = false, m_bready = false, m_arvalid = false, m_rready = false, m_wlast = false;
  uint64_t m_awaddr = 0, m_araddr = 0, m_wdata = 0;
  uint32_t m_awlen = 0, m_arlen = 0, m_wstrb = 0;
  // number of the rule a checker saw broken first; 0 none
  uint32_t violation = 0;

  void clock();
};

}  // namespace kernel_sim
