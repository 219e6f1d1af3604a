// SPDX-License-Identifier: BSD-3-Clause
#include "io/fits_data.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/file.hpp"

namespace setsz {
namespace {

constexpr std::int64_t words_per_buffer = 3 << 19;
constexpr std::int64_t word_bytes = sizeof(std::uint32_t);

template <class Take>
void for_each_buffer(FitsWords const& mine, Take&& take) {
  std::vector<std::uint32_t> words;
  for (std::int64_t at = 0; at < mine.n; at += words_per_buffer) {
    words.resize(static_cast<std::size_t>(std::min(words_per_buffer, mine.n - at)));
    mine.fill(at, words);
    take(at, std::span<std::uint32_t const>(words));
  }
}

}  // namespace

void write_fits_data(Comm const& comm, std::string const& path, std::int64_t n_words,
                     FitsWords const& mine,
                     std::function<std::string(FitsSum data_sum)> const& headers) {
  FitsSum own_sum, data_sum;
  for_each_buffer(mine, [&](std::int64_t, std::span<std::uint32_t const> words) {
    own_sum.add({reinterpret_cast<unsigned char const*>(words.data()), words.size_bytes()});
  });
  for (auto const sum : comm.all_gather(own_sum.value())) data_sum.add(FitsSum(sum));
  std::string const header = headers(data_sum);
  std::int64_t const data_offset = std::ssize(header), data_bytes = n_words * word_bytes;
  on_root(comm, "create the map file", [&] {
    durable::File file(path, durable::OpenMode::create);
    file.write_at(0, header.data(), data_offset);
    std::int64_t const padding = (fits_block - data_bytes % fits_block) % fits_block;
    std::string const zeros(padding, '\0');
    file.write_at(data_offset + data_bytes, zeros.data(), padding);
    file.sync();
    file.close();
  });
  collectively(comm, "write the map file", [&] {
    durable::File file(path, durable::OpenMode::update);
    for_each_buffer(mine, [&](std::int64_t at, std::span<std::uint32_t const> words) {
      file.write_at(data_offset + (mine.first + at) * word_bytes, words.data(),
                    static_cast<std::int64_t>(words.size_bytes()));
    });
    file.sync();
    file.close();
  });
}

void check_map_pixels(Comm const& comm, std::int64_t n_pixels, std::int64_t first_pixel,
                      std::span<float const> pixels, MapGaps gaps) {
  auto const n_here = std::ssize(pixels);
  std::int64_t const before = comm.sum_before(n_here);
  std::int64_t const total = comm.all_sum(n_here);
  collectively(comm, "map", [&] {
    require(before == first_pixel && total == n_pixels, ExitCode::internal,
            "the ranks' pixels do not cover the map: this rank begins at ", first_pixel, " after ",
            before, " pixels of lower ranks, ", total, " of ", n_pixels, " in all");
    for (std::int64_t i = 0; i < n_here; ++i) {
      bool const is_gap = gaps == MapGaps::nan && std::isnan(pixels[i]);
      require(is_gap || std::isfinite(pixels[i]), ExitCode::internal, "pixel ", first_pixel + i,
              " of the map is ", pixels[i]);
    }
  });
}

}  // namespace setsz
