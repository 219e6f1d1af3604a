// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_work.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

constexpr std::int64_t clusters_per_batch = 4, halos_per_batch = 1 << 14;
/// Quantum of the totals [sr]: a whole sky holds some 1e-5 sr, a small halo 1e-14.
constexpr double quantum_sr = 1e-22;
/// Of the sum of relative errors, each below 0.05: room for 1e9 haloes.
constexpr double quantum_error = 1e-11;
constexpr std::int64_t unit_sums = -1;

double farthest(std::vector<SkySource> const& sources) {
  double distance = 0;
  for (auto const& source : sources) distance = std::max(distance, source.shell.max);
  return distance;
}

}  // namespace

SkyWork::SkyWork(Context& context, std::vector<SkySource> sources, Vec3 const& observer,
                 RingGeometry geometry)
    : context_(context),
      comm_(context.comm()),
      sources_(std::move(sources)),
      distances_(sources_.front().population->table().cosmology,
                 sources_.front().population->table().cosmology.redshift_at(farthest(sources_))),
      ring_boundaries_(ring_boundaries(geometry, comm_.size())),
      map_(geometry, ring_boundaries_[comm_.rank()],
           ring_boundaries_[static_cast<std::size_t>(comm_.rank()) + 1]),
      painter_(map_),
      painted_(quantum_sr),
      removed_(quantum_sr),
      sampling_errors_(quantum_error),
      mass_min_(HUGE_VAL) {
  for (auto const& source : sources_) {
    double const box = source.population->table().box_ckpch;
    tilings_.emplace_back(box, box * observer, source.shell);
  }
}

std::vector<SkyWork::Batch> SkyWork::batches() const {
  std::vector<Batch> all;
  auto const cut = [&](std::size_t source, bool fill, std::int64_t n, std::int64_t size) {
    for (std::int64_t first = 0; first < n; first += size)
      all.push_back({source, fill, {first, std::min(first + size, n)}});
  };
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    auto const& population = *sources_[s].population;
    bool const clusters = population.options().source != ClusterSource::none;
    cut(s, false, clusters ? population.table().size() : 0, clusters_per_batch);
    // Many replicas of a halo: fewer haloes between two chances to stop.
    cut(s, true, population.n_fill_rows(),
        std::max<std::int64_t>(
            64, halos_per_batch / std::max<std::int64_t>(1, tilings_[s].n_boxes() / 8)));
  }
  return all;
}

void SkyWork::run() {
  auto const all = batches();
  auto const n = std::ssize(all);
  std::int64_t done = 0;
  if (context_.journal().committed()) {
    restore();
    done = *context_.journal().committed();
    Log::info("sky: going on after ", done, " of ", n, " batches of haloes");
  }
  Progress progress("sky", real(n));
  while (done < n) {
    collectively(comm_, "sky: painting", [&] { paint(all[done]); });
    ++done;
    progress.update(real(done));
    mark_progress("sky");
    bool const stop = context_.stop_requested();
    if (done < n && (stop || context_.checkpoint_due())) save(done);
    if (done < n && stop) context_.stop_here();
  }
}

/// Paints the replicas of one halo that touch this rank's rings, and counts those whose centre lies
/// in them. `paint(SkyHalo)` paints one.
template <class Paint>
void SkyWork::paint_replicas(SkySource const& source, Vec3 const& position, double mass,
                             double r200, double reach, std::int64_t& n_painted, Paint&& paint) {
  auto const& cosmology = source.population->table().cosmology;
  auto const& tiling = tilings_[&source - sources_.data()];
  auto const& geometry = map_.geometry();
  tiling.for_each_replica(position, [&](Vec3 const& seen) {
    double const distance = norm(seen);
    double const theta = std::atan2(std::hypot(seen.x, seen.y), seen.z);
    auto const ring = static_cast<std::int64_t>(std::lround(geometry.ring_at(theta)));
    bool const mine = map_.owns_ring(std::clamp<std::int64_t>(ring, 1, geometry.n_rings()));
    if (!SkyPainter::is_outside(distance, reach)) {
      n_too_near_ += mine ? 1 : 0;
      return;
    }
    double const radius = std::asin(reach / distance) + 2 * geometry.largest_pixel_radius();
    if (!map_.touches(std::max(theta - radius, 0.0), std::min(theta + radius, std::numbers::pi)))
      return;
    // Frozen between snapshots: comoving size and P/P200; P200 and a are the replica's own.
    double const redshift = distances_.redshift_at(distance), a = 1 / (1 + redshift);
    double const p200 = halo_scales(cosmology, redshift, mass, r200).p200_code;
    PaintedSky const result = paint(SkyHalo{seen, r200, units::compton_y(p200, a, cosmology.h)});
    if (!mine) return;
    record(result, mass);
    ++n_painted;
  });
}

void SkyWork::record(PaintedSky const& result, double mass) {
  painted_.add(result.painted);
  removed_.add(result.removed);
  mass_min_ = std::min(mass_min_, mass);
  mass_max_ = std::max(mass_max_, mass);
  if (!result.sampling_error) return;
  ++n_sampled_;
  sampling_errors_.add(*result.sampling_error);
  largest_sampling_error_ = std::max(largest_sampling_error_, *result.sampling_error);
}

