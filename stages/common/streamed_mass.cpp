// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/streamed_mass.hpp"

#include <cstring>

namespace setsz {

void StreamedMass::gather(Comm const& comm) {
  for (auto const& sum : comm.all_gather(mine_)) {
    all_.mass += sum.mass;
    all_.rows += sum.rows;
    all_.volume += sum.volume;
  }
  mine_ = {};
}

void StreamedMass::save(Comm const& comm, Journal& journal, std::int64_t unit) const {
  if (comm.is_root() && is_whole_) journal.append(unit, std::as_bytes(std::span(&all_, 1)));
}

void StreamedMass::take(Journal::Record const& record) {
  if (record.bytes.size() != sizeof all_)
    fail(ExitCode::bad_data, "the journal has ", record.bytes.size(),
         " bytes for the mass of the particles (expected ", sizeof all_,
         "); run with --force to discard it");
  Sum sum;
  std::memcpy(&sum, record.bytes.data(), sizeof sum);
  if (sum.rows > all_.rows) all_ = sum;
}

void StreamedMass::agree(Comm const& comm) {
  // The sums of one pass grow together.
  all_ = {comm.all_max(all_.mass), comm.all_max(all_.rows), comm.all_max(all_.volume)};
  is_whole_ = all_.rows > 0;
}

void StreamedMass::require_budget(Comm const& comm, Snapshot const& snapshot,
                                  MatterBudget const& budget) const {
  if (!is_whole_) return;
  on_root(comm, "", [&] {
    require(rows() == snapshot.n_rows(), ExitCode::internal, rows(), " of ", snapshot.n_rows(),
            " particles of '", snapshot.files().front(), "' were read");
    require_matter(budget, snapshot.header(), snapshot.kind(), mass(), 0, snapshot.files().front(),
                   concat("the sum of all ", rows(),
                          " particles as they were read; the header or a sample of them looked "
                          "right: one of the files may be damaged"));
  });
}

}  // namespace setsz
