// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace setsz {

/// How a network multiplies in prediction. Training is in single precision.
enum class Arithmetic {
  single,   ///< to 2e-6 rms; with AMX to 1e-5: products of numbers of 16 bits
  bfloat16  ///< to 1e-2: products of numbers of 8 bits; with AMX alone
};

/// Throws Error(config) if this processor, or SETSZ_ISA, does not permit it.
void require_arithmetic(Arithmetic arithmetic);

}  // namespace setsz
