// SPDX-License-Identifier: BSD-3-Clause
#include "io/healpix_map.hpp"

#include <bit>

#include "io/fits_data.hpp"

namespace setsz {
namespace {

constexpr double bad_data = -1.6375e30;
constexpr std::int64_t float_bytes = sizeof(float);

/// What differs between a map of the full sky and one of a part.
struct Layout {
  std::int64_t n_rows, row_bytes;
  std::vector<FitsCard> columns, indexing;
};

Layout full_layout(std::int64_t nside, MapHeader const& header) {
  std::int64_t const n_pixels = 12 * nside * nside, per_row = n_pixels < 1024 ? 1 : 1024;
  return {
      n_pixels / per_row,
      per_row * float_bytes,
      {{"TFIELDS", std::int64_t{1}, ""},
       {"TTYPE1", header.column, ""},
       {"TFORM1", per_row == 1 ? std::string("1E") : std::string("1024E"), "float32, big-endian"},
       {"TUNIT1", header.unit, header.unit.empty() ? "dimensionless" : ""}},
      {{"FIRSTPIX", std::int64_t{0}, ""},
       {"LASTPIX", n_pixels - 1, ""},
       {"INDXSCHM", std::string("IMPLICIT"), "pixel number = place in the table"},
       {"OBJECT", std::string("FULLSKY"), ""}}};
}

constexpr std::int64_t partial_row_bytes = sizeof(std::int64_t) + float_bytes;

Layout partial_layout(std::int64_t n_pixels, MapHeader const& header) {
  return {n_pixels,
          partial_row_bytes,
          {{"TFIELDS", std::int64_t{2}, ""},
           {"TTYPE1", std::string("PIXEL"), ""},
           {"TFORM1", std::string("1K"), "int64, big-endian"},
           {"TTYPE2", header.column, ""},
           {"TFORM2", std::string("1E"), "float32, big-endian"},
           {"TUNIT2", header.unit, header.unit.empty() ? "dimensionless" : ""}},
          {{"INDXSCHM", std::string("EXPLICIT"), "PIXEL is the pixel number"},
           {"OBJECT", std::string("PARTIAL"), "part of the sky"},
           {"OBS_NPIX", n_pixels, "pixels in the table"}}};
}

std::string table_header(std::int64_t nside, Layout const& layout, MapHeader const& header,
                         FitsSum data_sum) {
  FitsHeader cards;
  auto const add = [&](std::vector<FitsCard> const& several) {
    for (auto const& card : several) cards.add(card);
  };
  add({{"XTENSION", std::string("BINTABLE"), "binary table"},
       {"BITPIX", std::int64_t{8}, ""},
       {"NAXIS", std::int64_t{2}, ""},
       {"NAXIS1", layout.row_bytes, "bytes a row"},
       {"NAXIS2", layout.n_rows, "rows"},
       {"PCOUNT", std::int64_t{0}, ""},
       {"GCOUNT", std::int64_t{1}, ""}});
  add(layout.columns);
  add({{"EXTNAME", header.column, ""},
       {"PIXTYPE", std::string("HEALPIX"), "HEALPix pixelisation"},
       {"ORDERING", std::string("RING"), "pixel ordering: RING or NESTED"},
       {"NSIDE", nside, "resolution parameter"}});
  add(layout.indexing);
  add({{"COORDSYS", header.coordinates, "C celestial, G galactic, E ecliptic"},
       {"BAD_DATA", bad_data, "no pixel of this map has it"},
       {"POLAR", false, "no polarisation"},
       {"DATE", header.date, ""},
       {"CREATOR", header.creator, ""}});
  add(header.cards);
  for (auto const& line : header.history) cards.add_history(line);
  return cards.finish(data_sum);
}

void check_nside(std::int64_t nside) {
  require(nside > 0 && std::has_single_bit(std::uint64_t(nside)), ExitCode::internal, "nside ",
          nside, " is not a power of two");
}

void write_table(Comm const& comm, std::string const& path, std::int64_t nside,
                 Layout const& layout, MapHeader const& header, FitsWords const& words) {
  write_fits_data(comm, path, layout.n_rows * layout.row_bytes / 4, words, [&](FitsSum sum) {
    return fits_primary_header("map") + table_header(nside, layout, header, sum);
  });
}

}  // namespace

void write_healpix_map(Comm const& comm, std::string const& path, std::int64_t nside,
                       MapHeader const& header, std::int64_t first_pixel,
                       std::span<float const> pixels) {
  check_nside(nside);
  check_map_pixels(comm, 12 * nside * nside, first_pixel, pixels);
  write_table(
      comm, path, nside, full_layout(nside, header), header,
      {first_pixel, std::ssize(pixels), [&](std::int64_t at, std::span<std::uint32_t> words) {
         for (auto& word : words) word = big_endian(pixels[at++]);
       }});
}

void write_partial_healpix_map(Comm const& comm, std::string const& path, std::int64_t nside,
                               MapHeader const& header, std::span<std::int64_t const> indices,
                               std::span<float const> pixels) {
  check_nside(nside);
  std::int64_t const n = std::ssize(pixels), first = comm.sum_before(n), all = comm.all_sum(n);
  check_map_pixels(comm, all, first, pixels);
  constexpr std::int64_t words_per_row = partial_row_bytes / 4;
  auto const word_of = [&](std::int64_t at) {
    std::int64_t const row = at / words_per_row, word = at % words_per_row;
    if (word == 2) return big_endian(pixels[row]);
    auto const index = static_cast<std::uint64_t>(indices[row]);
    return big_endian(static_cast<std::uint32_t>(word == 0 ? index >> 32 : index));
  };
  write_table(comm, path, nside, partial_layout(all, header), header,
              {words_per_row * first, words_per_row * n,
               [&](std::int64_t at, std::span<std::uint32_t> words) {
                 for (auto& word : words) word = word_of(at++);
               }});
}

}  // namespace setsz
