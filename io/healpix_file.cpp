// SPDX-License-Identifier: BSD-3-Clause
#include <fitsio.h>

#include <bit>
#include <cstdlib>

#include "io/healpix_map.hpp"
#include "pipeline/base/file.hpp"

namespace setsz {

namespace {

/// The data of a FITS file, open in cfitsio: an image in the first HDU, or a table in the second.
class FitsData {
 public:
  explicit FitsData(std::string const& path) : path_(path) {
    durable::File const exists(path, durable::OpenMode::read);
    int n_axes = 0, type = 0;
    fits_open_diskfile(&file_, path.c_str(), READONLY, &status_);
    fits_get_img_dim(file_, &n_axes, &status_);
    if (n_axes == 0) fits_movabs_hdu(file_, 2, &type, &status_);
    check("is not a FITS file with a table or an image");
  }
  ~FitsData() {
    int status = 0;
    if (file_) fits_close_file(file_, &status);
  }
  FitsData(FitsData const&) = delete;
  FitsData& operator=(FitsData const&) = delete;

  /// Calls `visit(key, value)` for every card; of HISTORY the value is the text.
  template <class Visit>
  void for_each_card(Visit&& visit) {
    int n_cards = 0;
    fits_get_hdrspace(file_, &n_cards, nullptr, &status_);
    for (int i = 1; i <= n_cards && status_ == 0; ++i) {
      char key[FLEN_KEYWORD] = {}, raw[FLEN_VALUE] = {}, comment[FLEN_COMMENT] = {};
      fits_read_keyn(file_, i, key, raw, comment, &status_);
      bool const has_value = raw[0] != '\0';
      char value[FLEN_VALUE] = {};
      if (has_value) fits_read_key_str(file_, key, value, nullptr, &status_);
      visit(std::string(key), std::string(has_value ? value : comment));
    }
    check("has a damaged header");
  }
  std::int64_t data_offset() {
    LONGLONG header = 0, data = 0, end = 0;
    fits_get_hduaddrll(file_, &header, &data, &end, &status_);
    check("has a damaged header");
    return data;
  }
  bool data_sum_holds() {
    int data_verdict = 0, hdu_verdict = 0;
    fits_verify_chksum(file_, &data_verdict, &hdu_verdict, &status_);
    return status_ == 0 && data_verdict == 1;
  }

 private:
  void check(char const* what) const {
    char reason[FLEN_STATUS] = {};
    if (status_ != 0) fits_get_errstatus(status_, reason);
    require(status_ == 0, ExitCode::bad_data, "'", path_, "' ", what, " (", reason, ")");
  }
  std::string const& path_;
  fitsfile* file_ = nullptr;
  int status_ = 0;
};

}  // namespace

HealpixFile::HealpixFile(std::string const& path) : path_(path) {
  FitsData table(path);
  table.for_each_card([&](std::string const& key, std::string const& value) {
    if (key == "HISTORY") {
      history_.push_back(trim(value));
    } else {
      cards_[key] = value;
    }
  });
  auto const expect = [&](std::string const& key, std::string const& wanted) {
    require(cards_[key] == wanted, ExitCode::bad_data, "map '", path, "' has ", key, " = '",
            cards_[key], "' (expected '", wanted, "')");
  };
  expect("XTENSION", "BINTABLE");
  expect("PIXTYPE", "HEALPIX");
  expect("ORDERING", "RING");
  expect("INDXSCHM", "IMPLICIT");
  expect("TFIELDS", "1");
  auto const number = [&](char const* key) { return std::atoll(cards_[key].c_str()); };
  nside_ = number("NSIDE");
  require(nside_ > 0, ExitCode::bad_data, "map '", path, "' has NSIDE = '", cards_["NSIDE"],
          "' (expected a power of two)");
  std::int64_t const bytes = number("NAXIS1") * number("NAXIS2");
  require(bytes == 4 * n_pixels(), ExitCode::bad_data, "map '", path, "' holds ", bytes,
          " bytes of data (expected ", 4 * n_pixels(), ": float32, nside ", nside_, ")");
  data_offset_ = table.data_offset();
  auto const size = durable::File(path, durable::OpenMode::read).size();
  require(size >= data_offset_ + bytes, ExitCode::bad_data, "map '", path, "' is truncated: ", size,
          " bytes (expected ", data_offset_ + bytes, ")");
}

std::vector<float> HealpixFile::read(Range range) const {
  require(range.first >= 0 && range.first <= range.last && range.last <= n_pixels(),
          ExitCode::internal, "pixels ", range.first, " to ", range.last, " of ", n_pixels());
  std::vector<std::uint32_t> words(range.size());
  auto const bytes = 4 * std::ssize(words);
  durable::File const file(path_, durable::OpenMode::read);
  auto const got = file.read_at(data_offset_ + 4 * range.first, words.data(), bytes);
  require(got == bytes, ExitCode::bad_data, "map '", path_, "' is truncated: pixels ", range.first,
          " to ", range.last, " are missing");
  std::vector<float> values(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::uint32_t const word = words[i];
    values[i] = std::bit_cast<float>(
        std::endian::native == std::endian::little ? __builtin_bswap32(word) : word);
  }
  return values;
}

FitsDataHead read_fits_data_head(std::string const& path) {
  FitsData data(path);
  FitsDataHead head;
  data.for_each_card([&](std::string const& key, std::string const& value) {
    if (key != "HISTORY") head.cards[key] = value;
  });
  auto const number = [&](std::string const& key) { return std::atoll(head.cards[key].c_str()); };
  head.data_offset = data.data_offset();
  head.data_bytes = std::abs(number("BITPIX")) / 8;
  for (int axis = 1; axis <= number("NAXIS"); ++axis)
    head.data_bytes *= number(concat("NAXIS", axis));
  return head;
}

bool HealpixFile::data_sum_holds() const { return FitsData(path_).data_sum_holds(); }

}  // namespace setsz
