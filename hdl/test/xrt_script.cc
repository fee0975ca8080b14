// SPDX-License-Identifier: MIT
// Plays a script from standard input over kernel_model.h and prints each answer at once; the same program for every simulator.
// Numbers are hexadecimal.
//   s SEED PERCENT        waits on every channel from now on
//   z                     reset
//   w OFFSET VALUE        write a register           W OFFSET VALUE STROBES   with byte strobes
//   x OFFSET VALUE READ   write one register and read another at the same time, prints "x VALUE"
//   r OFFSET              read a register, prints "r VALUE"
//   i                     prints "i LEVEL" of the interrupt pin
//   m ADDRESS BYTES       fill memory with bytes, two digits each
//   d ADDRESS COUNT       prints "d BYTES"
//   f FROM TO KIND        accesses that touch [FROM, TO) fail: KIND 1 reads, 2 writes, 3 both, 0 none again
//   g CLOCKS              go on until idle, prints "g BUSY CLOCKS"
// The last line is "v RULE accesses LONGEST": what went wrong on a bus ("none"), accesses to memory, bytes of the longest.
#include <algorithm>
#include <cctype>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "kernel_model.h"

namespace {

// Memory in pages; what nobody wrote reads as a pattern that is no plausible word.
class Ram {
public:
  uint8_t &at(uint64_t address) {
    std::vector<uint8_t> &page = pages_[address >> 12];
    if (page.empty()) page.assign(4096, 0xc3);
    return page[address & 4095];
  }

private:
  std::map<uint64_t, std::vector<uint8_t>> pages_;
};

Ram ram;
uint64_t fault_from = 0, fault_to = 0;
uint32_t fault_kind = 0, accesses = 0, longest = 0;

bool fails(uint64_t address, uint32_t bytes, uint32_t kind) {
  accesses++;
  longest = std::max(longest, bytes);
  return (fault_kind & kind) != 0 && address < fault_to && address + bytes > fault_from;
}

int read_memory(void *, uint64_t address, void *to, uint32_t bytes) {
  if (fails(address, bytes, 1)) return -1;
  for (uint32_t i = 0; i < bytes; i++) static_cast<uint8_t *>(to)[i] = ram.at(address + i);
  return 0;
}

int write_memory(void *, uint64_t address, const void *from, uint32_t bytes) {
  if (fails(address, bytes, 2)) return -1;
  for (uint32_t i = 0; i < bytes; i++) ram.at(address + i) = static_cast<const uint8_t *>(from)[i];
  return 0;
}

uint64_t number(FILE *file) {
  uint64_t value = 0;
  if (fscanf(file, "%" SCNx64, &value) != 1) {
    fprintf(stderr, "a number is missing\n");
    exit(2);
  }
  return value;
}

void fill(FILE *file) {
  uint64_t address = number(file);
  fgetc(file);
  for (int high = fgetc(file); isxdigit(high); high = fgetc(file)) {
    const char digits[3] = {char(high), char(fgetc(file)), 0};
    ram.at(address++) = uint8_t(strtoul(digits, nullptr, 16));
  }
}

void dump(FILE *file) {
  const uint64_t address = number(file);
  const uint64_t count = number(file);
  printf("d ");
  for (uint64_t i = 0; i < count; i++) printf("%02x", ram.at(address + i));
  printf("\n");
}

void step(FILE *file, char what) {
  if (what == 's') {
    const uint64_t seed = number(file);
    kernel_set_stall(uint32_t(seed), uint32_t(number(file)));
  } else if (what == 'z') {
    kernel_reset();
  } else if (what == 'w' || what == 'W' || what == 'x') {
    const uint64_t offset = number(file);
    const uint64_t value = number(file);
    const uint32_t strobes = what == 'W' ? uint32_t(number(file)) : 0xf;
    const int64_t read = what == 'x' ? int64_t(number(file)) : -1;
    const uint32_t answer = kernel_transfer(uint32_t(offset), uint32_t(value), strobes, read);
    if (what == 'x') printf("x %x\n", answer);
  } else if (what == 'r') {
    printf("r %x\n", kernel_read_reg(uint32_t(number(file))));
  } else if (what == 'i') {
    printf("i %d\n", kernel_interrupt());
  } else if (what == 'm') {
    fill(file);
  } else if (what == 'd') {
    dump(file);
  } else if (what == 'f') {
    fault_from = number(file);
    fault_to = number(file);
    fault_kind = uint32_t(number(file));
  } else if (what == 'g') {
    const uint64_t clocks = kernel_run(number(file));
    printf("g %d %" PRIx64 "\n", kernel_busy(), clocks);
  } else {
    fprintf(stderr, "no such step: %c\n", what);
    exit(2);
  }
}

}  // namespace

int main() {
  const kernel_memory memory = {nullptr, read_memory, write_memory};
  kernel_set_memory(&memory);
  kernel_reset();
  char what[2];
  while (scanf("%1s", what) == 1) {
    step(stdin, what[0]);
    fflush(stdout);
  }
  const char *violation = kernel_violation();
  printf("v %s %u %u\n", violation == nullptr ? "none" : violation, accesses, longest);
  return 0;
}
