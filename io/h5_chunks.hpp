// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "io/h5_space.hpp"
#include "pipeline/base/file.hpp"

namespace setsz::h5 {

/// Chunks of at least this size begin at a page; smaller ones are written by rank 0. So no two
/// ranks ever write to the same page, which matters to file systems that lock or cache pages.
constexpr std::int64_t large_chunk_bytes = 65536;
constexpr std::int64_t page_bytes = 4096;

/// Where the values of a dataset lie in its file, so that any rank can write its own without HDF5.
///
/// A chunk holds consecutive values, in row-major order of the whole dataset: chunks divide one
/// dimension (`segment`: that dimension and those inside it), have the extent 1 in the dimensions
/// outside it, and the full extent in those inside. Values are numbered from 0 in that order.
struct ChunkMap {
  std::int64_t value_bytes = 0;
  std::int64_t segment = 0;           ///< values
  std::int64_t per_chunk = 0;         ///< values; the last chunk of a segment may have fewer
  std::int64_t per_segment = 0;       ///< chunks
  std::int64_t n_chunks = 0;          ///< of the dataset
  std::vector<std::int64_t> address;  ///< of each chunk in the file

  Range values_of(std::int64_t chunk) const;
  std::int64_t chunk_of(std::int64_t value) const;
  std::int64_t chunk_bytes() const { return per_chunk * value_bytes; }
};

/// The chunks of about 1 MB (more in large datasets, so that there are a few thousand of them) of a
/// dataset without a zero in its shape: whole rows if they are small, else parts of one row. A
/// function of the shape alone.
Shape chunk_shape(Shape const& shape, std::size_t value_bytes);

/// All but the addresses. \pre no zero in the shape
ChunkMap chunk_map(Shape const& shape, std::size_t value_bytes);

/// The addresses of the chunks of a dataset that has them all (allocated early), with checksums.
std::vector<std::int64_t> chunk_addresses(hid_t dataset, Shape const& shape, ChunkMap const& map);

/// Values of one chunk that come from one rank.
struct ChunkPart {
  std::int64_t chunk;
  std::int64_t first;  ///< value, counted from the first of the dataset
  std::span<std::byte const> bytes;
};

/// Writes one chunk, checksum included. What none of the parts holds keeps its value.
void write_chunk(durable::File& file, ChunkMap const& map, std::span<ChunkPart const> parts);

/// The checksum that HDF5 stores behind every chunk. \source H5checksum.c of HDF5 (Fletcher 1982)
std::uint32_t fletcher32(std::span<std::byte const> bytes);

}  // namespace setsz::h5
