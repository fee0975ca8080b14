// SPDX-License-Identifier: MIT
// The board shell in Verilator behind a model of the serial line, driven over standard input and output. Test only.
// A request is op u8, arg u32, length u32, bytes; the answer is clocks u64, length u32, bytes the board sent meanwhile.
//   0 send     puts the bytes on the line one after the other, `arg` idle bits between them, and runs until they are out
//   1 run      runs `arg` clocks
//   2 settle   runs until the board sent nothing for `arg` clocks
//   3 hold     holds the line low for `arg` clocks, then high for one byte
//   4 raw      like send, but each pair of bytes is a byte and the number of clocks its bits last (a wrong line rate)
//   5 reset    the board's reset for one clock
// Numbers are little-endian. -DCLOCKS_PER_BIT=n as the board's.
#include "Vboard_shell.h"
#include "verilated.h"

#include <cstdint>
#include <cstdio>
#include <vector>

static Vboard_shell *dut;
static uint64_t clocks = 0;
static std::vector<uint8_t> received;

// Receiver of the line: samples in the middle of each bit.
static int rx_left = 0, rx_count = 0, rx_byte = 0;

static void tick(int line) {
  dut->uart_rx_i = line;
  dut->clk_i = 0;
  dut->eval();
  dut->clk_i = 1;
  dut->eval();
  clocks++;
  const int tx = dut->uart_tx_o;
  if (rx_left == 0) {
    if (!tx) {
      rx_left = 10;
      rx_count = CLOCKS_PER_BIT / 2;
    }
  } else if (--rx_count == 0) {
    rx_count = CLOCKS_PER_BIT;
    rx_left--;
    if (rx_left == 0) {
      if (!tx) fprintf(stderr, "the board sent a byte without a stop bit\n");
      received.push_back(rx_byte);
    } else {
      rx_byte = (rx_byte >> 1) | (tx ? 0x80 : 0);
    }
  }
}

static void put(uint8_t byte, int clocks_per_bit) {
  const int word = (byte << 1) | 0x200;
  for (int bit = 0; bit < 10; bit++)
    for (int n = 0; n < clocks_per_bit; n++) tick((word >> bit) & 1);
}

static bool read_all(void *to, size_t n) { return n == 0 || fread(to, 1, n, stdin) == n; }

int main(int argc, char **argv) {
  Verilated::commandArgs(argc, argv);
  dut = new Vboard_shell;
  dut->rst_i = 1;
  for (int n = 0; n < 4; n++) tick(1);
  dut->rst_i = 0;
  for (;;) {
    uint8_t op;
    uint32_t arg, length;
    if (!read_all(&op, 1) || !read_all(&arg, 4) || !read_all(&length, 4)) break;
    std::vector<uint8_t> bytes(length);
    if (!read_all(bytes.data(), length)) break;
    if (op == 0) {
      for (uint8_t byte : bytes) {
        put(byte, CLOCKS_PER_BIT);
        for (uint32_t n = 0; n < arg * CLOCKS_PER_BIT; n++) tick(1);
      }
    } else if (op == 1) {
      for (uint32_t n = 0; n < arg; n++) tick(1);
    } else if (op == 2) {
      for (uint32_t quiet = 0; quiet < arg; quiet++) {
        tick(1);
        if (rx_left != 0) quiet = 0;
      }
    } else if (op == 3) {
      for (uint32_t n = 0; n < arg; n++) tick(0);
      for (int n = 0; n < 10 * CLOCKS_PER_BIT; n++) tick(1);
    } else if (op == 4) {
      for (size_t i = 0; i + 1 < bytes.size(); i += 2) put(bytes[i], bytes[i + 1]);
    } else {
      dut->rst_i = 1;
      tick(1);
      dut->rst_i = 0;
    }
    const uint32_t n = received.size();
    fwrite(&clocks, 8, 1, stdout);
    fwrite(&n, 4, 1, stdout);
    fwrite(received.data(), 1, n, stdout);
    fflush(stdout);
    received.clear();
  }
  delete dut;
  return 0;
}
