// The engine simulated natively by Verilator: repeats each command and prints a line "NAME CLOCKS_PER_CPU_SECOND" per command.
// Built and run by bench/engine-speed.bench.mjs; argument: features d (a multiple of 8, m = 8, 64 rows).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "Vtierwise_engine.h"

namespace {

constexpr unsigned kLanes = 8, kOutputs = 8, kRows = 64;
Vtierwise_engine *dut;

void tick() {
  dut->clk_i = 0;
  dut->eval();
  dut->clk_i = 1;
  dut->eval();
}

void write(bool gram, unsigned address, unsigned lanes, int64_t value) {
  dut->host_we_i = 1;
  dut->host_gram_i = gram;
  dut->host_addr_i = address;
  dut->host_lanes_i = lanes;
  dut->host_wdata_i = uint64_t(value) & 0xffffffffffffull;
  tick();
  dut->host_we_i = 0;
}

}  // namespace

int main(int, char **argv) {
  const unsigned d = unsigned(atoi(argv[1])), columns = d + kOutputs, blocks = columns / kLanes, rowBase = 2 * d * (blocks + 1);
  dut = new Vtierwise_engine;
  dut->rst_i = 1;
  tick();
  tick();
  dut->rst_i = 0;
  tick();
  unsigned at = 0;
  for (unsigned i = 0; i < d; i++) {
    for (unsigned b = 0; b < blocks - i / kLanes; b++) write(true, at + b, 255, 0);
    write(true, at, 1u << (i % kLanes), int64_t(1) << 30);
    at += blocks - i / kLanes;
  }
  uint32_t random = 12345;
  for (unsigned r = 0; r < kRows; r++) {
    for (unsigned j = 0; j < columns; j++) {
      random ^= random << 13;
      random ^= random >> 17;
      random ^= random << 5;
      write(false, rowBase + r * blocks + j / kLanes, 1u << (j % kLanes), int64_t(random >> 18) - 8192);
    }
  }
  const struct {
    const char *name;
    unsigned op, rows, rowBase, vecBase, two;
  } commands[] = {{"GRAM", 0, kRows, rowBase, 0, 0},
                  {"CHOL", 1, 1, 0, 0, 0},
                  {"BACK", 2, 1, (d - 1) * blocks, d * blocks + d - 1 - d / kLanes, 0},
                  {"CHOL, two limbs", 1, 1, 0, 0, 1}};
  for (const auto &command : commands) {
    double best = 0;
    for (int repeat = 0; repeat < 5; repeat++) {
      uint64_t clocks = 0;
      const clock_t start = clock();
      do {
        dut->op_i = command.op;
        dut->two_i = command.two;
        dut->d_i = d;
        dut->cb_i = blocks;
        dut->k_i = command.rows;
        dut->row_base_i = command.rowBase;
        dut->vec_base_i = command.vecBase;
        dut->start_i = 1;
        tick();
        dut->start_i = 0;
        while (dut->busy_o) tick();
        clocks += dut->cycles_o;
      } while (clock() - start < CLOCKS_PER_SEC / 5);
      const double rate = double(clocks) / (double(clock() - start) / CLOCKS_PER_SEC);
      if (rate > best) best = rate;
    }
    printf("%s %.0f\n", command.name, best);
  }
  return 0;
}
