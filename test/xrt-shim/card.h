// SPDX-License-Identifier: MIT
// What the simulated card offers its kernel, and what a kernel is to the card.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace card {

/** Device memory as the kernel's AXI masters see it. Addresses outside any buffer answer false: a bus error on a real card. */
class Memory {
public:
  virtual ~Memory() = default;
  virtual bool read(uint64_t address, void *to, size_t bytes) = 0;
  virtual bool write(uint64_t address, const void *from, size_t bytes) = 0;
};

/** Outcome of one kernel invocation. */
enum class Outcome { done, error, stopped };

/** The kernel behind s_axi_control. One invocation at a time. */
class Kernel {
public:
  virtual ~Kernel() = default;
  /** Register write over AXI4-Lite; `offset` is a byte offset from 0x10 on. */
  virtual void write_register(uint32_t offset, uint32_t value) = 0;
  /** Sets ap_start and runs until ap_done. `stop` turns true when the card is being closed. */
  virtual Outcome run(Memory &memory, const volatile bool &stop) = 0;
};

std::unique_ptr<Kernel> make_kernel();

} // namespace card
