// SPDX-License-Identifier: BSD-3-Clause
// Haloes and cubes a second and core on a map of nside 8192. Profiles against the usual loop
// (query_disc of healpix_cxx, then acos and a table for every pixel; centres only, where ours are
// averages over the pixels), and against the same haloes of which clusters claim a part; cubes of
// 64^3 against the voxel-by-voxel oracle.
// Usage: bench_paint [seconds a measurement [profiles|claimed|cubes [R200 in pixels]]]
#include <healpix_cxx/healpix_base.h>
#include <healpix_cxx/pointing.h>
#include <healpix_cxx/rangeset.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <string>

#include "model/gnfw.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/sky/sky_painter.hpp"

using namespace setsz;

namespace {

constexpr std::int64_t nside = 8192;
constexpr double r200 = 600, x_cut = 4;
constexpr int rounds = 5;
double only_size = 0;  ///< [pixels]; 0: all

bool is_wanted(double per_pixel) { return only_size == 0 || per_pixel == only_size; }

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return real(now.tv_sec) + 1e-9 * real(now.tv_nsec);
}

struct Task {
  SkyHalo halo;
  double mass;
};

/// Haloes in a band of the map, a cap's or the equator's, in the order of their rings.
std::vector<Task> haloes(RingGeometry const& rings, double theta, double r200_per_pixel, int n) {
  std::vector<Task> tasks;
  double const distance = r200 / (r200_per_pixel * rings.pixel_size());
  for (int i = 0; i < n; ++i) {
    Random random(11, Purpose::test, static_cast<std::uint64_t>(i));
    double const t = theta + 0.05 * random.uniform(), phi = 2 * std::numbers::pi * random.uniform();
    Vec3 const direction{std::sin(t) * std::cos(phi), std::sin(t) * std::sin(phi), std::cos(t)};
    tasks.push_back({{distance * direction, r200, 1e-8}, 1000 * std::pow(20, random.uniform())});
  }
  std::sort(tasks.begin(), tasks.end(),
            [](Task const& a, Task const& b) { return a.halo.position.z > b.halo.position.z; });
  return tasks;
}

/// Where a map of whole rings has a pixel, if it has it.
void add_to(RingMap& map, std::int64_t pixel, double value) {
  std::int64_t const at = pixel - map.geometry().first_pixel(map.first_ring());
  if (at >= 0 && at < std::ssize(map.values())) map.values()[at] += value;
}

/// The usual loop.
class DiscPainter {
 public:
  explicit DiscPainter(RingMap& map) : map_(map), healpix_(nside, RING, SET_NSIDE) {}
  void paint(ProfileFamily const& family, Task const& task) {
    family.projected(task.mass, table_);
    Vec3 const& p = task.halo.position;
    double const distance = norm(p), r_cut = r200 * x_cut, unit = r200 * task.halo.weight;
    vec3 const axis(p.x / distance, p.y / distance, p.z / distance);
    rangeset<int64> disc;
    healpix_.query_disc(pointing(axis), std::asin(r_cut / distance), disc);
    double const area = map_.geometry().pixel_area(1);
    for (tsize r = 0; r < disc.nranges(); ++r) {
      for (int64 pixel = disc.ivbegin(r); pixel < disc.ivend(r); ++pixel) {
        double const angle = std::acos(std::min(1.0, dotprod(healpix_.pix2vec(pixel), axis)));
        double const at = std::min(distance * angle / r_cut, 1.0) * ProfileFamily::n_nodes;
        auto const i = static_cast<std::size_t>(at);
        double const y = table_[i] + (at - real(i)) * (table_[i + 1] - table_[i]);
        add_to(map_, pixel, unit * area * y);
      }
    }
  }

 private:
  RingMap& map_;
  T_Healpix_Base<int64> healpix_;
  std::vector<double> table_ = std::vector<double>(ProfileFamily::table_size);
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + rounds / 2, values.end());
  return values[rounds / 2];
}

/// CPU seconds of two bodies, by turns.
std::pair<double, double> by_turns(std::function<void()> const& a, std::function<void()> const& b) {
  std::vector<double> first, second;
  for (int round = 0; round < rounds; ++round) {
    for (auto const* body : {&a, &b}) {
      double const start = thread_seconds();
      (*body)();
      (body == &a ? first : second).push_back(thread_seconds() - start);
    }
  }
  return {median(first), median(second)};
}

void compare_profiles(char const* where, double theta, double seconds) {
  RingGeometry const rings(nside);
  auto const ring_of = [&](double t) { return static_cast<std::int64_t>(rings.ring_at(t)); };
  RingMap map(rings, ring_of(theta - 0.02), ring_of(theta + 0.07));
  ProfileFamily const family(
      [](double m, double x) { return gnfw(gnfw_shape({}, m, 0.6774, 0), x); }, 1000, 20000, x_cut);
  SkyPainter ours(map);
  DiscPainter usual(map);
  for (double const per_pixel : {1.5, 5.0, 15.0}) {
    if (!is_wanted(per_pixel)) continue;
    double const pixels = std::numbers::pi * std::pow(x_cut * per_pixel, 2);
    int const n = std::max(20, static_cast<int>(seconds * 4e6 / pixels));
    auto const tasks = haloes(rings, theta, per_pixel, n);
    auto const times = by_turns(
        [&] {
          for (auto const& task : tasks)
            ours.paint(family, task.mass, task.halo, Claims::on_fill({}));
        },
        [&] {
          for (auto const& task : tasks) usual.paint(family, task);
        });
    std::printf("%s, %6.0f pixels a halo: %8.0f haloes/s, query_disc loop %7.0f: %5.1f x\n", where,
                pixels, n / times.first, n / times.second, times.second / times.first);
  }
}

