// SPDX-License-Identifier: MIT
// A kernel with the register map of hdl/regs/kernel.json but without an engine: it moves words as hdl/sys/mover.sv does and answers
// what it is; a command only counts its cycles. For tests of the host path alone; results come from the model of the RTL.
//
// Environment: TIERWISE_FAKE_LANES, TIERWISE_FAKE_VERSION, TIERWISE_FAKE_STATE replace what it says; TIERWISE_FAKE_MUTE is the number
// of calls after which it writes no status any more.
#include "card.h"
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

namespace {

constexpr uint32_t magic = 0x4b495754;
constexpr int operand_depth = 147456, gram_depth = 132096;

uint32_t named(const char *name, uint32_t otherwise) {
  const char *text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<uint32_t>(std::atol(text));
}

struct Descriptor {
  bool gram, tri, packed, diagonal;
  uint32_t first, columns, blocks, rows, row0, base;
};

class Fake final : public card::Kernel {
public:
  void write_register(uint32_t offset, uint32_t value) override { registers_[offset] = value; }

  card::Outcome run(card::Memory &memory, const volatile bool &) override {
    const uint32_t steps = registers_[0x10];
    uint8_t state = 0;
    if (steps & 2) clear();
    if (state == 0 && (steps & 1)) state = move(memory, descriptor(0x14), wide(0x68), registers_[0x5c], true);
    if (state == 0 && (steps & 8)) state = move(memory, descriptor(0x48), wide(0x70), registers_[0x60], false);
    const uint8_t forced = static_cast<uint8_t>(named("TIERWISE_FAKE_STATE", 255));
    return answer(memory, steps, forced == 255 ? state : forced);
  }

private:
  uint64_t wide(uint32_t at) { return registers_[at] | static_cast<uint64_t>(registers_[at + 4]) << 32; }

  Descriptor descriptor(uint32_t at) {
    const uint32_t w0 = registers_[at], w1 = registers_[at + 4], w2 = registers_[at + 8];
    return {(w0 & 0xff) == 1, (w0 >> 16 & 1) != 0, (w0 >> 17 & 1) != 0, (w0 >> 18 & 1) != 0, w1 & 0xffff, w1 >> 16,
            w2 & 0xffff, w2 >> 16, registers_[at + 12], registers_[at + 16]};
  }

  uint8_t move(card::Memory &memory, const Descriptor &d, uint64_t address, uint32_t words, bool load) {
    const uint32_t lanes = 8;
    auto &space = d.gram ? gram_ : operand_;
    const size_t depth = d.gram ? gram_depth : operand_depth, bytes = d.gram ? 8 : 4;
    uint32_t row_address = d.base, moved = 0;
    for (uint32_t r = 0; r < d.rows; r++) {
      const uint32_t i = d.row0 + r, from = d.tri ? i : d.first, to = d.diagonal ? from + 1 : d.columns;
      for (uint32_t c = from; c < to; c++, moved++) {
        const uint32_t at = row_address + c / lanes - (d.packed ? i / lanes : 0);
        if (at >= depth) return 3;
        if (moved >= words) return 4;
        int64_t &word = space[static_cast<size_t>(at) * lanes + c % lanes];
        int64_t value = 0;
        if (load) {
          if (!memory.read(address + moved * bytes, &value, bytes)) return 6;
          word = d.gram ? value : static_cast<int32_t>(value);
        } else if (!memory.write(address + moved * bytes, &word, bytes)) {
          return 7;
        }
      }
      row_address += d.packed ? d.blocks - i / lanes : d.blocks;
    }
    return moved == words ? 0 : 4;
  }

  void clear() {
    auto &space = (registers_[0x28] & 0xff) == 1 ? gram_ : operand_;
    const uint32_t lanes = registers_[0x28] >> 16;
    for (uint32_t k = 0; k < registers_[0x30]; k++)
      for (uint32_t l = 0; l < 8; l++)
        if (lanes >> l & 1) space[static_cast<size_t>(registers_[0x2c] + k) * 8 + l] = 0;
  }

  card::Outcome answer(card::Memory &memory, uint32_t steps, uint8_t state) {
    if (calls_++ >= named("TIERWISE_FAKE_MUTE", UINT32_MAX)) return card::Outcome::done;
    uint8_t block[64] = {};
    const auto put = [&block](size_t at, uint64_t value, size_t bytes) { std::memcpy(block + at, &value, bytes); };
    put(0, magic, 4);
    block[4] = state;
    block[6] = static_cast<uint8_t>(steps);
    block[7] = static_cast<uint8_t>(named("TIERWISE_FAKE_VERSION", 1));
    put(8, steps & 4 ? 1234 : 0, 4);
    block[32] = static_cast<uint8_t>(named("TIERWISE_FAKE_LANES", 8));
    block[33] = 18;
    block[34] = 48;
    block[35] = 2;
    put(36, 0x1f, 2);
    put(38, 1024, 2);
    put(40, operand_depth, 4);
    put(44, gram_depth, 4);
    return memory.write(wide(0x78), block, sizeof block) ? card::Outcome::done : card::Outcome::error;
  }

  uint32_t calls_ = 0;
  std::map<uint32_t, uint32_t> registers_;
  std::vector<int64_t> operand_ = std::vector<int64_t>(operand_depth * 8);
  std::vector<int64_t> gram_ = std::vector<int64_t>(gram_depth * 8);
};

} // namespace

std::unique_ptr<card::Kernel> card::make_kernel() { return std::make_unique<Fake>(); }
