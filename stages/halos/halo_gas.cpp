// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/halo_gas.hpp"

namespace setsz {

double HaloGas::reach() const {
  if (auto const* cube = std::get_if<SparseCube>(&gas_)) return cube->reach;
  auto const& profile = std::get<ProfileGas>(gas_);
  return profile.family->x_cut() * profile.r200;
}

double HaloGas::total() const {
  if (auto const* cube = std::get_if<SparseCube>(&gas_)) return cube->sum_pv();
  auto const& [family, point, r200] = std::get<ProfileGas>(gas_);
  return family->volume_integral(point) * r200 * r200 * r200;
}

HaloGas HaloGas::turned(CubeSymmetry const& turn) const {
  HaloGas gas = *this;
  gas.claims_ = claims_.rotated(turn.matrix());
  if (auto* cube = std::get_if<SparseCube>(&gas.gas_)) *cube = cube->turned(turn);
  return gas;
}

}  // namespace setsz
