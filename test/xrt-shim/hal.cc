// SPDX-License-Identifier: MIT
// A simulated accelerator card behind the public xcl* interface of XRT (xrt.h): buffers with a host side and a device side, one
// compute unit, commands as in ert.h. It is linked into a test library named libxrt_core.so.2, so that the real
// libxrt_coreutil drives it as it drives a card. Test use only.
//
// Environment: TIERWISE_SHIM_FAULT = open-null | load | error | hang | segv | abort | exit |
// corrupt (status and data) | flip (data only), TIERWISE_SHIM_CARDS (default 1),
// TIERWISE_SHIM_FAULT_AT (default 0: the invocation, counted from 0, from which on all but open-null and load strike).
#include "card.h"
#include "glue.h"
#include <xrt.h>
#include <ert.h>
#include <xclbin.h>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <vector>

namespace {

constexpr size_t page_bytes = 4096;
constexpr uint64_t memory_base = 0x4000000000ULL;
constexpr uint64_t memory_bytes = 1ULL << 30;

std::string fault() {
  const char *named = std::getenv("TIERWISE_SHIM_FAULT");
  return named == nullptr ? "" : named;
}

long number(const char *name, long otherwise) {
  const char *text = std::getenv(name);
  return text == nullptr ? otherwise : std::atol(text);
}

struct Buffer {
  size_t bytes = 0;
  uint32_t flags = 0;
  uint64_t address = 0;
  unsigned char *host = nullptr;
  bool owns_host = false;
  std::vector<unsigned char> device;
};

class Card final : public card::Memory {
public:
  explicit Card(unsigned index) : kernel_(card::make_kernel()) {
    device_ = open_core_device(this, index);
    worker_ = std::thread([this] { work(); });
  }

  ~Card() override {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    done_.notify_all();
    worker_.join();
    for (auto &entry : buffers_)
      if (entry.second.owns_host) munmap(entry.second.host, entry.second.bytes);
  }

  int load(const axlf *image) {
    if (std::strncmp(image->m_magic, "xclbin2", 7) != 0) return -EINVAL;
    if (fault() == "load") {
      std::fprintf(stderr, "[XRT] ERROR: Failed to download xclbin: the card does not take it\n");
      return -EIO;
    }
    register_axlf(core_device(device_), image);
    return 0;
  }

  unsigned allocate(void *host, size_t bytes, uint32_t flags) {
    std::lock_guard<std::mutex> lock(mutex_);
    const bool command = (flags & XCL_BO_FLAGS_EXECBUF) != 0;
    const size_t rounded = (bytes + page_bytes - 1) / page_bytes * page_bytes;
    if (!command && next_address_ + rounded > memory_base + memory_bytes) return XRT_NULL_BO;
    Buffer buffer;
    buffer.bytes = bytes;
    buffer.flags = flags;
    buffer.host = static_cast<unsigned char *>(host);
    if (host == nullptr) {
      void *pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (pages == MAP_FAILED) return XRT_NULL_BO;
      buffer.host = static_cast<unsigned char *>(pages);
      buffer.owns_host = true;
    }
    if (!command) {
      buffer.address = next_address_;
      // A page between buffers belongs to nobody: running over the end is a bus error, not a neighbour's data.
      next_address_ += rounded + page_bytes;
      buffer.device.assign(bytes, 0xa5);
    }
    const unsigned handle = next_handle_++;
    buffers_.emplace(handle, std::move(buffer));
    return handle;
  }

  void free(unsigned handle) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = buffers_.find(handle);
    if (found == buffers_.end()) return;
    if (found->second.owns_host) munmap(found->second.host, found->second.bytes);
    buffers_.erase(found);
    if (buffers_.empty()) next_address_ = memory_base;
  }

