// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace setsz {

/// Where a network computes. Its parameters and gradients always stay in host memory, too.
enum class Device {
  cpu,
  cuda,   ///< layer by layer with libtorch; only where libtorch has CUDA and finds a device
  mirror  ///< the way of cuda, to tensors in host memory: for tests
};

/// CUDA devices that libtorch can use; 0 for a libtorch without CUDA.
int cuda_device_count();
/// Throws Error(config) if this machine has no such device.
void require_device(Device device);
/// "the CPU", "CUDA device 1 of 4": that of a process that asks for a number.
std::string device_description(Device device, int number);

}  // namespace setsz
