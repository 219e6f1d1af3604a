// SPDX-License-Identifier: BSD-3-Clause
// Local spheres against a k-d tree (nanoflann): count and a sample of 128 at targets spread evenly
// in the sphere of 2 R200 of an NFW cluster, R = 0.31 R200. Usage: bench_local_spheres [particles
// [cells a side]]
#include "stages/common/local_spheres.hpp"
#include "pipeline/base/number.hpp"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nanoflann.hpp>
#include <numbers>
#include <unordered_set>

using namespace setsz;

namespace {

constexpr double r200 = 1000, concentration = 4, radius = 0.31 * r200, outer = 2.5 * r200;
constexpr std::int64_t sample_size = 128;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return real(now.tv_sec) + 1e-9 * real(now.tv_nsec);
}

Vec3 on_sphere(Random& random, double r) {
  double const cos_theta = 2 * random.uniform() - 1, phi = 2 * std::numbers::pi * random.uniform();
  double const sin_theta = std::sqrt(1 - cos_theta * cos_theta);
  return {r * sin_theta * std::cos(phi), r * sin_theta * std::sin(phi), r * cos_theta};
}

/// Radius at which an NFW halo holds a fraction of the mass within `outer`.
double nfw_radius(double fraction) {
  auto const mass = [](double x) { return std::log1p(x) - x / (1 + x); };
  double const total = mass(outer / r200 * concentration);
  double low = 0, high = outer / r200 * concentration;
  for (int i = 0; i < 50; ++i) {
    double const middle = 0.5 * (low + high);
    (mass(middle) < fraction * total ? low : high) = middle;
  }
  return low / concentration * r200;
}

/// \param cells_per_side  0: as the stage extract chooses
ClusterParticles nfw_cluster(std::int64_t n, std::int32_t cells_per_side) {
  ClusterParticles particles;
  for (auto* field :
       {&particles.x, &particles.y, &particles.z, &particles.vx, &particles.vy, &particles.vz})
    field->resize(n);
  for (std::int64_t i = 0; i < n; ++i) {
    Random random(1, Purpose::test, static_cast<std::uint64_t>(i));
    Vec3 const q = on_sphere(random, nfw_radius(random.uniform()));
    std::size_t const k = i;
    particles.x[k] = single(q.x);
    particles.y[k] = single(q.y);
    particles.z[k] = single(q.z);
  }
  if (cells_per_side == 0)
    return sorted_into_cells(particles, CellGrid::for_cluster(n, outer, radius));
  return sorted_into_cells(particles, {cells_per_side, 2 * outer * (1 + 1e-6) / cells_per_side});
}

struct Cloud {  // nanoflann's view of the particles
  ClusterParticles const& particles;
  std::size_t kdtree_get_point_count() const { return particles.x.size(); }
  float kdtree_get_pt(std::size_t i, std::size_t axis) const {
    return (axis == 0 ? particles.x : axis == 1 ? particles.y : particles.z)[i];
  }
  template <class Box>
  bool kdtree_get_bbox(Box&) const {
    return false;
  }
};
using Tree = nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<float, Cloud>, Cloud,
                                                 3, std::uint32_t>;

/// Floyd's sample of the tree's list of members.
template <class Members>
void sample(Members const& members, Random& random, std::vector<std::int32_t>& indices) {
  indices.clear();
  if (members.size() <= static_cast<std::size_t>(sample_size)) {
    for (auto const& member : members) indices.push_back(static_cast<std::int32_t>(member.first));
    return;
  }
  static std::unordered_set<std::uint64_t> seen;
  seen.clear();
  for (std::uint64_t j = members.size() - sample_size; j < members.size(); ++j) {
    std::uint64_t const rank = random.below(j + 1);
    std::uint64_t const chosen = seen.insert(rank).second ? rank : (seen.insert(j), j);
    indices.push_back(static_cast<std::int32_t>(members[chosen].first));
  }
}

struct Result {
  double seconds = 0;
  std::int64_t members = 0;
};

void compare(std::int64_t n, std::int32_t cells_per_side) {
  double start = thread_seconds();
  ClusterParticles const particles = nfw_cluster(n, cells_per_side);
  std::printf("%.0e particles, %d cells a side (made in %.1f s)\n", real(n),
              particles.grid.cells_per_side, thread_seconds() - start);
  LocalSpheres const spheres(particles, radius);
  start = thread_seconds();
  Cloud const cloud{particles};
  Tree tree(3, cloud, nanoflann::KDTreeSingleIndexAdaptorParams(10));
  tree.buildIndex();
  std::printf("  nanoflann builds its tree in %.2f s\n", thread_seconds() - start);

  int const queries = n > 3'000'000 ? 400 : 4000;
  std::vector<Vec3> targets;
  for (int i = 0; i < queries; ++i) {
    Random random(2, Purpose::test, static_cast<std::uint64_t>(i));
    double const r = 2 * r200 * std::cbrt(random.uniform());
    targets.push_back(on_sphere(random, r));
  }

  std::vector<std::int32_t> indices;
  std::vector<std::pair<std::uint32_t, float>> members;
  std::vector<double> ours, theirs;
  for (int round = 0; round < 5; ++round) {  // interleaved; the median counts
    Result us, them;
    start = thread_seconds();
    for (int i = 0; i < queries; ++i) {
      Random random(3, Purpose::test, static_cast<std::uint64_t>(i));
      us.members += spheres.sample(targets[i], sample_size, random, indices);
    }
    us.seconds = thread_seconds() - start;
    start = thread_seconds();
    for (int i = 0; i < queries; ++i) {
      Random random(3, Purpose::test, static_cast<std::uint64_t>(i));
      Vec3 const& t = targets[i];
      float const point[3] = {single(t.x), single(t.y), single(t.z)};
      auto const r = single(radius);
      nanoflann::SearchParams unsorted;
      unsorted.sorted = false;
      them.members += static_cast<std::int64_t>(tree.radiusSearch(point, r * r, members, unsorted));
      sample(members, random, indices);
    }
    them.seconds = thread_seconds() - start;
    if (us.members != them.members) {
      std::printf("counts differ: %ld, nanoflann %ld\n", us.members, them.members);
      std::exit(1);
    }
    ours.push_back(us.seconds), theirs.push_back(them.seconds);
    if (round == 0) std::printf("  mean count %.0f\n", real(us.members) / queries);
  }
  std::sort(ours.begin(), ours.end()), std::sort(theirs.begin(), theirs.end());
  std::printf("  local spheres %8.0f queries/s, nanoflann %8.0f: %.1f x\n", queries / ours[2],
              queries / theirs[2], theirs[2] / ours[2]);
}

}  // namespace

int main(int argc, char** argv) {
  std::int32_t const cells_per_side = argc > 2 ? std::atoi(argv[2]) : 0;
  if (argc > 1) return compare(std::atoll(argv[1]), cells_per_side), 0;
  compare(1'000'000, 0);
  compare(10'000'000, 0);
}
