// SPDX-License-Identifier: MIT
// kernel_model.h over a simulation of the RTL. -DKERNEL_PINS names the header that reaches the pins of the simulator.
#ifndef KERNEL_PINS
#define KERNEL_PINS "pins_cxxrtl.h"
#endif
#include KERNEL_PINS

#include <cstdio>

#include "bus.h"
#include "kernel_model.h"

namespace {

using namespace kernel_sim;

constexpr uint32_t kResultRegister = 0x80;
constexpr uint32_t kBusyBit = 1u << 31;
// A register access that takes longer than this hangs.
constexpr uint32_t kPatienceClocks = 10000;

Pins pins;
MemorySlave device;
HostMaster host;
Stall stall;
uint64_t clocks = 0;
bool hung = false;

void tick() {
  device.drive(pins, stall);
  host.drive(pins, stall);
  pins.clock();
  device.observe(pins);
  host.observe(pins);
  clocks++;
}

void finish_transfer() {
  for (uint32_t i = 0; i < kPatienceClocks && host.busy(); i++) tick();
  if (host.busy()) {
    hung = true;
    host.reset();
  }
}

}  // namespace

extern "C" {

void kernel_set_memory(const kernel_memory *from) { device.memory = *from; }

void kernel_reset(void) {
  device.reset();
  host.reset();
  hung = false;
  pins.rst_n = false;
  for (int i = 0; i < 4; i++) tick();
  pins.rst_n = true;
  tick();
  tick();
}

void kernel_write_reg(uint32_t offset, uint32_t value) { kernel_transfer(offset, value, 0xf, -1); }

uint32_t kernel_read_reg(uint32_t offset) {
  host.read(offset);
  finish_transfer();
  return host.answer;
}

uint32_t kernel_transfer(uint32_t offset, uint32_t value, uint32_t strobes, int64_t read_offset) {
  host.write(offset, value, strobes);
  if (read_offset >= 0) host.read(uint32_t(read_offset));
  finish_transfer();
  return host.answer;
}

int kernel_busy(void) { return (kernel_read_reg(kResultRegister) & kBusyBit) != 0; }

uint64_t kernel_run(uint64_t max_clocks) {
  const uint64_t before = clocks;
  // The host asks again and again, as a driver would; asking costs nothing here, the kernel works on.
  while (clocks - before < max_clocks && !hung && kernel_busy()) {
  }
  return clocks - before;
}

int kernel_interrupt(void) { return pins.interrupt; }

uint64_t kernel_clocks(void) { return clocks; }

void kernel_set_stall(uint32_t seed, uint32_t percent) { stall.set(seed, percent); }

const char *kernel_violation(void) {
  static char text[64];
  if (pins.violation != 0) {
    snprintf(text, sizeof text, "rule-%u", pins.violation);
    return text;
  }
  return hung ? "no-answer-on-s_axi_control" : nullptr;
}

}  // extern "C"
