// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/box_work.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

constexpr std::int64_t clusters_per_batch = 16, halos_per_batch = 1 << 15;
/// Units of the journal that are no planes.
constexpr std::int64_t unit_sums = -1, unit_clusters = -2;

/// A sum that no term of the painting exceeds, over 1e9: the quantum of the totals.
double quantum_of(ClusterTable const& table) {
  double mass = table.mass_min;
  for (auto const& cluster : table.clusters) mass = std::max(mass, cluster.m200c);
  auto const scales = halo_scales(table.cosmology, table.redshift, mass);
  return 1e-9 * scales.p200_code * std::pow(scales.r200c_ckpch, 3);
}

/// P V of a ball of gas, and where it is.
struct GasParcel {
  Vec3 position;
  double radius, pv;
};

}  // namespace

BoxWork::BoxWork(Context& context, Population const& population, std::int64_t n_grid, Range planes)
    : context_(context),
      comm_(context.comm()),
      population_(population),
      painted_(n_grid, population.table().box_ckpch, planes),
      first_plane_(comm_.all_gather(planes.first)),
      clusters_sum_(quantum_of(population.table())),
      clusters_removed_(clusters_sum_),
      fill_sum_(clusters_sum_),
      fill_removed_(clusters_sum_),
      gas_sum_(clusters_sum_) {
  first_plane_.push_back(n_grid);
}

bool BoxWork::is_mine(Vec3 const& centre) const {
  auto const n = painted_.n();
  auto const plane = static_cast<std::int64_t>(centre.x / painted_.cell_ckpch());
  return painted_.planes().contains(std::clamp<std::int64_t>(plane, 0, n - 1));
}

void BoxWork::run(Snapshot const* gas, CellSize cell_size) {
  if (gas) gas_.emplace(painted_.n(), painted_.box_ckpch(), painted_.planes());
  std::int64_t const n_clusters =
      population_.options().source == ClusterSource::none ? 0 : population_.table().size();
  std::int64_t const n_fill = population_.n_fill_rows(), n_gas = gas ? gas->n_rows() : 0;
  // One line of work: positions count clusters, then haloes of the fill, then rows of gas.
  std::int64_t done = 0;
  if (context_.journal().committed()) {
    restore();
    done = *context_.journal().committed();
    Log::info("paint: going on after ", done, " of ", n_clusters + n_fill + n_gas,
              " clusters, haloes and gas cells");
  }
  double const bytes_a_row = 150.0;
  std::int64_t const slice = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(context_.options().memory_mb * 1e6 / bytes_a_row / 4), 1,
      context_.options().slice_rows);
  std::int64_t const end = n_clusters + n_fill + n_gas;
  Progress progress("paint", real(end));
  while (done < end) {
    if (done < n_clusters) {
      Range const rows{done, std::min(done + clusters_per_batch, n_clusters)};
      collectively(comm_, "paint: clusters", [&] { paint_clusters(rows); });
      done = rows.last;
    } else if (done < n_clusters + n_fill) {
      std::int64_t const first = done - n_clusters;
      Range const rows{first, std::min(first + halos_per_batch, n_fill)};
      collectively(comm_, "paint: fill", [&] { paint_fill(rows); });
      done = n_clusters + rows.last;
    } else {
      std::int64_t const first = done - n_clusters - n_fill;
      Range const rows{first, std::min(first + slice * comm_.size(), n_gas)};
      paint_gas(*gas, cell_size, rows);
      done = n_clusters + n_fill + rows.last;
    }
    progress.update(real(done));
    mark_progress("paint");
    bool const stop = context_.stop_requested();
    if (done < end && (stop || context_.checkpoint_due())) save(done);
    if (done < end && stop) context_.stop_here();
  }
}

void BoxWork::paint_clusters(Range rows) {
  BoxPainter painter(painted_);
  for (std::int64_t row = rows.first; row < rows.last; ++row) {
    auto const& cluster = population_.cluster(row);
    bool const network = population_.options().source == ClusterSource::network;
    if (!painted_.touches(cluster.position.x, population_.cluster_reach(row))) continue;
    auto const claims = population_.claims_on_cluster(row);
    auto const sum =
        network ? painter.paint(population_.cube(row), cluster.position, cluster.p200, claims)
                : painter.paint(population_.cluster_family(), cluster.m200c, cluster.r200c,
                                cluster.position, cluster.p200, claims);
    if (!is_mine(cluster.position)) continue;
    cluster_sums_.push_back({row, sum.painted, sum.removed});
    clusters_sum_.add(sum.painted);
    clusters_removed_.add(sum.removed);
  }
}

void BoxWork::paint_fill(Range rows) {
  BoxPainter painter(painted_);
  auto const& table = population_.table();
  for (auto const& halo : population_.fill(rows)) {
    double const reach = population_.options().fill_cut_r200 * halo.r200c;
    if (!painted_.touches(halo.position.x, reach)) continue;
    double const p200 =
        halo_scales(table.cosmology, table.redshift, halo.m200c, halo.r200c).p200_code;
    auto const sum = painter.paint(population_.fill_family(), halo.m200c, halo.r200c, halo.position,
                                   p200, population_.claims_on_fill(halo));
    if (!is_mine(halo.position)) continue;
    fill_sum_.add(sum.painted);
    fill_removed_.add(sum.removed);
    ++n_fill_;
  }
}

