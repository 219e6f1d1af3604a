// SPDX-License-Identifier: BSD-3-Clause
#include "io/fits_header.hpp"

#include <fitsio.h>

#include <algorithm>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

constexpr std::size_t card_length = 80;
constexpr std::size_t value_at = 11;  ///< of a text, in its card: after "KEY     = '"
constexpr std::size_t checksum_length = 16;

std::span<unsigned char const> bytes_of(std::string const& text) {
  return {reinterpret_cast<unsigned char const*>(text.data()), text.size()};
}

void check(int status, std::string const& key) {
  char reason[FLEN_STATUS] = {};
  if (status != 0) fits_get_errstatus(status, reason);
  require(status == 0, ExitCode::internal, "cfitsio cannot write the FITS card '", key, "' (",
          reason, ")");
}

/// Writes a value of each type in the form of its own.
struct CardWriter {
  fitsfile* file;
  char const* key;
  char const* comment;
  int status = 0;

  void operator()(bool value) { fits_write_key_log(file, key, value ? 1 : 0, comment, &status); }
  void operator()(std::int64_t value) { fits_write_key_lng(file, key, value, comment, &status); }
  void operator()(double value) {
    constexpr int significant_digits = -13;  // negative: as %G does
    fits_write_key_dbl(file, key, value, significant_digits, comment, &status);
  }
  void operator()(std::string const& value) {
    auto const length = value.size() + std::size_t(std::count(value.begin(), value.end(), '\''));
    require(length <= 68, ExitCode::internal, "FITS card '", key, "' = '", value,
            "' does not fit into 80 characters");
    fits_write_key_str(file, key, value.c_str(), comment, &status);
  }
};

}  // namespace

void FitsSum::add(std::span<unsigned char const> bytes) {
  std::uint64_t sum = sum_;
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    sum += std::uint32_t{bytes[i]} << 24 | std::uint32_t{bytes[i + 1]} << 16 |
           std::uint32_t{bytes[i + 2]} << 8 | std::uint32_t{bytes[i + 3]};
  }
  while (sum >> 32) sum = (sum & 0xffffffff) + (sum >> 32);
  sum_ = static_cast<std::uint32_t>(sum);
}

void FitsSum::add(FitsSum other) {
  std::uint64_t const sum = std::uint64_t{sum_} + other.sum_;
  sum_ = static_cast<std::uint32_t>((sum & 0xffffffff) + (sum >> 32));
}

struct FitsHeader::Memory {
  fitsfile* file = nullptr;
};

FitsHeader::FitsHeader() : memory_(std::make_unique<Memory>()) {
  int status = 0;
  fits_create_file(&memory_->file, "mem://", &status);
  check(status, "SIMPLE");
}

FitsHeader::~FitsHeader() {
  int status = 0;
  if (memory_->file) fits_delete_file(memory_->file, &status);
}

void FitsHeader::add(FitsCard const& card) {
  require(card.key.size() <= 8, ExitCode::internal, "FITS card '", card.key,
          "' has more than 8 characters");
  CardWriter writer{memory_->file, card.key.c_str(),
                    card.comment.empty() ? nullptr : card.comment.c_str()};
  std::visit([&](auto const& value) { writer(value); }, card.value);
  check(writer.status, card.key);
}

void FitsHeader::add_history(std::string const& line) {
  int status = 0;
  fits_write_history(memory_->file, line.c_str(), &status);
  check(status, "HISTORY");
}

std::string FitsHeader::finish(FitsSum data_sum) {
  add({"CHECKSUM", std::string(checksum_length, '0'), "HDU checksum"});
  add({"DATASUM", std::to_string(data_sum.value()), "data unit checksum"});
  char* cards = nullptr;
  int n_cards = 0, status = 0;
  fits_hdr2str(memory_->file, 0, nullptr, 0, &cards, &n_cards, &status);
  check(status, "END");
  std::string text(cards);  // the last ones are CHECKSUM, DATASUM and END
  fits_free_memory(cards, &status);
  auto const checksum_at = text.size() - 3 * card_length + value_at;
  text.resize((text.size() + fits_block - 1) / fits_block * fits_block, ' ');
  // fits_write_chksum would need the data in the same file, and puts the time into the comments.
  FitsSum sum = data_sum;
  sum.add(bytes_of(text));
  char encoded[checksum_length + 1] = {};
  fits_encode_chksum(sum.value(), 1, encoded);
  text.replace(checksum_at, checksum_length, encoded, checksum_length);
  return text;
}

std::string fits_primary_header(std::string const& what) {
  FitsHeader header;
  header.add({"SIMPLE", true, "FITS standard 4.0"});
  header.add({"BITPIX", std::int64_t{8}, ""});
  header.add({"NAXIS", std::int64_t{0}, "the " + what + " is in the first extension"});
  header.add({"EXTEND", true, ""});
  return header.finish(FitsSum{});
}

std::string fits_upper_case(std::string_view text) {
  std::string upper(text);
  for (char& letter : upper)
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  return upper;
}

}  // namespace setsz
