// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

namespace setsz {

/// How a network multiplies in prediction; training is in single precision. All but `single` only
/// with AMX. Errors are relative ones of an MLP of four layers, rms.
enum class Arithmetic {
  single,      ///< 3e-7
  bfloat16x3,  ///< 6e-6; three products, of numbers of 16 bits
  bfloat16     ///< 3e-3; one product, of numbers of 8 bits
};
/// Those that one has to ask for.
inline constexpr Arithmetic coarse_arithmetic[] = {Arithmetic::bfloat16x3, Arithmetic::bfloat16};
std::string_view name(Arithmetic arithmetic);

/// Throws Error(config) if this processor, or SETSZ_ISA, does not permit it.
void require_arithmetic(Arithmetic arithmetic);

}  // namespace setsz
