// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/parcels.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

SparseCube::SparseCube(std::vector<float> pressure, std::int64_t n, double edge_ckpch)
    : voxel_edge(edge_ckpch / real(n)),
      n_(n),
      values_(std::make_shared<std::vector<float> const>(std::move(pressure))) {
  require(std::ssize(*values_) == n * n * n, ExitCode::internal, "a cube of ", n, "^3 voxels has ",
          values_->size(), " values");
  double reach2 = -1;
  for_each_voxel([&](Voxel const& voxel) { reach2 = std::max(reach2, norm2(voxel.centre)); });
  if (reach2 >= 0) reach = std::sqrt(reach2) + std::sqrt(3.0) / 2 * voxel_edge;
}

double SparseCube::sum_pv() const {
  double sum = 0;
  for (float const value : values()) sum += value;
  return sum * voxel_edge * voxel_edge * voxel_edge;
}

SparseCube SparseCube::turned(CubeSymmetry const& turn) const {
  SparseCube cube = *this;
  cube.turn_ = turn * turn_;
  return cube;
}

std::vector<Vec3> const& SphereSampler::directions_for(double wanted) {
  int const rung =
      wanted <= 12 ? 0 : static_cast<int>(std::ceil(4 * std::log2(wanted / 12) - 1e-9));
  auto& directions = ladder_[rung];
  if (directions.empty()) {
    auto const n = static_cast<std::size_t>(std::ceil(12 * std::exp2(0.25 * rung)));
    double const golden = std::numbers::pi * (3 - std::sqrt(5.0));
    for (std::size_t i = 0; i < n; ++i) {
      double const z = 1 - (2 * real(i) + 1) / real(n);
      double const s = std::sqrt(1 - z * z), phi = golden * real(i);
      directions.push_back({s * std::cos(phi), s * std::sin(phi), z});
    }
  }
  return directions;
}

}  // namespace setsz