  Buffer *find(unsigned handle) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = buffers_.find(handle);
    return found == buffers_.end() ? nullptr : &found->second;
  }

  int sync(unsigned handle, bool to_device, size_t bytes, size_t offset) {
    Buffer *buffer = find(handle);
    if (buffer == nullptr || buffer->device.empty() || offset > buffer->bytes || bytes > buffer->bytes - offset) return -EINVAL;
    if (to_device) std::memcpy(buffer->device.data() + offset, buffer->host + offset, bytes);
    else std::memcpy(buffer->host + offset, buffer->device.data() + offset, bytes);
    return 0;
  }

  int execute(unsigned handle) {
    Buffer *buffer = find(handle);
    if (buffer == nullptr) return -EINVAL;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      queue_.push_back(reinterpret_cast<ert_start_kernel_cmd *>(buffer->host));
    }
    wake_.notify_one();
    return 0;
  }

  int wait(int timeout_ms) {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto ready = [this] { return finished_ > 0 || stop_; };
    if (timeout_ms < 0) done_.wait(lock, ready);
    else if (!done_.wait_for(lock, std::chrono::milliseconds(timeout_ms), ready)) return 0;
    if (finished_ > 0) finished_--;
    return 1;
  }

  bool read(uint64_t address, void *to, size_t bytes) override {
    const unsigned char *at = locate(address, bytes);
    if (at != nullptr) std::memcpy(to, at, bytes);
    return at != nullptr;
  }

  bool write(uint64_t address, const void *from, size_t bytes) override {
    unsigned char *at = locate(address, bytes);
    if (at != nullptr) std::memcpy(at, from, bytes);
    return at != nullptr;
  }

private:
  unsigned char *locate(uint64_t address, size_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto &entry : buffers_) {
      Buffer &buffer = entry.second;
      if (buffer.device.empty() || address < buffer.address) continue;
      const uint64_t offset = address - buffer.address;
      if (offset <= buffer.bytes && bytes <= buffer.bytes - offset) return buffer.device.data() + offset;
    }
    return nullptr;
  }

  void work() {
    for (;;) {
      ert_start_kernel_cmd *command = nullptr;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [this] { return stop_ || !queue_.empty(); });
        if (stop_) return;
        command = queue_.front();
        queue_.pop_front();
      }
      const uint32_t state = start(command);
      {
        std::lock_guard<std::mutex> lock(mutex_);
        if (stop_) return;
        command->state = state;
        finished_++;
      }
      done_.notify_all();
    }
  }

  uint32_t start(ert_start_kernel_cmd *command) {
    if (command->opcode != ERT_START_CU) return ERT_CMD_STATE_COMPLETED;
    const bool strikes = invocations_++ >= number("TIERWISE_SHIM_FAULT_AT", 0);
    const std::string kind = strikes ? fault() : "";
    if (kind == "error") return ERT_CMD_STATE_ERROR;
    if (kind == "segv") std::raise(SIGSEGV);
    if (kind == "abort") std::abort();
    if (kind == "exit") std::_Exit(3);
    if (kind == "hang") {
      while (!stop_) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return ERT_CMD_STATE_ABORT;
    }
    command->state = ERT_CMD_STATE_RUNNING;
    const uint32_t *registers = command->data + command->extra_cu_masks;
    const uint32_t words = command->count - 1 - command->extra_cu_masks;
    for (uint32_t i = 4; i < words; i++) kernel_->write_register(i * 4, registers[i]);
    const card::Outcome outcome = kernel_->run(*this, stop_);
    if (kind == "corrupt") corrupt(0);
    // Bytes 28 to 31 of a status block are reserved, so only words of data are hit.
    if (kind == "flip") corrupt(28);
    return outcome == card::Outcome::done ? ERT_CMD_STATE_COMPLETED : ERT_CMD_STATE_ERROR;
  }

  /** Flips one bit of every device buffer, as bad memory would. */
  void corrupt(size_t at) {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto &entry : buffers_)
      if (entry.second.device.size() > at) entry.second.device[at] ^= 1;
  }

  std::unique_ptr<card::Kernel> kernel_;
  std::shared_ptr<xrt_core::device> device_;
  std::thread worker_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::map<unsigned, Buffer> buffers_;
  std::deque<ert_start_kernel_cmd *> queue_;
  unsigned next_handle_ = 1;
  uint64_t next_address_ = memory_base;
  long invocations_ = 0;
  int finished_ = 0;
  volatile bool stop_ = false;
};

Card *card_of(xclDeviceHandle handle) { return static_cast<Card *>(handle); }

} // namespace

