// SPDX-License-Identifier: BSD-3-Clause
#include "model/device.hpp"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>

#include "model/network.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/instruction_set.hpp"

namespace setsz {

namespace {

/// The half of libtorch that computes on GPUs is its own library, of a gigabyte: it is loaded where
/// a GPU is asked for, and programs are not linked to it. libtorch looks once for what is loaded.
bool load_cuda() {
  static bool const loaded = ::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr;
  return loaded && at::hasCUDA();
}

}  // namespace

int cuda_device_count() { return load_cuda() ? at::detail::getCUDAHooks().getNumGPUs() : 0; }

void require_device(Device device) {
  require(device != Device::cuda || cuda_device_count() > 0, ExitCode::config,
          "device = cuda, but libtorch ", load_cuda() ? "finds no CUDA device" : "has no CUDA",
          "; set device = cpu, or build with a libtorch that has CUDA");
}

std::string device_description(Device device, int number) {
  if (device == Device::cpu)
    return concat("the CPU, kernels: ", name(instruction_set()), ", BLAS: ", blas_description());
  if (device == Device::mirror) return "a mirror in host memory";
  return concat("CUDA device ", number % cuda_device_count(), " of ", cuda_device_count());
}

}  // namespace setsz
