// SPDX-License-Identifier: BSD-3-Clause
#include "stages/voxelize/voxelize_work.hpp"

#include <algorithm>
#include <cstring>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/slice_order.hpp"

namespace setsz {

std::vector<double> cube_costs(ClusterTable const& table) {
  double total_mass = 0;
  for (auto const& cluster : table.clusters) total_mass += cluster.m200c;
  std::vector<double> costs;
  costs.reserve(table.clusters.size());
  for (auto const& cluster : table.clusters)
    costs.push_back(cluster.m200c / total_mass + 1 / real(table.size()));
  return costs;
}

CubeGatherer::CubeGatherer(Comm const& comm, PeriodicBox box, std::vector<Cube> cubes,
                           std::span<double const> cost, std::int64_t n_voxels)
    : comm_(comm),
      cubes_(std::move(cubes)),
      boundaries_(balanced_boundaries(cost, comm.size())),
      owned_{boundaries_[comm.rank()], boundaries_[static_cast<std::size_t>(comm.rank()) + 1]},
      n_voxels_(n_voxels),
      search_all_(box, cubes_),
      search_owned_(box, {cubes_.begin() + owned_.first, cubes_.begin() + owned_.last}),
      overlap_(n_voxels),
      outgoing_(comm.size()) {
  for (auto cube = owned_.first; cube < owned_.last; ++cube)
    owned_cubes_.emplace_back(n_voxels, cubes_[cube].core);
}

std::size_t CubeGatherer::owner_of(std::int64_t cube) const {
  auto const above = std::upper_bound(boundaries_.begin(), boundaries_.end(), cube);
  return static_cast<std::size_t>(above - boundaries_.begin()) - 1;
}

void CubeGatherer::capture(GasBall const& ball) {
  std::size_t last = outgoing_.size();
  for (auto const& hit : search_all_(ball.position, ball.radius)) {  // ascending cubes and owners
    std::size_t const owner = owner_of(hit.cube);
    if (owner != last) outgoing_[owner].push_back(ball);
    last = owner;
  }
}

void CubeGatherer::deliver() {
  streamed_.gather(comm_);
  std::vector<GasBall> send;
  std::vector<std::int64_t> counts;
  for (auto& balls : outgoing_) {
    send.insert(send.end(), balls.begin(), balls.end());
    counts.push_back(std::ssize(balls));
    balls.clear();
  }
  for (auto const& ball : comm_.all_to_all_v(std::span<GasBall const>(send), counts))
    for (auto const& hit : search_owned_(ball.position, ball.radius)) {
      double const edge = cubes_[owned_.first + hit.cube].edge;
      owned_cubes_[hit.cube].add(ball, hit.offset, edge / real(n_voxels_), overlap_);
      ++n_deposits_;
    }
}

std::int64_t CubeGatherer::slices_of_a_rank(RunOptions const& options, std::int64_t slice_rows,
                                            int n_ranks) {
  // The rows as read, the balls before and after they are sent, and those of all ranks.
  double const row_bytes = bytes_per_row + real(sizeof(GasBall)) * (3 + n_ranks);
  return slices_per_turn(1e6 * options.memory_mb, row_bytes, options.slice_rows, slice_rows);
}

double CubeGatherer::bytes_per_cube(std::int64_t n_voxels) {
  return real(PressureCube::state_size(n_voxels)) * sizeof(double);
}

void CubeGatherer::save(Journal& journal, std::int64_t position) const {
  journal.restart();
  for (std::int64_t cube = owned_.first; cube < owned_.last; ++cube) {
    auto const state = this->cube(cube).state();
    journal.append(cube, std::as_bytes(std::span(state)));
  }
  streamed_.save(comm_, journal, unit_of_streamed());
  journal.commit(position);
}

void CubeGatherer::restore(Journal const& journal) {
  // A cube whose owner is another rank now goes there, with its number in front.
  std::vector<std::vector<double>> moved(comm_.size());
  std::int64_t n_found = 0;
  journal.for_each([&](Journal::Record const& record) {
    if (record.unit == unit_of_streamed()) return streamed_.take(record);
    std::vector<double> state(record.bytes.size() / sizeof(double));
    std::memcpy(state.data(), record.bytes.data(), state.size() * sizeof(double));
    require(std::ssize(state) == PressureCube::state_size(n_voxels_) && record.unit >= 0 &&
                record.unit < std::ssize(cubes_),
            ExitCode::bad_data, "the journal of voxelize does not contain cubes of ", n_voxels_,
            "^3 voxels; run with --force to discard it");
    ++n_found;
    if (owned_.contains(record.unit)) {
      owned_cubes_[record.unit - owned_.first].restore(state);
      return;
    }
    auto& out = moved[owner_of(record.unit)];
    out.push_back(real(record.unit));
    out.insert(out.end(), state.begin(), state.end());
  });
  streamed_.agree(comm_);
  std::vector<double> send;
  std::vector<std::int64_t> counts;
  for (auto& states : moved) {
    send.insert(send.end(), states.begin(), states.end());
    counts.push_back(std::ssize(states));
    std::vector<double>().swap(states);
  }
  auto const received = comm_.all_to_all_v(std::span<double const>(send), counts);
  std::size_t const record_size = 1 + PressureCube::state_size(n_voxels_);
  for (std::size_t at = 0; at < received.size(); at += record_size) {
    auto const cube = static_cast<std::int64_t>(received[at]);
    owned_cubes_[cube - owned_.first].restore(std::span(received).subspan(at + 1, record_size - 1));
  }
  std::int64_t const n_all = comm_.all_sum(n_found);
  if (n_all != std::ssize(cubes_))
    throw CollectiveError(ExitCode::bad_data,
                          concat("the journal of voxelize contains ", n_all, " of ", cubes_.size(),
                                 " cubes; run with --force to discard it"));
}

}  // namespace setsz