extern "C" {

unsigned xclProbe() { return static_cast<unsigned>(number("TIERWISE_SHIM_CARDS", 1)); }

xclDeviceHandle xclOpen(unsigned index, const char *, xclVerbosityLevel) {
  if (fault() == "open-null" || index >= xclProbe()) {
    std::fprintf(stderr, "[XRT] ERROR: Could not open device with index '%u'\n", index);
    return nullptr;
  }
  return new Card(index);
}

void xclClose(xclDeviceHandle handle) { delete card_of(handle); }

int xclGetDeviceInfo2(xclDeviceHandle, xclDeviceInfo2 *info) {
  std::memset(info, 0, sizeof *info);
  info->mMagic = 0x586C0C6C;
  std::strcpy(info->mName, "tierwise_simulated_card");
  info->mHALMajorVersion = 2;
  info->mHALMinorVersion = 13;
  info->mVendorId = 0x10ee;
  info->mDDRSize = memory_bytes;
  info->mDDRFreeSize = memory_bytes;
  info->mDataAlignment = page_bytes;
  info->mMinTransferSize = 64;
  info->mDDRBankCount = 1;
  info->mOCLFrequency[0] = 300;
  info->mNumClocks = 1;
  return 0;
}

int xclLoadXclBin(xclDeviceHandle handle, const axlf *image) { return card_of(handle)->load(image); }
int xclOpenContext(xclDeviceHandle, const xuid_t, unsigned, bool) { return 0; }
int xclCloseContext(xclDeviceHandle, const xuid_t, unsigned) { return 0; }

xclBufferHandle xclAllocBO(xclDeviceHandle handle, size_t bytes, int, unsigned flags) {
  return card_of(handle)->allocate(nullptr, bytes, flags);
}
xclBufferHandle xclAllocUserPtrBO(xclDeviceHandle handle, void *host, size_t bytes, unsigned flags) {
  return card_of(handle)->allocate(host, bytes, flags);
}
void xclFreeBO(xclDeviceHandle handle, xclBufferHandle buffer) { card_of(handle)->free(buffer); }
void *xclMapBO(xclDeviceHandle handle, xclBufferHandle buffer, bool) {
  Buffer *found = card_of(handle)->find(buffer);
  return found == nullptr ? nullptr : found->host;
}
int xclUnmapBO(xclDeviceHandle, xclBufferHandle, void *) { return 0; }
int xclSyncBO(xclDeviceHandle handle, xclBufferHandle buffer, xclBOSyncDirection direction, size_t bytes, size_t offset) {
  return card_of(handle)->sync(buffer, direction == XCL_BO_SYNC_BO_TO_DEVICE, bytes, offset);
}
int xclGetBOProperties(xclDeviceHandle handle, xclBufferHandle buffer, xclBOProperties *properties) {
  const Buffer *found = card_of(handle)->find(buffer);
  if (found == nullptr) return -EINVAL;
  std::memset(properties, 0, sizeof *properties);
  properties->handle = buffer;
  properties->flags = found->flags;
  properties->size = found->bytes;
  properties->paddr = found->address;
  return 0;
}
int xclExecBuf(xclDeviceHandle handle, xclBufferHandle command) { return card_of(handle)->execute(command); }
int xclExecWait(xclDeviceHandle handle, int timeout_ms) { return card_of(handle)->wait(timeout_ms); }

// Not offered by this card.
int xclCopyBO(xclDeviceHandle, xclBufferHandle, xclBufferHandle, size_t, size_t, size_t) { return -ENOSYS; }
xclBufferExportHandle xclExportBO(xclDeviceHandle, xclBufferHandle) { return XRT_NULL_BO_EXPORT; }
xclBufferHandle xclImportBO(xclDeviceHandle, xclBufferExportHandle, unsigned) { return XRT_NULL_BO; }
int xclP2pEnable(xclDeviceHandle, bool, bool) { return -ENOSYS; }
int xclReClock2(xclDeviceHandle, unsigned short, const unsigned short *) { return -ENOSYS; }
size_t xclRead(xclDeviceHandle, xclAddressSpace, uint64_t, void *, size_t) { return static_cast<size_t>(-1); }
size_t xclWrite(xclDeviceHandle, xclAddressSpace, uint64_t, const void *, size_t) { return static_cast<size_t>(-1); }
int xclRegRead(xclDeviceHandle, uint32_t, uint32_t, uint32_t *) { return -ENOSYS; }
int xclRegWrite(xclDeviceHandle, uint32_t, uint32_t, uint32_t) { return -ENOSYS; }
ssize_t xclUnmgdPread(xclDeviceHandle, unsigned, void *, size_t, uint64_t) { return -ENOSYS; }
ssize_t xclUnmgdPwrite(xclDeviceHandle, unsigned, const void *, size_t, uint64_t) { return -ENOSYS; }

} // extern "C"
