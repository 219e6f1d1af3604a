// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/gas_waves.hpp"

#include <cmath>
#include <vector>

#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

struct Waves {
  double r200;

  WaveTable operator()(ProfileGas const& gas) const {
    WaveTable table;
    gas.family->waves(gas.point, table.values());
    return table;
  }

  WaveTable operator()(SparseCube const& cube) const {
    constexpr std::int64_t n_shells = 512;
    if (cube.empty()) return {};
    double const edge = cube.voxel_edge / r200, step = cube.reach / r200 / real(n_shells);
    std::vector<double> shells(n_shells + 1);
    cube.for_each_voxel([&](SparseCube::Voxel const& voxel) {
      // Between the two shells whose radii are nearest.
      double const place = std::max(norm(voxel.centre) / r200 / step - 0.5, 0.0);
      auto const i = static_cast<std::size_t>(place);
      double const gas = voxel.value * edge * edge * edge;
      shells[i] += (1 - (place - real(i))) * gas;
      shells[i + 1] += (place - real(i)) * gas;
    });
    WaveTable table(shells, step);
    // Voxels are full, not points: 1 - (q edge)^2/24 in the mean over directions.
    for (std::size_t j = 0; j < WaveTable::n_nodes; ++j) {
      double const across = WaveTable::node(j) * edge;
      table.values()[j] *= std::exp(-across * across / 24);
    }
    return table;
  }
};

}  // namespace

WaveTable waves_of(HaloGas const& gas, double r200) { return gas.drawn_by(Waves{r200}); }

}  // namespace setsz
