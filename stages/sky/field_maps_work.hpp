// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <deque>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "stages/halos/halo_layer_work.hpp"
#include "stages/sky/sky_canvas.hpp"

namespace setsz {

/// The map of one field.
struct FieldMap {
  Field const& field;
  SkyCanvas canvas;
  FieldMap(Field const& the_field, SkyGrid const& grid, Comm const& comm, Beam const& beam)
      : field(the_field), canvas(grid, comm.rank(), comm.size(), beam) {}
};
/// One for each field, all of the same rings. They stay where they are.
using FieldMaps = std::deque<FieldMap>;
FieldMaps field_maps(std::vector<Field const*> const& fields, SkyGrid const& grid, Comm const& comm,
                     Beam const& beam = {});
std::vector<HaloLayer::Sheet> sheets_of(FieldMaps& maps);
std::vector<Canvas*> canvases_of(FieldMaps& maps);

}  // namespace setsz
