// SPDX-License-Identifier: BSD-3-Clause
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "io/fits_header.hpp"
#include "io/healpix_map.hpp"

namespace setsz {
namespace {

/// The cards of one header, from the stream's present position to the END card.
/// \return false if the file ends first
bool read_header(std::ifstream& file, std::map<std::string, std::string>& cards,
                 std::vector<std::string>& history) {
  std::string block(fits_block, ' ');
  while (file.read(block.data(), fits_block)) {
    for (std::size_t at = 0; at < block.size(); at += 80) {
      std::string const card = block.substr(at, 80);
      std::string const key = trim(card.substr(0, 8));
      if (key == "END") return true;
      if (key == "HISTORY") history.push_back(trim(card.substr(8)));
      if (card.substr(8, 2) != "= ") continue;
      std::string value;
      if (auto const open = card.find_first_not_of(' ', 10);
          card[std::min<std::size_t>(open, 79)] == '\'') {
        for (std::size_t i = open + 1; i < card.size(); ++i) {
          if (card[i] == '\'' && (i + 1 == card.size() || card[i + 1] != '\'')) break;
          if (card[i] == '\'') ++i;
          value += card[i];
        }
        value.erase(value.find_last_not_of(' ') + 1);
      } else {
        value = trim(card.substr(10, card.find('/') - 10));
      }
      cards[key] = value;
    }
  }
  return false;
}

}  // namespace

HealpixFile::HealpixFile(std::string const& path) : path_(path) {
  std::ifstream file(path, std::ios::binary);
  require(file.good(), ExitCode::missing_input, "cannot open map '", path, "' (",
          std::strerror(errno), ")");
  std::map<std::string, std::string> primary;
  bool const complete = read_header(file, primary, history_) && primary.count("SIMPLE") &&
                        read_header(file, cards_, history_);
  require(complete, ExitCode::bad_data, "'", path, "' is not a FITS file with a table");
  auto const expect = [&](std::string const& key, std::string const& wanted) {
    require(cards_[key] == wanted, ExitCode::bad_data, "map '", path, "' has ", key, " = '",
            cards_[key], "', wanted '", wanted, "'");
  };
  expect("XTENSION", "BINTABLE");
  expect("PIXTYPE", "HEALPIX");
  expect("ORDERING", "RING");
  expect("INDXSCHM", "IMPLICIT");
  expect("TFIELDS", "1");
  nside_ = std::atoll(cards_["NSIDE"].c_str());
  require(nside_ > 0, ExitCode::bad_data, "map '", path, "' has NSIDE = '", cards_["NSIDE"], "'");
  std::int64_t const bytes =
      std::atoll(cards_["NAXIS1"].c_str()) * std::atoll(cards_["NAXIS2"].c_str());
  require(bytes == 4 * n_pixels(), ExitCode::bad_data, "map '", path, "' holds ", bytes,
          " bytes of data, wanted ", 4 * n_pixels(), " (float32, nside ", nside_, ")");
  data_offset_ = file.tellg();
  auto const size = static_cast<std::int64_t>(std::filesystem::file_size(path));
  require(size >= data_offset_ + bytes, ExitCode::bad_data, "map '", path, "' has ", size,
          " bytes, wanted ", data_offset_ + bytes, " (truncated?)");
}

std::vector<float> HealpixFile::read(Range range) const {
  require(range.first >= 0 && range.first <= range.last && range.last <= n_pixels(),
          ExitCode::internal, "pixels ", range.first, " to ", range.last, " of ", n_pixels());
  std::vector<std::uint32_t> words(range.size());
  std::ifstream file(path_, std::ios::binary);
  file.seekg(data_offset_ + 4 * range.first);
  file.read(reinterpret_cast<char*>(words.data()), static_cast<std::streamsize>(words.size() * 4));
  require(file.good() || words.empty(), ExitCode::io, "cannot read map '", path_, "'");
  std::vector<float> values(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::uint32_t const word = words[i];
    values[i] = std::bit_cast<float>(
        std::endian::native == std::endian::little ? __builtin_bswap32(word) : word);
  }
  return values;
}

bool HealpixFile::data_sum_holds() const {
  std::ifstream file(path_, std::ios::binary);
  file.seekg(data_offset_);
  FitsSum sum;
  std::vector<unsigned char> bytes(fits_block * 256);
  while (file.read(reinterpret_cast<char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size())) ||
         file.gcount() > 0) {
    sum.add({bytes.data(), static_cast<std::size_t>(file.gcount())});
  }
  auto const stated = cards_.find("DATASUM");
  return stated != cards_.end() && stated->second == std::to_string(sum.value());
}

}  // namespace setsz
