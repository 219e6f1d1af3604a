// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <vector>

#include "stages/sky/beam_kernel.hpp"
#include "stages/sky/sky_product_work.hpp"
#include "stages/sky/sky_stage.hpp"

namespace setsz {

/// The beam that spreads the finished maps of a sky, if there is one: that of a file, and of skies
/// of snapshots. (On the profiles of a catalogue a Gaussian acts before: see Beam.) Local; reads
/// the file. Throws Error
std::optional<BeamKernel> map_beam(SkyOptions const& options);
/// Of one rank for all pixels of all maps.
double seconds_of_map_beam(SkyOptions const& options, double n_pixels);
double map_beam_bytes(SkyOptions const& options, double n_pixels);

/// The beam of a sky that is painted.
class SkyBeam {
 public:
  /// Collective.
  SkyBeam(Comm const& comm, SkyOptions const& options);

  /// What the maps hold beyond what they show [rad].
  double margin() const;
  /// Collective: spreads all maps.
  void spread(Comm const& comm, FieldMaps& maps) const;
  /// Local: B_l of the map, l = 0 to l_max; 1 without a beam. Reads the file.
  std::vector<double> window(std::int64_t l_max) const;
  /// What headers and reports say of it.
  void note(SkyFigures& figures) const;

 private:
  SkyOptions const& options_;
  std::optional<BeamKernel> kernel_;
};

}  // namespace setsz
