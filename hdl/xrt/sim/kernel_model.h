// SPDX-License-Identifier: MIT
// The RTL of the XRT kernel as a native library: its registers, reached over AXI4-Lite, and device memory behind its AXI4 master.
// Nothing looks inside the design. One kernel per process, one caller at a time.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Device memory. Both functions move `bytes` (1..2048) bytes and return 0; anything else becomes an error response on the bus. */
typedef struct {
  void *context;
  int (*read)(void *context, uint64_t address, void *to, uint32_t bytes);
  int (*write)(void *context, uint64_t address, const void *from, uint32_t bytes);
} kernel_memory;

/** Where memory is; copied. Without one, every access gets an error response. */
void kernel_set_memory(const kernel_memory *memory);

/** Creates the kernel on first use, and resets it: registers 0, no call under way; memories of the engine keep their words. */
void kernel_reset(void);

/** Writes or reads the 32-bit register at a byte offset (hdl/regs/kernel.json). Reading the control register clears done. */
void kernel_write_reg(uint32_t offset, uint32_t value);
uint32_t kernel_read_reg(uint32_t offset);

/**
 * Lets time pass until no call is under way, at most `max_clocks` clocks; returns the clocks that passed. Ask kernel_busy() whether
 * the call ended.
 */
uint64_t kernel_run(uint64_t max_clocks);

/** 1 while a call is under way; clears nothing. */
int kernel_busy(void);

/** Level of the interrupt pin. */
int kernel_interrupt(void);

/** Clocks since the first kernel_reset(). */
uint64_t kernel_clocks(void);

/** Waits on every channel of both buses from now on: each clock a channel is held back with `percent` probability (0..90; 0 = never). */
void kernel_set_stall(uint32_t seed, uint32_t percent);

/** What the bus did wrong first, or NULL. Complete only in builds with the protocol checker; others see a bus that hangs. */
const char *kernel_violation(void);

/** For tests: a write with byte strobes, and at the same time a read (read_offset < 0: none), whose answer is returned. */
uint32_t kernel_transfer(uint32_t offset, uint32_t value, uint32_t strobes, int64_t read_offset);

#ifdef __cplusplus
}
#endif
