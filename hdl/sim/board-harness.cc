// SPDX-License-Identifier: MIT
// Drives a simulated board by its UART pins alone, as a cable does: bytes go in and out bit by bit, at the rate of the line.
// Nothing here looks inside the design. While the line is quiet and the LED (lit while a job runs) is dark, nothing is in
// flight, and the caller may let simulated time stand still.
// Built with -DBOARD_CLOCKS_PER_BIT=c (clocks of one bit) and -DBOARD_QUIET_CLOCKS=q (more clocks than any request that
// lights no LED needs for its answer); engine.cc is what Yosys wrote.
#include "engine.cc"

#include <cstdint>
#include <cstdlib>

// The C++ runtime of the target refers to exceptions but has none; reaching these is a defect.
extern "C" void *__cxa_allocate_exception(size_t) noexcept { __builtin_trap(); }
extern "C" void __cxa_throw(void *, void *, void (*)(void *)) { __builtin_trap(); }

#define EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace {

constexpr uint32_t kBufferBytes = 1u << 16;
constexpr uint32_t kClocksPerBit = BOARD_CLOCKS_PER_BIT;
constexpr uint32_t kBitsPerByte = 10;  // start, eight data bits, stop
constexpr uint32_t kQuietClocks = BOARD_QUIET_CLOCKS;
// Once this long after the last answer nothing more is about to follow, and the caller may have what there is.
constexpr uint32_t kAnswerGapClocks = 2 * kBitsPerByte * kClocksPerBit;
constexpr uint32_t kStepsOfReset = 4;

uint8_t input_[kBufferBytes];
uint8_t output_[kBufferBytes];
uint32_t consumed_, produced_, quiet_;
cxxrtl_design::p_board__shell *dut;

// Sends bytes to the board's receive pin, each bit for kClocksPerBit clocks.
struct Sender {
  uint32_t bits = 0;   // left to send, the next one lowest; 0 when the line is free
  uint32_t count = 0;  // clocks left of the present bit

  bool busy() const { return bits != 0 || count != 0; }

  // `byte` with its start bit below and its stop bit above; the highest one marks the end.
  void begin(uint8_t byte) { bits = 0x600u | uint32_t(byte) << 1; }

  // The level of the line for the next clock.
  bool level = true;
  void clock() {
    if (count == 0) {
      if (bits <= 1) {
        bits = 0;
        level = true;
        return;
      }
      level = bits & 1;
      bits >>= 1;
      count = kClocksPerBit;
    }
    count--;
    if (count == 0 && bits == 1) bits = 0;
  }
};

// Reads the board's transmit pin in the middle of each bit.
struct Receiver {
  uint32_t left = 0;  // samples to take: 10 start bit, 9..2 data, 1 stop bit; 0 waiting for a start bit
  uint32_t count = 0;
  uint32_t byte = 0;

  // True when a byte is complete.
  bool clock(bool level) {
    if (left == 0) {
      if (level) return false;
      left = kBitsPerByte;
      count = kClocksPerBit / 2;
      return false;
    }
    if (--count != 0) return false;
    count = kClocksPerBit;
    left--;
    if (left > 0 && left < kBitsPerByte - 1) byte = byte >> 1 | uint32_t(level) << 7;
    // A start bit that is none, or a stop bit that is low, is noise; the design under test makes neither.
    if (left == kBitsPerByte - 1 && level) left = 0;
    return left == 0 && level;
  }
};

Sender sender_;
Receiver receiver_;

// One rising clock edge. The falling edge is never evaluated: the design has a single clock and no other edge. Outputs show
// the state before the edge, so the caller sees the pins one clock late, which a line does not notice.
inline void tick() {
  dut->p_clk__i.data[0] = 0;
  dut->prev_p_clk__i.data[0] = 0;
  dut->p_clk__i.data[0] = 1;
  dut->step();
}

}  // namespace

// The buffers of `exchange` and the size of each.
EXPORT(input) void *input() { return input_; }
EXPORT(output) void *output() { return output_; }
EXPORT(buffer_bytes) uint32_t buffer_bytes() { return kBufferBytes; }

// A board fresh from its configuration: all memories and registers as at power-up.
EXPORT(power_up) void power_up() {
  delete dut;
  dut = new cxxrtl_design::p_board__shell();
  sender_ = Sender();
  receiver_ = Receiver();
  quiet_ = 0;
  dut->p_uart__rx__i.data[0] = 1;
  dut->p_rst__i.data[0] = 1;
  for (uint32_t i = 0; i < kStepsOfReset; i++) tick();
  dut->p_rst__i.data[0] = 0;
  tick();
}

// Simulates until `max_clocks` have passed, an answer is complete, or nothing is in flight any more, and returns the clocks.
// `consumed` says how many bytes of the input went over the line, `produced` how many came back into the output.
EXPORT(exchange) uint32_t exchange(uint32_t input_bytes, uint32_t max_clocks) {
  consumed_ = 0;
  produced_ = 0;
  uint32_t clocks = 0;
  // A byte takes its time even at the very end of a slice, so the output can never overflow.
  while (clocks < max_clocks && produced_ < kBufferBytes) {
    if (!sender_.busy()) {
      if (consumed_ < input_bytes) sender_.begin(input_[consumed_++]);
      else if (quiet_ >= kQuietClocks || (produced_ != 0 && quiet_ >= kAnswerGapClocks)) break;
    }
    sender_.clock();
    dut->p_uart__rx__i.data[0] = sender_.level;
    tick();
    clocks++;
    if (receiver_.clock(dut->p_uart__tx__o.data[0] != 0)) output_[produced_++] = uint8_t(receiver_.byte);
    const bool active = sender_.busy() || receiver_.left != 0 || dut->p_led__o.data[0] != 0;
    quiet_ = active ? 0 : quiet_ + 1;
  }
  return clocks;
}

EXPORT(consumed) uint32_t consumed() { return consumed_; }
EXPORT(produced) uint32_t produced() { return produced_; }
// 1 when nothing is in flight.
EXPORT(idle) uint32_t idle() { return quiet_ >= kQuietClocks && !sender_.busy(); }
