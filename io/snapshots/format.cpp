// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshots/format.hpp"

namespace setsz {

DarkMatterBlock SnapshotFile::read_block(Range rows, double fixed_mass) {
  auto const fill = [&](std::vector<double>& numbers, ParticleField field, std::int64_t per_row) {
    numbers.resize(per_row * rows.size());
    read(field, rows, numbers);
    return std::span<double const>(numbers);
  };
  DarkMatterBlock block;
  block.position = fill(position_, ParticleField::position, 3);
  block.velocity = fill(velocity_, ParticleField::velocity, 3);
  id_.resize(rows.size());
  read_ids(rows, id_);
  block.id = id_;
  block.fixed_mass = fixed_mass;
  if (fixed_mass == 0) block.mass = fill(mass_, ParticleField::mass, 1);
  return block;
}

}  // namespace setsz
