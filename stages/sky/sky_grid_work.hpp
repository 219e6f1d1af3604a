// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "pipeline/base/option_list.hpp"
#include "pipeline/run/axes.hpp"
#include "pipeline/run/options.hpp"
#include "stages/sky/sky_grid.hpp"

namespace setsz {

/// The keys of [sky.NAME] for the pixels of the map.
struct SkyGridOptions {
  enum class Projection { healpix, car, tan, zea };
  Projection projection = Projection::healpix;
  std::int64_t nside = 512;
  double resolution_arcmin = 5;
  std::vector<double> patch_deg{}, cap_deg{}, polygon_deg{}, centre_deg{}, size_deg{};
  std::int64_t wanted_spectrum_nside = 256;

  void declare(OptionList& options);
  void validate() const;
  /// Throws Error(config) for a key in the section of the map itself that its projection ignores.
  void refuse_keys(Configuration const& configuration, std::string const& section) const;

  RingGeometry geometry() const;
  /// \param margin  see SkyGrid
  SkyGrid grid(double margin = 0) const { return {geometry(), part(), margin}; }
  bool is_healpix() const { return projection == Projection::healpix; }
  /// An image around a direction.
  bool is_flat() const { return projection == Projection::tan || projection == Projection::zea; }
  bool is_partial() const {
    return is_flat() || !patch_deg.empty() || !cap_deg.empty() || !polygon_deg.empty();
  }
  /// Of the companion map; 0: no C_l.
  std::int64_t spectrum_nside() const;
  /// For sky.json.
  nlohmann::json report() const;

 private:
  SkyPolygon polygon() const;
  void validate_patch() const;
  void validate_cap() const;
  void validate_polygon() const;
  void validate_image() const;
  FlatRows image() const;
  SkyGrid::Part part() const;
};

}  // namespace setsz
