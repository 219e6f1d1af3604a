// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/environment.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "pipeline/app/blas_core.hpp"
#include "pipeline/app/code_version.hpp"
#include "pipeline/app/leftovers.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/run/memory.hpp"

namespace setsz {

namespace {

std::string threads_text() {
  char const* const openmp = std::getenv("OMP_NUM_THREADS");
  return openmp ? std::string(openmp)
                : concat(std::thread::hardware_concurrency(), " (all; OMP_NUM_THREADS is not set)");
}

/// Asks the library itself: behind Debian's alternatives the name of the file says little.
void log_blas() {
  void* const sgemm = dlsym(RTLD_DEFAULT, "sgemm_");
  if (!sgemm) {
    Log::detail("BLAS: none in this program");
    return;
  }
  using Text = char* (*)();
  if (auto const config = reinterpret_cast<Text>(dlsym(RTLD_DEFAULT, "openblas_get_config"))) {
    Log::info("BLAS: ", config());
    if (auto const was = corrected_blas_core(); !was.empty())
      Log::info("BLAS: OpenBLAS does not know this processor and chose the kernels of ", was,
                "; setsz chose OPENBLAS_CORETYPE = ", std::getenv("OPENBLAS_CORETYPE"),
                " instead (set it yourself for other ones)");
    return;
  }
  if (dlsym(RTLD_DEFAULT, "MKL_Get_Version")) {
    Log::info("BLAS: Intel MKL");
    return;
  }
  if (dlsym(RTLD_DEFAULT, "bli_info_get_version_str")) {
    Log::info("BLAS: BLIS");
    return;
  }
  Dl_info where{};
  std::string path = "unknown";
  if (dladdr(sgemm, &where) && where.dli_fname) {
    std::error_code ignored;
    path = std::filesystem::canonical(where.dli_fname, ignored).string();
    if (path.empty()) path = where.dli_fname;
  }
  Log::warn("BLAS is ", path,
            ", which is not optimised: module cnn is slow with it; "
            "install OpenBLAS (Debian: libopenblas0-pthread)");
}

void check_progress_variable() {
  char const* const wish = std::getenv("SETSZ_PROGRESS");
  if (!wish || std::string_view(wish) == "live" || std::string_view(wish) == "lines") return;
  Log::warn("SETSZ_PROGRESS is '", wish, "', expected 'live' or 'lines'; it is ignored");
}

}  // namespace

void log_environment(Comm const& comm, std::string const& configuration_path) {
  int const neighbours = ranks_on_this_node(comm);
  Log::info("setsz ", program_version(), " (git ", git_revision(), ", ", build_kind(), "), ",
            comm.size(), comm.size() == 1 ? " rank x " : " ranks x ", threads_text(), " threads, ",
            neighbours, " on this node");
  Log::info("configuration ", configuration_path);
  log_blas();
  check_progress_variable();
  if (comm.is_root()) warn_of_leftover_segments();
}

}  // namespace setsz
