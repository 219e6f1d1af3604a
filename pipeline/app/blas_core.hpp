// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

namespace setsz {

/// What the processor and the operating system allow.
struct VectorUnits {
  bool avx2 = false;    ///< with FMA
  bool avx512 = false;  ///< F, BW, CD, DQ, VL
};
VectorUnits vector_units();

/// The kernels of OpenBLAS for a processor that it does not know.
///
/// A processor newer than the library counts as Prescott, of 2004, or as generic: OpenBLAS 0.3.21
/// (Debian 12) then multiplies matrices five times slower than the processor could.
/// \param core  OpenBLAS's own choice
/// \return "SkylakeX", "Haswell"; empty where that choice is fine or nothing better is possible
/// \source OpenBLAS issue 4267; names of cores: driver/others/dynamic.c
std::string_view better_blas_core(std::string_view core, VectorUnits const& units);

/// The instructions that a core of OpenBLAS uses and this processor lacks; empty: it has them all,
/// or no name is given that OpenBLAS knows to need any. \param core  a value of OPENBLAS_CORETYPE,
/// in upper or lower case \source Makefile.x86_64 of OpenBLAS: flags by core
std::string_view missing_instructions(std::string_view core, VectorUnits const& units);

/// Throws Error(config) where OPENBLAS_CORETYPE is set to a core that this processor cannot run:
/// the first matrix product, or the loading of the library, would be an illegal instruction.
void require_usable_blas_core();
/// Is there an OpenBLAS in this process?
bool has_openblas();

/// Asks the OpenBLAS of this process which core it has chosen, and sets OPENBLAS_CORETYPE if there
/// is a better one. The library reads it when it is loaded: the program must be started again.
/// A value that the user has set stays.
/// \return was it set?
bool correct_blas_core();
/// What `correct_blas_core` did in the program that started this one; empty: nothing.
std::string_view corrected_blas_core();

}  // namespace setsz
