// SPDX-License-Identifier: BSD-3-Clause
#include "io/healpix_map.hpp"

#include <bit>
#include <cmath>

#include "io/fits_header.hpp"
#include "pipeline/base/file.hpp"

namespace setsz {
namespace {

constexpr double bad_data = -1.6375e30;
constexpr std::int64_t pixels_per_buffer = 1 << 20;
constexpr std::int64_t float_bytes = sizeof(float);

std::vector<std::uint32_t> big_endian(std::span<float const> values) {
  std::vector<std::uint32_t> words(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint32_t const bits = std::bit_cast<std::uint32_t>(values[i]);
    words[i] = std::endian::native == std::endian::little ? __builtin_bswap32(bits) : bits;
  }
  return words;
}

/// What is converted at once, from pixel `first` on.
std::span<float const> part_of(std::span<float const> pixels, std::int64_t first) {
  return pixels.subspan(first, std::min(pixels_per_buffer, std::ssize(pixels) - first));
}

FitsSum data_sum_of(std::span<float const> pixels) {
  FitsSum sum;
  for (std::int64_t i = 0; i < std::ssize(pixels); i += pixels_per_buffer) {
    auto const words = big_endian(part_of(pixels, i));
    sum.add({reinterpret_cast<unsigned char const*>(words.data()), words.size() * 4});
  }
  return sum;
}

std::string table_header(HealpixHeader const& header, FitsSum data_sum) {
  std::int64_t const n_pixels = 12 * header.nside * header.nside;
  std::int64_t const per_row = n_pixels < 1024 ? 1 : 1024;
  std::vector<FitsCard> const layout = {
      {"XTENSION", std::string("BINTABLE"), "binary table"},
      {"BITPIX", std::int64_t{8}, ""},
      {"NAXIS", std::int64_t{2}, ""},
      {"NAXIS1", per_row * float_bytes, "bytes a row"},
      {"NAXIS2", n_pixels / per_row, "rows"},
      {"PCOUNT", std::int64_t{0}, ""},
      {"GCOUNT", std::int64_t{1}, ""},
      {"TFIELDS", std::int64_t{1}, ""},
      {"TTYPE1", header.column, ""},
      {"TFORM1", per_row == 1 ? std::string("1E") : std::string("1024E"), "float32, big-endian"},
      {"TUNIT1", header.unit, header.unit.empty() ? "dimensionless" : ""},
      {"EXTNAME", header.column, ""},
      {"PIXTYPE", std::string("HEALPIX"), "HEALPix pixelisation"},
      {"ORDERING", std::string("RING"), "pixel ordering: RING or NESTED"},
      {"NSIDE", header.nside, "resolution parameter"},
      {"FIRSTPIX", std::int64_t{0}, ""},
      {"LASTPIX", n_pixels - 1, ""},
      {"INDXSCHM", std::string("IMPLICIT"), "pixel number = place in the table"},
      {"OBJECT", std::string("FULLSKY"), ""},
      {"COORDSYS", header.coordinates, "C celestial, G galactic, E ecliptic"},
      {"BAD_DATA", bad_data, "no pixel of this map has it"},
      {"POLAR", false, "no polarisation"},
      {"DATE", header.date, ""},
      {"CREATOR", header.creator, ""},
  };
  FitsHeader cards;
  for (auto const& card : layout) cards.add(card);
  for (auto const& card : header.cards) cards.add(card);
  for (auto const& line : header.history) cards.add_history(line);
  return cards.finish(data_sum);
}

void check_range(Comm const& comm, HealpixHeader const& header, std::int64_t first_pixel,
                 std::span<float const> pixels) {
  std::int64_t const n_pixels = 12 * header.nside * header.nside;
  auto const n_here = std::ssize(pixels);
  std::int64_t const before = comm.sum_before(n_here);
  std::int64_t const total = comm.all_sum(n_here);
  collectively(comm, "map", [&] {
    require(header.nside > 0 && std::has_single_bit(std::uint64_t(header.nside)),
            ExitCode::internal, "nside ", header.nside, " is not a power of two");
    require(before == first_pixel && total == n_pixels, ExitCode::internal,
            "the ranks' pixels do not cover the sky: this rank begins at ", first_pixel, " after ",
            before, " pixels of lower ranks, ", total, " of ", n_pixels, " in all");
    for (std::int64_t i = 0; i < n_here; ++i) {
      require(std::isfinite(pixels[i]), ExitCode::internal, "pixel ", first_pixel + i,
              " of the map is ", pixels[i]);
    }
  });
}

}  // namespace

void write_healpix_map(Comm const& comm, std::string const& path, HealpixHeader const& header,
                       std::int64_t first_pixel, std::span<float const> pixels) {
  check_range(comm, header, first_pixel, pixels);
  FitsSum data_sum;
  for (auto const sum : comm.all_gather(data_sum_of(pixels).value())) data_sum.add(FitsSum(sum));
  std::string const headers = fits_primary_header("map") + table_header(header, data_sum);
  auto const data_offset = std::ssize(headers);
  std::int64_t const data_bytes = 12 * header.nside * header.nside * float_bytes;

  on_root(comm, "create the map file", [&] {
    durable::File file(path, durable::OpenMode::create);
    file.write_at(0, headers.data(), data_offset);
    std::int64_t const padding = (fits_block - data_bytes % fits_block) % fits_block;
    std::string const zeros(padding, '\0');
    file.write_at(data_offset + data_bytes, zeros.data(), padding);
    file.sync();
    file.close();
  });
  collectively(comm, "write the map file", [&] {
    durable::File file(path, durable::OpenMode::update);
    for (std::int64_t i = 0; i < std::ssize(pixels); i += pixels_per_buffer) {
      auto const words = big_endian(part_of(pixels, i));
      file.write_at(data_offset + (first_pixel + i) * float_bytes, words.data(),
                    std::ssize(words) * float_bytes);
    }
    file.sync();
    file.close();
  });
}

}  // namespace setsz
