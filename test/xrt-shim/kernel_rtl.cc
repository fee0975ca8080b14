// SPDX-License-Identifier: MIT
// The kernel of the simulated card: the RTL (hdl/xrt), simulated, reached over its AXI4-Lite slave; its AXI4 master sees the buffers.
#include "card.h"
#include "kernel_model.h"
#include <cstdio>

namespace {

/** Clocks between two looks at `stop`. */
constexpr uint64_t slice_clocks = 20000;
constexpr uint32_t control = 0x00, start_bit = 1, done_bit = 2;

int read_memory(void *memory, uint64_t address, void *to, uint32_t bytes) {
  return static_cast<card::Memory *>(memory)->read(address, to, bytes) ? 0 : -1;
}

int write_memory(void *memory, uint64_t address, const void *from, uint32_t bytes) {
  return static_cast<card::Memory *>(memory)->write(address, from, bytes) ? 0 : -1;
}

class Rtl final : public card::Kernel {
public:
  Rtl() { kernel_reset(); }

  void write_register(uint32_t offset, uint32_t value) override { kernel_write_reg(offset, value); }

  card::Outcome run(card::Memory &memory, const volatile bool &stop) override {
    const kernel_memory seen = {&memory, read_memory, write_memory};
    kernel_set_memory(&seen);
    kernel_write_reg(control, start_bit);
    while (kernel_busy() && !stop && kernel_violation() == nullptr) kernel_run(slice_clocks);
    if (stop) return card::Outcome::stopped;
    if (kernel_violation() != nullptr) {
      std::fprintf(stderr, "[XRT] ERROR: bus protocol: %s\n", kernel_violation());
      return card::Outcome::error;
    }
    return kernel_read_reg(control) & done_bit ? card::Outcome::done : card::Outcome::error;
  }
};

} // namespace

std::unique_ptr<card::Kernel> card::make_kernel() { return std::make_unique<Rtl>(); }
