// SPDX-License-Identifier: BSD-3-Clause
#include "io/h5_chunks.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <numeric>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/number.hpp"

namespace setsz::h5 {

namespace {

constexpr std::int64_t checksum_bytes = 4;

/// Fletcher's sums over every 32nd word: the compiler makes vector instructions of the lanes.
constexpr std::size_t lanes = 32, max_rows = 256;  // more rows might overflow
constexpr std::uint32_t modulus = 65535;
struct LaneSums {
  std::uint32_t sum[lanes]{}, sum_of_sums[lanes]{};
};

SETSZ_DISPATCH void add_rows(std::byte const* __restrict row, std::size_t n_rows,
                             std::uint32_t* __restrict sum, std::uint32_t* __restrict sum_of_sums) {
  std::uint16_t words[lanes];
  for (std::size_t r = 0; r < n_rows; ++r, row += sizeof words) {
    std::memcpy(words, row, sizeof words);
    for (std::size_t l = 0; l < lanes; ++l) {
      sum[l] += words[l];
      sum_of_sums[l] += sum[l];
    }
  }
}

/// Modulo 65535; what is positive stays so.
void fold(LaneSums& lane) {
  for (auto* sums : {lane.sum, lane.sum_of_sums})
    for (std::size_t l = 0; l < lanes; ++l) sums[l] = (sums[l] & 0xffff) + (sums[l] >> 16);
}

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
  // One's complement sums do not care in which order the bytes of all words are: those of memory
  // are added up, and the sums are turned round in the end.
  static_assert(std::endian::native == std::endian::little);
  LaneSums lane;
  auto const row_bytes = lanes * sizeof(std::uint16_t);
  for (; bytes.size() >= row_bytes; fold(lane)) {
    auto const n_rows = std::min<std::size_t>(bytes.size() / row_bytes, max_rows);
    add_rows(bytes.data(), n_rows, lane.sum, lane.sum_of_sums);
    bytes = bytes.subspan(n_rows * row_bytes);
  }
  std::uint64_t sum = 0, sum_of_sums = 0;
  for (std::size_t l = 0; l < lanes; ++l) {
    // Word `l` of a row is in `l` sums fewer than the first one.
    sum += lane.sum[l];
    sum_of_sums += lanes * std::uint64_t{lane.sum_of_sums[l]} + l * (2 * modulus - lane.sum[l]);
  }
  for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(2, bytes.size()))) {
    sum += std::to_integer<std::uint64_t>(bytes[0]);
    if (bytes.size() > 1) sum += std::to_integer<std::uint64_t>(bytes[1]) << 8;
    sum_of_sums += sum;
  }
  // Nothing but zeros has a sum of 0; other multiples of the modulus are stored as that.
  auto const stored = [&](std::uint64_t total) {
    return sum == 0 ? 0 : static_cast<std::uint32_t>((256 * total + modulus - 1) % modulus + 1);
  };
  return stored(sum_of_sums) << 16 | stored(sum);
}

void write_chunk(durable::File& file, ChunkMap const& map, std::span<ChunkPart const> parts) {
  auto const chunk = parts.front().chunk;
  auto const values = map.values_of(chunk);
  std::vector<std::byte> assembled;
  auto bytes = parts.front().bytes;
  if (parts.size() > 1 || std::ssize(bytes) < map.chunk_bytes()) {
    assembled.resize(map.chunk_bytes());
    std::int64_t covered = 0;
    for (auto const& part : parts) covered += std::ssize(part.bytes);
    if (covered < values.size() * map.value_bytes)
      file.read_at(map.address[chunk], assembled.data(), map.chunk_bytes());
    for (auto const& part : parts)
      std::memcpy(assembled.data() + (part.first - values.first) * map.value_bytes,
                  part.bytes.data(), part.bytes.size());
    bytes = assembled;
  }
  auto const sum = fletcher32(bytes);
  std::array<std::byte, checksum_bytes> checksum;
  for (std::size_t i = 0; i < checksum.size(); ++i)  // little-endian
    checksum[i] = std::byte(sum >> (8 * i) & 0xff);
  file.write_at(map.address[chunk], bytes.data(), std::ssize(bytes));
  file.write_at(map.address[chunk] + std::ssize(bytes), checksum.data(), checksum_bytes);
}

}  // namespace setsz::h5
