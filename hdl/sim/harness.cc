// SPDX-License-Identifier: MIT
// Drives the simulated engine through its own ports and offers that to JavaScript as a few functions. Nothing here looks
// inside the design: data go in and out over the host port, one word per clock, exactly as a board shell would move them.
// Built with -DENGINE_LANES=N -DENGINE_AW=AW; engine.cc is what Yosys wrote.
#include "engine.cc"

#include <cstdint>
#include <cstdlib>

// The C++ runtime of the target refers to exceptions but has none; reaching these is a defect.
extern "C" void *__cxa_allocate_exception(size_t) noexcept { __builtin_trap(); }
extern "C" void __cxa_throw(void *, void *, void (*)(void *)) { __builtin_trap(); }

#define EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace {

constexpr uint32_t kLanes = ENGINE_LANES;
constexpr uint32_t kBufferBytes = 1u << 18;
// Read data are registered twice, and outputs show the state before the clock edge just simulated.
constexpr uint32_t kReadLatency = 3;

alignas(8) uint8_t buffer_[kBufferBytes];
cxxrtl_design::p_tierwise__engine *dut;

// One rising clock edge. The falling edge is never evaluated: the design has a single clock and no other edge.
inline void tick() {
  dut->p_clk__i.data[0] = 0;
  dut->prev_p_clk__i.data[0] = 0;
  dut->p_clk__i.data[0] = 1;
  dut->step();
}

// Brings combinational outputs up to date without a clock edge.
inline void settle() {
  dut->prev_p_clk__i.data[0] = 1;
  dut->step();
}

void put_wdata(int64_t value) {
  const uint64_t bits = uint64_t(value) & ((uint64_t(1) << ENGINE_AW) - 1);
  dut->p_host__wdata__i.data[0] = uint32_t(bits);
  dut->p_host__wdata__i.data[1] = uint32_t(bits >> 32);
}

int64_t get_rdata() {
  const uint64_t bits = uint64_t(dut->p_host__rdata__o.data[0]) | uint64_t(dut->p_host__rdata__o.data[1]) << 32;
  return int64_t(bits << (64 - ENGINE_AW)) >> (64 - ENGINE_AW);
}

void write_word(bool gram, uint32_t address, uint32_t lanes, int64_t value) {
  dut->p_host__we__i.data[0] = 1;
  dut->p_host__gram__i.data[0] = gram;
  dut->p_host__addr__i.data[0] = address;
  dut->p_host__lanes__i.data[0] = lanes;
  put_wdata(value);
  tick();
  dut->p_host__we__i.data[0] = 0;
}

// Reads columns [from, to) of the row of blocks at `address`, one word per clock after the latency.
template <typename Store>
void read_columns(bool gram, uint32_t address, uint32_t from, uint32_t to, Store store) {
  const uint32_t count = to - from;
  dut->p_host__gram__i.data[0] = gram;
  for (uint32_t t = 0; t + 1 < count + kReadLatency; t++) {
    dut->p_host__re__i.data[0] = t < count;
    if (t < count) {
      dut->p_host__addr__i.data[0] = address + (from + t) / kLanes;
      dut->p_host__lanes__i.data[0] = 1u << ((from + t) % kLanes);
    }
    tick();
    if (t + 1 >= kReadLatency) store(t + 1 - kReadLatency, get_rdata());
  }
  dut->p_host__re__i.data[0] = 0;
}

}  // namespace

// Address and size of the staging buffer.
EXPORT(buffer) void *buffer() { return buffer_; }
EXPORT(buffer_bytes) uint32_t buffer_bytes() { return kBufferBytes; }

// Creates the design on first use, and resets it.
EXPORT(reset) void reset() {
  if (dut == nullptr) dut = new cxxrtl_design::p_tierwise__engine();
  dut->p_start__i.data[0] = 0;
  dut->p_host__we__i.data[0] = 0;
  dut->p_host__re__i.data[0] = 0;
  dut->p_rst__i.data[0] = 1;
  tick();
  tick();
  dut->p_rst__i.data[0] = 0;
  tick();
  settle();
}