void BoxWork::paint_gas(Snapshot const& snapshot, CellSize cell_size, Range rows) {
  // Contiguous parts in rank order: what a slab gets, it gets in the order of the snapshot's rows.
  Range const part = even_range(rows.size(), comm_.rank(), comm_.size());
  std::vector<std::vector<GasParcel>> outgoing(comm_.size());
  collectively(comm_, "paint: reading gas", [&] {
    if (part.size() == 0) return;
    auto const gas = snapshot.read_gas({rows.first + part.first, rows.first + part.last});
    for (std::size_t i = 0; i < gas.position.size(); ++i) {
      if (gas.electron_pressure[i] == 0) continue;
      auto const ball = gas_ball(cell_size, gas.position[i], gas.mass[i], gas.density[i],
                                 gas.electron_pressure[i],
                                 gas.smoothing_length.empty() ? 0 : gas.smoothing_length[i]);
      GasParcel const parcel{ball.position, ball.radius,
                             gas.electron_pressure[i] * gas.mass[i] / gas.density[i]};
      gas_sum_.add(parcel.pv);
      for (int rank = 0; rank < comm_.size(); ++rank) {
        auto const r = static_cast<std::size_t>(rank);
        Range const planes{first_plane_[r], first_plane_[r + 1]};
        bool const reaches = slab_touches(planes, painted_.n(), painted_.box_ckpch(),
                                          parcel.position.x, parcel.radius);
        if (reaches) outgoing[r].push_back(parcel);
      }
    }
  });
  std::vector<GasParcel> send;
  std::vector<std::int64_t> counts;
  for (auto& parcels : outgoing) {
    counts.push_back(std::ssize(parcels));
    send.insert(send.end(), parcels.begin(), parcels.end());
    std::vector<GasParcel>().swap(parcels);
  }
  auto const received = comm_.all_to_all_v(std::span<GasParcel const>(send), counts);
  BoxPainter painter(*gas_);
  for (auto const& parcel : received) painter.paint_ball(parcel.position, parcel.radius, parcel.pv);
}

std::vector<ClusterSum> BoxWork::cluster_sums() const {
  auto all = comm_.all_gather_v(cluster_sums_);
  std::sort(all.begin(), all.end(),
            [](ClusterSum const& a, ClusterSum const& b) { return a.row < b.row; });
  return all;
}

BoxWork::Totals BoxWork::totals() const {
  return {clusters_sum_.over_ranks(comm_), clusters_removed_.over_ranks(comm_),
          fill_sum_.over_ranks(comm_),     fill_removed_.over_ranks(comm_),
          gas_sum_.over_ranks(comm_),      comm_.all_sum(n_fill_)};
}

void BoxWork::save(std::int64_t position) {
  auto& journal = context_.journal();
  journal.restart();
  std::int64_t const n = painted_.n();
  for (std::int64_t i = painted_.planes().first; i < painted_.planes().last; ++i) {
    journal.append(i, std::as_bytes(painted_.plane(i)));
    if (gas_) journal.append(n + i, std::as_bytes(gas_->plane(i)));
  }
  std::array<std::int64_t, 6> const sums = {clusters_sum_.count(), clusters_removed_.count(),
                                            fill_sum_.count(),     fill_removed_.count(),
                                            gas_sum_.count(),      n_fill_};
  journal.append(unit_sums, std::as_bytes(std::span(sums)));
  journal.append(unit_clusters, std::as_bytes(std::span(cluster_sums_)));
  journal.commit(position);
}

void BoxWork::restore() {
  std::int64_t const n = painted_.n();
  std::vector<std::vector<double>> outgoing(comm_.size());
  context_.journal().for_each([&](Journal::Record const& record) {
    auto const as = [&]<class T>(T const&) {
      std::vector<T> values(record.bytes.size() / sizeof(T));
      std::memcpy(values.data(), record.bytes.data(), values.size() * sizeof(T));
      return values;
    };
    if (record.unit == unit_sums) {
      auto const sums = as(std::int64_t{});
      ExactSum* const places[] = {&clusters_sum_, &clusters_removed_, &fill_sum_, &fill_removed_,
                                  &gas_sum_};
      for (std::size_t i = 0; i < 5; ++i) places[i]->restore(sums[i]);
      n_fill_ += sums[5];
    } else if (record.unit == unit_clusters) {
      auto const rows = as(ClusterSum{});
      cluster_sums_.insert(cluster_sums_.end(), rows.begin(), rows.end());
    } else {
      std::int64_t const plane = record.unit % n;
      auto const next = std::upper_bound(first_plane_.begin(), first_plane_.end() - 1, plane);
      auto& to = outgoing[next - first_plane_.begin() - 1];
      auto const values = as(double{});
      to.push_back(real(record.unit));
      to.insert(to.end(), values.begin(), values.end());
    }
  });
  std::vector<double> send;
  std::vector<std::int64_t> counts;
  for (auto const& planes : outgoing) {
    counts.push_back(std::ssize(planes));
    send.insert(send.end(), planes.begin(), planes.end());
  }
  auto const received = comm_.all_to_all_v(std::span<double const>(send), counts);
  std::size_t const plane_size = static_cast<std::size_t>(n * n);
  std::int64_t n_found = 0;
  for (std::size_t at = 0; at < received.size(); at += plane_size + 1, ++n_found) {
    auto const unit = static_cast<std::int64_t>(received[at]);
    SlabGrid& grid = unit < n ? painted_ : *gas_;
    std::copy_n(received.data() + at + 1, plane_size,
                grid.values().data() + (unit % n - grid.planes().first) * n * n);
  }
  std::int64_t const all = comm_.all_sum(n_found), wanted = gas_ ? 2 * n : n;
  if (all != wanted)
    throw CollectiveError(ExitCode::bad_data, concat("the journal of paint holds ", all, " of ",
                                                     wanted, " planes; --force discards it"));
}

}  // namespace setsz