void SkyWork::paint(Batch const& batch) {
  auto const& source = sources_[batch.source];
  auto const& population = *source.population;
  if (batch.fill) {
    for (auto const& halo : population.fill(batch.rows)) {
      auto const claims = population.claims_on_fill(halo);
      paint_replicas(source, halo.position, halo.m200c, halo.r200c,
                     population.options().fill_cut_r200 * halo.r200c, n_fill_,
                     [&](SkyHalo const& seen) {
                       return painter_.paint(population.fill_family(), halo.m200c, seen, claims);
                     });
    }
    return;
  }
  bool const network = population.options().source == ClusterSource::network;
  for (std::int64_t row = batch.rows.first; row < batch.rows.last; ++row) {
    auto const& cluster = population.cluster(row);
    auto const claims = population.claims_on_cluster(row);
    std::optional<SparseCube> cube;  // read when the first replica is painted here
    paint_replicas(source, cluster.position, cluster.m200c, cluster.r200c,
                   population.cluster_reach(row), n_clusters_, [&](SkyHalo const& seen) {
                     if (!network)
                       return painter_.paint(population.cluster_family(), cluster.m200c, seen,
                                             claims);
                     if (!cube) cube = population.cube(row);
                     return painter_.paint(*cube, seen, claims);
                   });
    mark_progress("sky");
  }
}

SkyWork::Totals SkyWork::totals() const {
  std::int64_t n_boxes = 0;
  for (auto const& tiling : tilings_) n_boxes += tiling.n_boxes();
  Totals totals{.painted = painted_.over_ranks(comm_),
                .removed = removed_.over_ranks(comm_),
                .n_clusters = comm_.all_sum(n_clusters_),
                .n_fill = comm_.all_sum(n_fill_),
                .n_too_near = comm_.all_sum(n_too_near_),
                .mass_min = comm_.all_min(mass_min_),
                .mass_max = comm_.all_max(mass_max_),
                .n_boxes = n_boxes,
                .n_sampled = comm_.all_sum(n_sampled_),
                .largest_sampling_error = comm_.all_max(largest_sampling_error_),
                .mean_sampling_error = sampling_errors_.over_ranks(comm_)};
  totals.mean_sampling_error /= real(std::max<std::int64_t>(1, totals.n_sampled));
  return totals;
}

void SkyWork::save(std::int64_t position) {
  auto& journal = context_.journal();
  journal.restart();
  auto const& geometry = map_.geometry();
  for (std::int64_t ring = map_.first_ring(); ring < map_.last_ring(); ++ring) {
    auto const begin = static_cast<std::size_t>(geometry.first_pixel(ring) - map_.pixels().first);
    auto const size = static_cast<std::size_t>(geometry.pixels_in(ring));
    journal.append(ring, std::as_bytes(std::as_const(map_).values().subspan(begin, size)));
  }
  std::array<double, 3> const extremes = {mass_min_, mass_max_, largest_sampling_error_};
  std::array<std::int64_t, 7> const sums = {
      painted_.count(), removed_.count(),        n_clusters_, n_fill_, n_too_near_,
      n_sampled_,       sampling_errors_.count()};
  journal.append(unit_sums, {std::as_bytes(std::span(extremes)), std::as_bytes(std::span(sums))});
  journal.commit(position);
}

void SkyWork::restore_sums(std::span<std::byte const> bytes) {
  std::array<double, 3> extremes;
  std::array<std::int64_t, 7> sums;
  std::memcpy(extremes.data(), bytes.data(), sizeof extremes);
  std::memcpy(sums.data(), bytes.data() + sizeof extremes, sizeof sums);
  mass_min_ = std::min(mass_min_, extremes[0]);
  mass_max_ = std::max(mass_max_, extremes[1]);
  largest_sampling_error_ = std::max(largest_sampling_error_, extremes[2]);
  painted_.restore(sums[0]);
  removed_.restore(sums[1]);
  n_clusters_ += sums[2];
  n_fill_ += sums[3];
  n_too_near_ += sums[4];
  n_sampled_ += sums[5];
  sampling_errors_.restore(sums[6]);
}

/// What this rank reads of the journal: for every rank its rings, each as number and values.
std::vector<std::vector<double>> SkyWork::journalled_rings() {
  std::vector<std::vector<double>> rings(comm_.size());
  context_.journal().for_each([&](Journal::Record const& record) {
    if (record.unit == unit_sums) return restore_sums(record.bytes);
    auto const next =
        std::upper_bound(ring_boundaries_.begin(), ring_boundaries_.end() - 1, record.unit);
    auto& to = rings[next - ring_boundaries_.begin() - 1];
    std::size_t const size = record.bytes.size() / sizeof(double);
    to.push_back(real(record.unit));
    to.resize(to.size() + size);
    std::memcpy(to.data() + to.size() - size, record.bytes.data(), record.bytes.size());
  });
  return rings;
}

void SkyWork::restore() {
  auto const& geometry = map_.geometry();
  std::vector<double> send;
  std::vector<std::int64_t> counts;
  for (auto& rings : journalled_rings()) {
    counts.push_back(std::ssize(rings));
    send.insert(send.end(), rings.begin(), rings.end());
    std::vector<double>().swap(rings);
  }
  auto const received = comm_.all_to_all_v(std::span<double const>(send), counts);
  std::int64_t n_found = 0;
  for (std::size_t at = 0; at < received.size(); ++n_found) {
    auto const ring = static_cast<std::int64_t>(received[at]);
    auto const size = static_cast<std::size_t>(geometry.pixels_in(ring));
    std::copy_n(received.data() + at + 1, size,
                map_.values().data() + (geometry.first_pixel(ring) - map_.pixels().first));
    at += size + 1;
  }
  std::int64_t const all = comm_.all_sum(n_found);
  if (all != geometry.n_rings())
    throw CollectiveError(ExitCode::bad_data,
                          concat("the journal of sky holds ", all, " of ", geometry.n_rings(),
                                 " rings; --force discards it"));
}

}  // namespace setsz
