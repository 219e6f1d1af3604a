// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/target_sampler.hpp"
#include "pipeline/base/number.hpp"

#include <algorithm>
#include <numeric>

namespace setsz {

namespace {

/// The part of the draws that is spread evenly: no weight exceeds its inverse.
constexpr double even_part = 0.5;

}  // namespace

std::vector<std::int64_t> draw_distinct(std::int64_t n, std::int64_t n_all, Random& random) {
  std::vector<std::int64_t> all(n_all);
  std::iota(all.begin(), all.end(), std::int64_t{0});
  auto const count = static_cast<std::size_t>(std::min(n, n_all));
  shuffle(all, random, count);
  all.resize(count);
  return all;
}

TargetSampler::TargetSampler(CubeLattice const& lattice, GnfwShape const& profile,
                             TargetSampling sampling) {
  if (sampling == TargetSampling::uniform) {
    lattice.each_within(score_radius_r200, [&](std::size_t voxel, std::size_t) {
      voxels_.push_back(static_cast<std::int32_t>(voxel));
    });
    return;
  }
  std::vector<std::vector<std::int32_t>> by_shell(lattice.n_shells(score_radius_r200));
  lattice.each_within(score_radius_r200, [&](std::size_t voxel, std::size_t shell) {
    by_shell[shell].push_back(static_cast<std::int32_t>(voxel));
  });
  std::vector<double> pressure;
  double n_voxels = 0, sum = 0;
  for (std::size_t s = 0; s < by_shell.size(); ++s) {
    auto const size = real(by_shell[s].size());
    pressure.push_back(gnfw(profile, lattice.shell_radius_r200(static_cast<std::int64_t>(s))));
    n_voxels += size;
    sum += size * pressure.back();
  }
  double before = 0;
  for (std::size_t s = 0; s < by_shell.size(); ++s) {
    if (by_shell[s].empty()) continue;
    double const each = even_part / n_voxels + (1 - even_part) * pressure[s] / sum;
    shells_.push_back({std::ssize(voxels_), before, each});
    before += each * real(by_shell[s].size());
    voxels_.insert(voxels_.end(), by_shell[s].begin(), by_shell[s].end());
  }
}

std::vector<TargetSampler::Draw> TargetSampler::draw(std::int64_t n, Random& random) const {
  auto const n_all = std::ssize(voxels_);
  std::vector<Draw> draws;
  if (shells_.empty() || n >= n_all) {
    for (std::int64_t const index : draw_distinct(n, n_all, random)) draws.push_back({index, 1});
    return draws;
  }
  auto shell = shells_.begin();
  for (std::int64_t stratum = 0; stratum < n; ++stratum) {
    double const place = (real(stratum) + random.uniform()) / real(n);
    while (shell + 1 != shells_.end() && (shell + 1)->before <= place) ++shell;
    std::int64_t const end = shell + 1 != shells_.end() ? (shell + 1)->first : n_all;
    auto const in_shell = static_cast<std::int64_t>((place - shell->before) / shell->of_each_voxel);
    draws.push_back({std::min(shell->first + in_shell, end - 1),
                     single(1 / (shell->of_each_voxel * real(n_all)))});
  }
  shuffle(draws, random);  // each lane gets its part of every radius
  return draws;
}

}  // namespace setsz
