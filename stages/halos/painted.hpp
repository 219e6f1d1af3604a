// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>

namespace setsz {

/// What the painting of one image did: integrals over a canvas, in the canvas's unit.
struct Painted {
  double painted = 0;  ///< over all of the canvas, also what lies on other ranks
  double removed = 0;  ///< what belongs to other haloes (partition.hpp) and was not painted
  /// Of a halo that was sampled: |sum of the samples - known integral| / the integral of the whole
  /// halo, before the samples were scaled to it.
  std::optional<double> sampling_error;
};

}  // namespace setsz