/// A cluster, or two, of which the spheres take a part of a halo: haloes are spread evenly around
/// them. \param reach  of the halo
Claims random_claims(std::uint64_t number, double reach) {
  Random random(12, Purpose::test, number);
  std::vector<Neighbour> neighbours;
  std::int64_t const n = random.uniform() < 0.75 ? 1 : 2;
  while (std::ssize(neighbours) < n) {
    double const size = r200 * (1.5 + 1.5 * random.uniform());
    double const sphere = network_reach_r200 * size, far = sphere + reach;
    Vec3 const offset =
        far * (2 * Vec3{random.uniform(), random.uniform(), random.uniform()} - Vec3{1, 1, 1});
    double const d = norm(offset);
    if (d < far && d > std::abs(sphere - reach))
      neighbours.push_back({offset, size, std::ssize(neighbours)});
  }
  return Claims::on_fill(neighbours);
}

void compare_claimed(char const* where, double theta, double seconds) {
  RingGeometry const rings(nside);
  auto const ring_of = [&](double t) { return static_cast<std::int64_t>(rings.ring_at(t)); };
  RingMap map(rings, ring_of(theta - 0.02), ring_of(theta + 0.07));
  ProfileFamily const family(
      [](double m, double x) { return gnfw(gnfw_shape({}, m, 0.6774, 0), x); }, 1000, 20000, x_cut);
  SkyPainter painter(map);
  for (double const per_pixel : {0.03, 0.3, 1.5, 5.0, 15.0}) {
    if (!is_wanted(per_pixel)) continue;
    double const pixels = std::numbers::pi * std::pow(x_cut * per_pixel + 1, 2);
    int const n = std::max(20, static_cast<int>(seconds * 1e6 / (20 + pixels)));
    auto const tasks = haloes(rings, theta, per_pixel, n);
    std::vector<Claims> claims;
    for (int i = 0; i < n; ++i)
      claims.push_back(random_claims(static_cast<std::uint64_t>(i), x_cut * r200));
    auto const paint = [&](bool claimed) {
      for (std::size_t i = 0; i < tasks.size(); ++i)
        painter.paint(family, tasks[i].mass, tasks[i].halo,
                      claimed ? claims[i] : Claims::on_fill({}));
    };
    auto const times = by_turns([&] { paint(false); }, [&] { paint(true); });
    std::printf("%s, R200 of %5.2f pixels: %8.0f free, %8.0f claimed haloes/s: %5.1f x the time\n",
                where, per_pixel, n / times.first, n / times.second, times.second / times.first);
  }
}

SparseCube cube_of(std::int64_t n) {
  std::vector<float> values;
  double const voxel = 5.0 / real(n);
  auto const at = [&](std::int64_t i) { return (real(i % n) + 0.5) * voxel - 2.5; };
  for (std::int64_t i = 0; i < n * n * n; ++i) {
    double const r = norm(Vec3{at(i / n / n), at(i / n), at(i)});
    values.push_back(r < 2 ? single(std::exp(-2 * r)) : 0.0F);
  }
  return SparseCube(values, n, 5 * r200);
}

/// Voxel by voxel: every voxel cut into `cuts`^3 points, each into the pixel of its direction.
void paint_voxels(RingMap& map, SparseCube const& cube, SkyHalo const& halo, int cuts) {
  T_Healpix_Base<int64> const healpix(nside, RING, SET_NSIDE);
  for_each_part(cube, cuts, [&](Vec3 const& offset, double pv) {
    Vec3 const seen = halo.position + offset;
    add_to(map, healpix.vec2pix(vec3(seen.x, seen.y, seen.z)), halo.weight * pv / norm2(seen));
  });
}

void compare_cubes(double seconds) {
  RingGeometry const rings(nside);
  double const theta = 1.0;
  auto const ring_of = [&](double t) { return static_cast<std::int64_t>(rings.ring_at(t)); };
  RingMap map(rings, ring_of(theta - 0.02), ring_of(theta + 0.07));
  SkyPainter ours(map);
  SparseCube const cube = cube_of(64);
  for (double const per_pixel : {0.5, 3.0, 30.0}) {
    if (!is_wanted(per_pixel)) continue;
    // The oracle's points must be finer than the pixels.
    int const cuts = per_pixel > 10 ? 4 : 2, n = std::max(2, static_cast<int>(10 * seconds));
    auto const tasks = haloes(rings, theta, per_pixel, n);
    auto const times = by_turns(
        [&] {
          for (auto const& task : tasks)
            ours.paint(cube, task.halo, Claims::on_cluster(r200, 0, {}));
        },
        [&] {
          for (auto const& task : tasks) paint_voxels(map, cube, task.halo, cuts);
        });
    std::printf(
        "cubes of 64^3, R200 of %4.1f pixels: %6.1f cubes/s, voxel by voxel (%d^3 points "
        "each) %5.1f: %5.1f x\n",
        per_pixel, n / times.first, cuts, n / times.second, times.second / times.first);
  }
}

}  // namespace

int main(int argc, char** argv) {
  double const seconds = argc > 1 ? std::atof(argv[1]) : 0.3;
  std::string const only = argc > 2 ? argv[2] : "";
  only_size = argc > 3 ? std::atof(argv[3]) : 0;
  std::printf("nside %ld, one core, CPU time of the thread, medians of %d turns\n",
              static_cast<long>(nside), rounds);
  if (only.empty() || only == "profiles") {
    compare_profiles("equator", 1.5, seconds);
    compare_profiles("cap", 0.4, seconds);
  }
  if (only.empty() || only == "claimed") compare_claimed("equator", 1.5, seconds);
  if (only.empty() || only == "cubes") compare_cubes(seconds);
}
