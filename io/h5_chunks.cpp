// SPDX-License-Identifier: BSD-3-Clause
#include "io/h5_chunks.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>

#include "pipeline/base/number.hpp"

namespace setsz::h5 {

namespace {

constexpr std::int64_t checksum_bytes = 4;

/// The dimension that the chunks divide.
std::size_t divided_dimension(Shape const& chunk) {
  std::size_t d = 0;
  while (d + 1 < chunk.size() && chunk[d] == 1) ++d;
  return d;
}

std::int64_t product(Shape const& shape, std::size_t first) {
  return std::accumulate(shape.begin() + std::ptrdiff_t(first), shape.end(), std::int64_t{1},
                         std::multiplies<>());
}

/// Where the chunk begins that has this number.
Shape corner_of(std::int64_t number, std::int64_t per_segment, Shape const& shape,
                Shape const& chunk, std::size_t divided) {
  Shape corner(shape.size(), 0);
  corner[divided] = hsize_t(number % per_segment) * chunk[divided];
  auto outside = hsize_t(number / per_segment);
  for (auto d = divided; d-- > 0;) {
    corner[d] = outside % shape[d];
    outside /= shape[d];
  }
  return corner;
}

}  // namespace

Range ChunkMap::values_of(std::int64_t chunk) const {
  auto const begin = chunk / per_segment * segment;
  auto const first = begin + chunk % per_segment * per_chunk;
  return {first, std::min(first + per_chunk, begin + segment)};
}

std::int64_t ChunkMap::chunk_of(std::int64_t value) const {
  return value / segment * per_segment + value % segment / per_chunk;
}

Shape chunk_shape(Shape const& shape, std::size_t value_bytes) {
  double bytes = real(value_bytes);
  for (auto const n : shape) bytes *= real(n);
  constexpr double mega = 1 << 20;
  auto const wanted = static_cast<hsize_t>(std::clamp(bytes / 4096, mega, 16 * mega));
  auto chunk = shape;
  for (std::int64_t d = 0; d < std::ssize(shape); ++d) {
    Shape const inner(shape.begin() + d, shape.end());
    hsize_t const rest = value_bytes * values_per_row(inner);
    auto const most = std::clamp<hsize_t>(wanted / rest, 1, shape[d]);
    auto const n_chunks = (shape[d] + most - 1) / most;
    chunk[d] = (shape[d] + n_chunks - 1) / n_chunks;  // equal ones: the last is stored in full
    if (chunk[d] > 1) break;
  }
  return chunk;
}

ChunkMap chunk_map(Shape const& shape, std::size_t value_bytes) {
  auto const chunk = chunk_shape(shape, value_bytes);
  auto const divided = divided_dimension(chunk);
  ChunkMap map;
  map.value_bytes = std::int64_t(value_bytes);
  map.segment = product(shape, divided);
  map.per_chunk = product(chunk, divided);
  map.per_segment = (map.segment + map.per_chunk - 1) / map.per_chunk;
  map.n_chunks = product(shape, 0) / map.segment * map.per_segment;
  return map;
}

std::vector<std::int64_t> chunk_addresses(hid_t dataset, Shape const& shape, ChunkMap const& map) {
  auto const chunk = chunk_shape(shape, map.value_bytes);
  auto const divided = divided_dimension(chunk);
  std::vector<std::int64_t> addresses(map.n_chunks);
  for (std::int64_t i = 0; i < map.n_chunks; ++i) {
    auto const corner = corner_of(i, map.per_segment, shape, chunk, divided);
    unsigned mask = 0;
    haddr_t address = HADDR_UNDEF;
    hsize_t stored = 0;
    bool const found =
        H5Dget_chunk_info_by_coord(dataset, corner.data(), &mask, &address, &stored) >= 0;
    require(found && address != HADDR_UNDEF && mask == 0 &&
                std::cmp_equal(stored, map.chunk_bytes() + checksum_bytes),
            ExitCode::internal, "chunk ", i, " has no place in the file (", stored, " bytes)");
    addresses[i] = std::int64_t(address);
  }
  return addresses;
}

std::uint32_t fletcher32(std::span<std::byte const> bytes) {
  auto const* at = reinterpret_cast<unsigned char const*>(bytes.data());
  std::uint32_t sum = 0, sum_of_sums = 0;
  auto const fold = [](std::uint32_t& x) { x = (x & 0xffff) + (x >> 16); };
  for (std::size_t left = bytes.size() / 2; left > 0;) {
    std::size_t const n = std::min<std::size_t>(left, 360);  // as many as cannot overflow
    for (std::size_t i = 0; i < n; ++i, at += 2) {
      sum += std::uint32_t(at[0]) << 8 | at[1];
      sum_of_sums += sum;
    }
    fold(sum), fold(sum_of_sums);
    left -= n;
  }
  if (bytes.size() % 2 != 0) {
    sum += std::uint32_t(*at) << 8;
    sum_of_sums += sum;
    fold(sum), fold(sum_of_sums);
  }
  fold(sum), fold(sum_of_sums);
  return sum_of_sums << 16 | sum;
}

void write_chunk(durable::File& file, ChunkMap const& map, std::span<ChunkPart const> parts) {
  auto const chunk = parts.front().chunk;
  auto const values = map.values_of(chunk);
  std::vector<std::byte> stored(map.chunk_bytes() + checksum_bytes);
  std::int64_t covered = 0;
  for (auto const& part : parts) covered += std::ssize(part.bytes);
  if (covered < values.size() * map.value_bytes)
    file.read_at(map.address[chunk], stored.data(), map.chunk_bytes());
  for (auto const& part : parts)
    std::memcpy(stored.data() + (part.first - values.first) * map.value_bytes, part.bytes.data(),
                part.bytes.size());
  auto const sum = fletcher32({stored.data(), stored.size() - checksum_bytes});
  for (std::size_t i = 0; i < checksum_bytes; ++i)  // little-endian
    stored[stored.size() - checksum_bytes + i] = std::byte(sum >> (8 * i) & 0xff);
  file.write_at(map.address[chunk], stored.data(), std::ssize(stored));
}

}  // namespace setsz::h5