// Writes 0 to `count` addresses in the lanes of the mask.
EXPORT(clear) void clear(uint32_t gram, uint32_t address, uint32_t count, uint32_t lanes) {
  for (uint32_t i = 0; i < count; i++) write_word(gram != 0, address + i, lanes, 0);
}

// Writes one Gram word.
EXPORT(write_gram) void write_gram(uint32_t address, uint32_t lane, double value) {
  write_word(true, address, 1u << lane, int64_t(value));
}

// Writes int32 words [rows, columns] from the buffer to operand rows of `blocks` addresses each.
EXPORT(write_rows) void write_rows(uint32_t address, uint32_t rows, uint32_t columns, uint32_t blocks) {
  const int32_t *words = reinterpret_cast<const int32_t *>(buffer_);
  for (uint32_t r = 0; r < rows; r++)
    for (uint32_t c = 0; c < columns; c++)
      write_word(false, address + r * blocks + c / kLanes, 1u << (c % kLanes), *words++);
}

// Writes int32 words from the buffer to columns [from, to) of the row of blocks at `address`.
EXPORT(write_operand) void write_operand(uint32_t address, uint32_t from, uint32_t to) {
  const int32_t *words = reinterpret_cast<const int32_t *>(buffer_);
  for (uint32_t c = from; c < to; c++) write_word(false, address + c / kLanes, 1u << (c % kLanes), *words++);
}

// Reads columns [from, to) of an operand row into the buffer as int32.
EXPORT(read_operand) void read_operand(uint32_t address, uint32_t from, uint32_t to) {
  int32_t *out = reinterpret_cast<int32_t *>(buffer_);
  read_columns(false, address, from, to, [out](uint32_t i, int64_t v) { out[i] = int32_t(v); });
}

// Reads columns [from, to) of a Gram row into the buffer as doubles.
EXPORT(read_gram) void read_gram(uint32_t address, uint32_t from, uint32_t to) {
  double *out = reinterpret_cast<double *>(buffer_);
  read_columns(true, address, from, to, [out](uint32_t i, int64_t v) { out[i] = double(v); });
}

// Starts a command (hdl/README.md); `run` executes it. `flags`: bit 0 two limbs, bit 1 subtract.
EXPORT(start) void start(uint32_t op, uint32_t d, uint32_t blocks, uint32_t rows, uint32_t row_base, uint32_t vec_base,
                         uint32_t shift, uint32_t flags, uint32_t decay) {
  dut->p_op__i.data[0] = op;
  dut->p_d__i.data[0] = d;
  dut->p_cb__i.data[0] = blocks;
  dut->p_k__i.data[0] = rows;
  dut->p_row__base__i.data[0] = row_base;
  dut->p_vec__base__i.data[0] = vec_base;
  dut->p_sh__i.data[0] = shift;
  dut->p_two__i.data[0] = flags & 1;
  dut->p_neg__i.data[0] = flags >> 1 & 1;
  dut->p_decay__i.data[0] = decay;
  dut->p_start__i.data[0] = 1;
  tick();
  dut->p_start__i.data[0] = 0;
}

// Runs at most `max_cycles` clocks; returns 1 while the command is still running.
EXPORT(run) uint32_t run(uint32_t max_cycles) {
  settle();
  for (uint32_t i = 0; i < max_cycles && dut->p_busy__o.data[0] != 0; i++) tick();
  settle();
  return dut->p_busy__o.data[0];
}

EXPORT(breakdown) uint32_t breakdown() { return dut->p_brk__o.data[0]; }
EXPORT(saturated) uint32_t saturated() { return dut->p_sat__o.data[0]; }
EXPORT(cycles) uint32_t cycles() { return dut->p_cycles__o.data[0]; }
EXPORT(activity) uint32_t activity() { return dut->p_activity__o.data[0]; }
