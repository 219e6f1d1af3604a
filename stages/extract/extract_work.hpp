// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "pipeline/run/journal.hpp"
#include "stages/common/streamed_mass.hpp"
#include "stages/extract/captured.hpp"

namespace setsz {

/// Brings captured particles to the owners of their clusters and keeps them there; saves what is
/// kept to the journal and takes it up again on any number of ranks.
class ParticleGatherer {
 public:
  /// \param cost          expected work per cluster: owners are contiguous ranges of equal cost
  /// \param slice_rows    rows of the slices in which the snapshot is read
  /// \param buffer_bytes  no rank receives more than about this in one exchange
  ParticleGatherer(Comm const& comm, std::span<double const> cost, std::int64_t slice_rows,
                   double buffer_bytes);

  /// Local: keeps a particle of an own cluster, notes another for its owner.
  void add(CapturedParticle const& captured) {
    bool const mine = owner_[captured.cluster] == comm_.rank();
    if (mine)
      bins_.add(captured);
    else
      outgoing_.push_back(captured);
  }
  /// Local: counts a particle that is not kept, once for every sphere.
  void leave_out() { ++n_left_out_; }
  /// Their number; the sum over the ranks is that of the whole pass, also after `restore`.
  std::int64_t n_left_out() const { return n_left_out_; }
  /// Of all particles that were read, whether they are kept or not.
  StreamedMass& streamed() { return streamed_; }
  /// Collective: what the ranks have noted since reaches its owners.
  void deliver();

  /// Collective: appends to the journal what has come since the last save, and commits.
  void save(Journal& journal, std::int64_t position);
  /// Collective: takes up what the journal holds.
  void restore(Journal const& journal);
  /// As given, or as it was when the journal began: positions in it count these slices.
  std::int64_t slice_rows() const { return slice_rows_; }

  /// The clusters of this rank.
  Range owned() const { return {boundaries_[rank()], boundaries_[rank() + 1]}; }
  ClusterBins& bins() { return bins_; }
  ClusterBins const& bins() const { return bins_; }

 private:
  /// Of the journal's records of n_left_out, of the mass and of slice_rows; others have the row of
  /// their cluster.
  std::int64_t unit_of_left_out() const { return std::ssize(owner_); }
  std::int64_t unit_of_streamed() const { return unit_of_left_out() + 1; }
  std::int64_t unit_of_slices() const { return unit_of_left_out() + 2; }
  void take(Journal::Record const& record, std::int64_t& slice_rows);
  std::size_t rank() const { return static_cast<std::size_t>(comm_.rank()); }

  Comm const& comm_;
  std::int64_t slice_rows_;
  double buffer_bytes_;
  std::vector<std::int64_t> boundaries_;
  std::vector<std::int32_t> owner_;  ///< of every cluster
  ClusterBins bins_;
  std::vector<std::int64_t> saved_;  ///< particles of every cluster that the journal holds
  std::int64_t n_left_out_ = 0, saved_left_out_ = 0;
  StreamedMass streamed_;
  std::vector<CapturedParticle> outgoing_, by_owner_;
};

}  // namespace setsz
