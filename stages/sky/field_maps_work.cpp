// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/field_maps_work.hpp"

namespace setsz {

FieldMaps field_maps(std::vector<Field const*> const& fields, SkyGrid const& grid, Comm const& comm,
                     Beam const& beam) {
  FieldMaps maps;
  for (auto const* field : fields) maps.emplace_back(*field, grid, comm, beam);
  return maps;
}

std::vector<HaloLayer::Sheet> sheets_of(FieldMaps& maps) {
  std::vector<HaloLayer::Sheet> sheets;
  for (auto& map : maps) sheets.push_back({map.field, map.canvas, map.field.quantum_sr});
  return sheets;
}

std::vector<Canvas*> canvases_of(FieldMaps& maps) {
  std::vector<Canvas*> canvases;
  for (auto& map : maps) canvases.push_back(&map.canvas);
  return canvases;
}

}  // namespace setsz
