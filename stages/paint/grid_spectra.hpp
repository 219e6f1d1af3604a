// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

namespace setsz {

/// Spectra of two fields in shells of |k| one fundamental mode 2 pi/L wide, centred on its
/// multiples: shell b has b - 1/2 <= |k| L/(2 pi) < b + 1/2, b = 1 ... n/2.
struct GridSpectra {
  std::vector<std::int64_t> modes;
  std::vector<double> k;      ///< mean |k| of the modes [2 pi / L]
  std::vector<double> first;  ///< mean |f|^2 of the first field
  std::vector<double> second, crossed;
};

}  // namespace setsz
