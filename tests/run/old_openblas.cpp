// SPDX-License-Identifier: BSD-3-Clause
// Preloaded in place of OpenBLAS: one that does not know the processor.
#include <cstdlib>

extern "C" {
void sgemm_() {}
char const* openblas_get_corename() {
  char const* const wish = std::getenv("OPENBLAS_CORETYPE");
  return wish ? wish : "Prescott";
}
char const* openblas_get_config() { return openblas_get_corename(); }
}
