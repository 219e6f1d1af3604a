// SPDX-License-Identifier: BSD-3-Clause
// Compares what was written with the content of the disk.
#include <algorithm>

#include "io/h5.hpp"
#include "io/h5_output.hpp"
#include "io/h5_rows.hpp"
#include "io/h5_types.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/base/log.hpp"

namespace setsz {

namespace {

using Digits = std::array<char, 32>;

Digits digits_of(Hash const& hash) {
  Digits digits{};
  std::string const hex = hash.hex();
  std::copy_n(hex.begin(), std::min(hex.size(), digits.size()), digits.begin());
  return digits;
}

/// Of rows on the disk, which are read in parts that stay in the cache until they are hashed.
template <class T>
Digits hash_of_rows(H5Rows const& stored, Range rows, std::vector<std::byte>& buffer) {
  constexpr std::int64_t part_bytes = 1 << 19;
  std::int64_t const row_bytes = stored.values_per_row() * std::int64_t{sizeof(T)};
  // HDF5 would read a large chunk again for each part.
  auto const part = stored.reads_small_pieces() && row_bytes > 0
                        ? std::max<std::int64_t>(1, part_bytes / row_bytes)
                        : std::max<std::int64_t>(1, rows.size());
  Hash hash;
  for (auto first = rows.first; first < rows.last; first += part) {
    Range const some{first, std::min(first + part, rows.last)};
    buffer.resize(std::max(buffer.size(), std::size_t(some.size() * row_bytes)));
    std::span const values(reinterpret_cast<T*>(buffer.data()),
                           std::size_t(some.size() * stored.values_per_row()));
    stored.read(some, values);
    hash.add_bytes(values.data(), values.size_bytes());
  }
  return digits_of(hash);
}

}  // namespace

void H5File::remember(std::string const& dataset, H5Type type, Range rows, void const* data,
                      std::size_t bytes) {
  auto const found = std::find_if(written_.begin(), written_.end(), [&](Written const& written) {
    return written.dataset == dataset;
  });
  std::int64_t const index = found - written_.begin();
  if (found == written_.end()) written_.push_back({dataset, 0});
  if (rows.size() == 0) return;
  auto& end = written_[index].end;
  if (rows.first < end) {  // rows written a second time: only the last values are on the disk
    std::erase_if(pieces_, [&](Piece const& piece) {
      return piece.dataset == index && piece.rows.first < rows.last && rows.first < piece.rows.last;
    });
  }
  end = std::max(end, rows.last);
  pieces_.push_back({index, rows, type, digits_of(Hash().add_bytes(data, bytes))});
}

void H5File::verify(std::vector<Piece> const& pieces) const {
  if (pieces.empty()) return;
  try {
    auto const file = H5File::open(path_);
    std::vector<std::byte> buffer;
    for (auto const& piece : pieces) {
      auto const& dataset = written_[piece.dataset].dataset;
      bool same = false;
      h5::with_number_of(piece.type, [&]<class T>(T) {
        same = hash_of_rows<T>(H5Rows(file, dataset), piece.rows, buffer) == piece.hash;
      });
      require(same, ExitCode::io, "rows ", piece.rows.first, " to ", piece.rows.last, " of '",
              dataset, "' have other values");
      mark_progress("reading back");
    }
  } catch (Error const& error) {
    fail(ExitCode::io, "the content of '", path_, "' on the disk differs from what was written (",
         error.what(), "); is the disk full or damaged?");
  }
}

void H5File::sync_and_verify() {
  agree_on([&] {  // each rank its own writes: caches of network file systems know no others
    auto& file = output().own_file();
    file.sync();
    file.forget_cached();
    file.close();
  });
  // Each rank reads what the rank before it wrote: never only its own memory.
  auto pieces = pieces_;
  if (comm_) {
    std::vector<std::int64_t> counts(comm_->size(), 0);
    counts[(comm_->rank() + 1) % comm_->size()] = std::ssize(pieces_);
    pieces = comm_->all_to_all_v(std::span<Piece const>(pieces_), counts);
  }
  agree_on([&] { verify(pieces); });
}

}  // namespace setsz
