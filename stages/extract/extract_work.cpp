// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/extract_work.hpp"
#include "pipeline/base/number.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace setsz {

ParticleGatherer::ParticleGatherer(Comm const& comm, std::span<double const> cost,
                                   std::int64_t slice_rows, double buffer_bytes)
    : comm_(comm),
      slice_rows_(slice_rows),
      buffer_bytes_(buffer_bytes),
      boundaries_(balanced_boundaries(cost, comm.size())),
      owner_(cost.size()),
      bins_(std::ssize(cost)),
      saved_(cost.size(), 0) {
  for (std::size_t r = 0; r + 1 < boundaries_.size(); ++r)
    std::fill(owner_.begin() + boundaries_[r], owner_.begin() + boundaries_[r + 1],
              static_cast<std::int32_t>(r));
}

void ParticleGatherer::deliver() {
  streamed_.gather(comm_);
  std::size_t const n_ranks = comm_.size();
  auto const owner_of = [&](CapturedParticle const& particle) {
    return static_cast<std::size_t>(owner_[particle.cluster]);
  };
  std::vector<std::int64_t> counts(n_ranks, 0), first(n_ranks + 1, 0);
  for (auto const& particle : outgoing_) ++counts[owner_of(particle)];
  std::partial_sum(counts.begin(), counts.end(), first.begin() + 1);
  by_owner_.resize(outgoing_.size());
  auto next = first;
  for (auto const& particle : outgoing_) by_owner_[next[owner_of(particle)]++] = particle;
  outgoing_.clear();

  // Halo finders sort snapshots by halo: all ranks may read particles of the same owner at once.
  auto const incoming = comm_.exchange_counts(counts);
  double const most =
      sizeof(CapturedParticle) *
      comm_.all_max(real(std::accumulate(incoming.begin(), incoming.end(), std::int64_t{0})));
  int const n_pieces = std::max(1, static_cast<int>(std::ceil(most / buffer_bytes_)));
  std::vector<CapturedParticle> piece;
  for (int p = 0; p < n_pieces; ++p) {
    std::span<CapturedParticle const> to_send = by_owner_;
    auto piece_counts = counts, piece_incoming = incoming;
    if (n_pieces > 1) {
      piece.clear();
      for (std::size_t r = 0; r < n_ranks; ++r) {
        Range const part = even_range(counts[r], p, n_pieces);
        auto const begin = by_owner_.begin() + first[r];
        piece.insert(piece.end(), begin + part.first, begin + part.last);
        piece_counts[r] = part.size();
        piece_incoming[r] = even_range(incoming[r], p, n_pieces).size();
      }
      to_send = piece;
    }
    for (auto const& particle : comm_.all_to_all_known(to_send, piece_counts, piece_incoming))
      bins_.add(particle);
  }
}

void ParticleGatherer::save(Journal& journal, std::int64_t position) {
  constexpr std::size_t blocks_per_record = 1024;  // 75 MB
  for (std::int64_t cluster = owned().first; cluster < owned().last; ++cluster) {
    auto const& blocks = bins_.blocks(cluster);
    auto& saved = saved_[cluster];
    std::vector<std::span<std::byte const>> pieces;
    auto const flush = [&] {
      if (!pieces.empty()) journal.append(cluster, pieces);
      pieces.clear();
    };
    std::int64_t first = 0;  // of the block
    for (auto const& block : blocks) {
      auto const size = std::ssize(block);
      if (first + size > saved) {
        auto const skip = static_cast<std::size_t>(std::max(saved - first, std::int64_t{0}));
        pieces.push_back(std::as_bytes(std::span(block).subspan(skip)));
        if (pieces.size() == blocks_per_record) flush();
      }
      first += size;
    }
    flush();
    saved = bins_.count(cluster);
  }
  if (std::int64_t const more = n_left_out_ - saved_left_out_; more > 0)
    journal.append(unit_of_left_out(), std::as_bytes(std::span(&more, 1)));
  saved_left_out_ = n_left_out_;
  streamed_.save(comm_, journal, unit_of_streamed());
  if (comm_.is_root()) journal.append(unit_of_slices(), std::as_bytes(std::span(&slice_rows_, 1)));
  journal.commit(position);
}

void ParticleGatherer::take(Journal::Record const& record, std::int64_t& slice_rows) {
  if (record.unit == unit_of_streamed()) return streamed_.take(record);
  if (record.unit >= unit_of_left_out()) {
    std::int64_t number = 0;
    std::memcpy(&number, record.bytes.data(), sizeof number);
    if (record.unit == unit_of_left_out())
      n_left_out_ += number;
    else
      slice_rows = number;
    return;
  }
  CapturedParticle captured{static_cast<std::int32_t>(record.unit), {}};
  for (std::size_t at = 0; at < record.bytes.size(); at += sizeof(KeptParticle)) {
    std::memcpy(&captured.particle, record.bytes.data() + at, sizeof(KeptParticle));
    bins_.add(captured);
  }
}

void ParticleGatherer::restore(Journal const& journal) {
  std::int64_t slice_rows = 0;
  journal.for_each([&](Journal::Record const& record) { take(record, slice_rows); });
  slice_rows_ = comm_.all_max(slice_rows);
  if (slice_rows_ == 0)
    throw CollectiveError(ExitCode::config,
                          "the extraction was stopped in a version of this program that read the "
                          "snapshot in another order; start it again with --force");
  saved_left_out_ = n_left_out_;
  streamed_.agree(comm_);
  // What other ranks own now goes to them, a bounded part at a time.
  auto const per_batch = static_cast<std::size_t>(buffer_bytes_ / sizeof(CapturedParticle)) + 1;
  std::vector<ParticleBlocks> foreign(owner_.size());
  for (std::size_t cluster = 0; cluster < owner_.size(); ++cluster)
    if (!owned().contains(static_cast<std::int64_t>(cluster)))
      foreign[cluster] = bins_.take(static_cast<std::int64_t>(cluster));
  std::size_t cluster = 0;
  while (true) {
    for (; cluster < foreign.size(); ++cluster) {
      auto& blocks = foreign[cluster];
      for (; !blocks.empty() && outgoing_.size() < per_batch; blocks.pop_back())
        for (auto const& particle : blocks.back())
          add({static_cast<std::int32_t>(cluster), particle});
      if (!blocks.empty()) break;
    }
    if (!comm_.any(!outgoing_.empty())) break;
    deliver();
  }
  for (std::int64_t c = owned().first; c < owned().last; ++c) saved_[c] = bins_.count(c);
}

}  // namespace setsz
