// SPDX-License-Identifier: BSD-3-Clause
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>

#include "model/network.hpp"
#include "pipeline/base/text.hpp"

namespace setsz {

void use_one_thread() {
  at::set_num_threads(1);
  // libtorch does not know OpenBLAS's own pool.
  using SetThreads = void (*)(int);
  if (auto const set =
          reinterpret_cast<SetThreads>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads")))
    set(1);
}

std::string blas_description() {
  using Describe = char* (*)();
  auto const describe = reinterpret_cast<Describe>(::dlsym(RTLD_DEFAULT, "openblas_get_config"));
  if (describe) return trim(describe());
  return at::hasMKL() ? "MKL, within libtorch" : "unknown";
}

}  // namespace setsz
