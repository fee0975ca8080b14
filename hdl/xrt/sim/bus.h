// SPDX-License-Identifier: MIT
// The other side of the kernel's two buses: a memory that answers bursts in order, and a host that writes and reads registers. Both
// can hold back every channel at random, and keep the rules themselves: what is offered stays until it is taken.
#pragma once
#include <cstdint>
#include <cstring>
#include <deque>
#include <vector>

#include "kernel_model.h"
#include "pins.h"

namespace kernel_sim {

/** xorshift32: the same waits on every machine. */
class Stall {
public:
  void set(uint32_t seed, uint32_t percent) {
    state_ = seed == 0 ? 1 : seed;
    percent_ = percent > 90 ? 90 : percent;
  }
  bool operator()() {
    if (percent_ == 0) return false;
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return (state_ >> 8) % 100 < percent_;
  }

private:
  uint32_t state_ = 1, percent_ = 0;
};

/** AXI4 memory with 64-bit data. Reads are fetched a burst at a time, writes are done at the end of a burst. */
class MemorySlave {
public:
  kernel_memory memory = {nullptr, nullptr, nullptr};

  void reset() {
    reads_.clear();
    addresses_.clear();
    data_.clear();
    answers_.clear();
    bursts_complete_ = 0;
    r_offered_ = b_offered_ = false;
  }

  void drive(Pins &pins, Stall &stall) {
    pins.m_arready = reads_.size() < 8 && !stall();
    pins.m_awready = addresses_.size() < 8 && !stall();
    pins.m_wready = bursts_complete_ < 8 && !stall();
    r_offered_ = r_offered_ || (!reads_.empty() && !stall());
    b_offered_ = b_offered_ || (!answers_.empty() && !stall());
    pins.m_rvalid = r_offered_;
    if (r_offered_) {
      const Read &read = reads_.front();
      std::memcpy(&pins.m_rdata, &read.bytes[8 * read.at], 8);
      pins.m_rresp = read.failed ? 2 : 0;
      pins.m_rlast = 8 * (read.at + 1) == read.bytes.size();
    } else {
      pins.m_rdata = 0x0bad0bad0bad0badu;
      pins.m_rlast = true;
    }
    pins.m_bvalid = b_offered_;
    pins.m_bresp = b_offered_ && answers_.front() ? 2 : 0;
  }

  void observe(const Pins &pins) {
    if (pins.m_rvalid && pins.m_rready) {
      r_offered_ = false;
      if (pins.m_rlast) reads_.pop_front();
      else reads_.front().at++;
    }
    if (pins.m_bvalid && pins.m_bready) {
      b_offered_ = false;
      answers_.pop_front();
    }
    if (pins.m_arvalid && pins.m_arready) fetch(pins.m_araddr, pins.m_arlen + 1);
    if (pins.m_awvalid && pins.m_awready) addresses_.push_back({pins.m_awaddr, pins.m_awlen + 1});
    if (pins.m_wvalid && pins.m_wready) {
      data_.push_back({pins.m_wdata, pins.m_wstrb});
      if (pins.m_wlast) bursts_complete_++;
    }
    while (!addresses_.empty() && bursts_complete_ > 0) store();
  }

private:
  struct Read {
    std::vector<uint8_t> bytes;
    size_t at;
    bool failed;
  };
  struct Address {
    uint64_t address;
    uint32_t beats;
  };
  struct Beat {
    uint64_t data;
    uint32_t strobes;
  };

  void fetch(uint64_t address, uint32_t beats) {
    Read read{std::vector<uint8_t>(8 * beats), 0, true};
    if (memory.read != nullptr) read.failed = memory.read(memory.context, address, read.bytes.data(), 8 * beats) != 0;
    // Whatever came with an error is not data.
    if (read.failed) std::memset(read.bytes.data(), 0x5a, read.bytes.size());
    reads_.push_back(std::move(read));
  }

  // Neighbouring bytes whose strobes are set go to memory together.
  void store() {
    const Address burst = addresses_.front();
    addresses_.pop_front();
    bursts_complete_--;
    std::vector<uint8_t> run;
    uint64_t from = burst.address;
    bool failed = memory.write == nullptr;
    auto flush = [&](uint64_t next) {
      if (!run.empty() && memory.write != nullptr)
        failed = memory.write(memory.context, from, run.data(), uint32_t(run.size())) != 0 || failed;
      run.clear();
      from = next;
    };
    for (uint32_t b = 0; b < burst.beats && !data_.empty(); b++) {
      const Beat beat = data_.front();
      data_.pop_front();
      for (uint32_t i = 0; i < 8; i++) {
        const uint64_t address = burst.address + 8 * uint64_t(b) + i;
        if (beat.strobes >> i & 1) run.push_back(uint8_t(beat.data >> 8 * i));
        else flush(address + 1);
      }
    }
    flush(0);
    answers_.push_back(failed);
  }

  std::deque<Read> reads_;
  std::deque<Address> addresses_;
  std::deque<Beat> data_;
  std::deque<bool> answers_;
  size_t bursts_complete_ = 0;
  bool r_offered_ = false, b_offered_ = false;
};

/** AXI4-Lite master: at most one write and one read under way; address and data of a write are offered independently. */
class HostMaster {
public:
  uint32_t answer = 0;

  void reset() { aw_ = w_ = b_ = ar_ = r_ = aw_offered_ = w_offered_ = ar_offered_ = false; }
  void write(uint32_t offset, uint32_t value, uint32_t strobes) {
    awaddr_ = offset;
    wdata_ = value;
    wstrb_ = strobes;
    aw_ = w_ = b_ = true;
  }
  void read(uint32_t offset) {
    araddr_ = offset;
    ar_ = r_ = true;
  }
  bool busy() const { return b_ || r_; }

  void drive(Pins &pins, Stall &stall) {
    aw_offered_ = aw_offered_ || (aw_ && !stall());
    w_offered_ = w_offered_ || (w_ && !stall());
    ar_offered_ = ar_offered_ || (ar_ && !stall());
    pins.s_awvalid = aw_offered_;
    pins.s_awaddr = aw_offered_ ? awaddr_ : 0xfc;
    pins.s_wvalid = w_offered_;
    pins.s_wdata = w_offered_ ? wdata_ : 0xffffffff;
    pins.s_wstrb = w_offered_ ? wstrb_ : 0xf;
    pins.s_bready = b_ && !stall();
    pins.s_arvalid = ar_offered_;
    pins.s_araddr = ar_offered_ ? araddr_ : 0;
    pins.s_rready = r_ && !stall();
  }

  void observe(const Pins &pins) {
    if (pins.s_awvalid && pins.s_awready) aw_ = aw_offered_ = false;
    if (pins.s_wvalid && pins.s_wready) w_ = w_offered_ = false;
    if (pins.s_bvalid && pins.s_bready) b_ = false;
    if (pins.s_arvalid && pins.s_arready) ar_ = ar_offered_ = false;
    if (pins.s_rvalid && pins.s_rready) {
      r_ = false;
      answer = pins.s_rdata;
    }
  }

private:
  bool aw_ = false, w_ = false, b_ = false, ar_ = false, r_ = false;
  bool aw_offered_ = false, w_offered_ = false, ar_offered_ = false;
  uint32_t awaddr_ = 0, wdata_ = 0, wstrb_ = 0, araddr_ = 0;
};

}  // namespace kernel_sim
