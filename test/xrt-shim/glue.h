// SPDX-License-Identifier: MIT
// The few entry points of XRT 2.13's C++ glue that the simulated card needs. They are not in the public headers, so they are
// named by their symbols.
#pragma once
#include <memory>

struct axlf;
namespace xrt_core {
class device;
namespace swemu {
/** Registers the handle of an opened card with the core library; the card keeps the result as long as it is open. */
std::shared_ptr<device> get_userpf_device(void *handle, unsigned int index);
} // namespace swemu
} // namespace xrt_core

inline std::shared_ptr<xrt_core::device> open_core_device(void *handle, unsigned index) {
  return xrt_core::swemu::get_userpf_device(handle, index);
}
inline xrt_core::device *core_device(const std::shared_ptr<xrt_core::device> &device) { return device.get(); }

/** xrt_core::device::register_axlf: without it the core library finds no compute unit in a loaded xclbin. */
void register_axlf(xrt_core::device *device, const axlf *image) asm("_ZN8xrt_core6device13register_axlfEPK4axlf");
