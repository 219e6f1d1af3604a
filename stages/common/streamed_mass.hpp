// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "io/snapshot.hpp"
#include "pipeline/run/journal.hpp"
#include "stages/common/matter_budget.hpp"

namespace setsz {

/// The particles that a pass over a snapshot has really read, and their mass. What is known before
/// the pass is a header or a sample of the masses: files whose masses are wrong elsewhere are found
/// at its end.
class StreamedMass {
 public:
  /// Local: what this rank has read of its slice. \param mass  [1e10 Msun/h]
  /// \param volume  sum of mass/density of gas [(ckpc/h)^3]
  void add(double mass, std::int64_t rows, double volume = 0) {
    mine_.mass += mass;
    mine_.rows += rows;
    mine_.volume += volume;
  }
  /// Collective, after each round of slices: those of the ranks follow each other in rank order, so
  /// they are added in the order of the snapshot on any number of ranks.
  void gather(Comm const& comm);

  /// Local: appends to the journal what all ranks have gathered, once.
  void save(Comm const& comm, Journal& journal, std::int64_t unit) const;
  /// Local: takes up a record of `save`; a later one replaces it.
  void take(Journal::Record const& record);
  /// Collective, after all records: every rank gets what one of them has taken.
  void agree(Comm const& comm);

  /// [1e10 Msun/h], the same on all ranks
  double mass() const { return all_.mass; }
  std::int64_t rows() const { return all_.rows; }
  /// [(ckpc/h)^3]; 0: a part of the pass was that of an older version
  double volume() const { return is_whole_ ? all_.volume : 0; }

  /// Collective, after the pass: all rows were read, and their mass is that of the budget, else
  /// Error(bad_data) with the ratio and its likely cause on all ranks. A pass that began with a
  /// journal without this sum (of an older version) is not judged.
  void require_budget(Comm const& comm, Snapshot const& snapshot, MatterBudget const& budget) const;

 private:
  struct Sum {
    double mass = 0;
    std::int64_t rows = 0;
    double volume = 0;
  };
  Sum mine_, all_;
  bool is_whole_ = true;
};

}  // namespace setsz
