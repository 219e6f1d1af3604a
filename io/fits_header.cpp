// SPDX-License-Identifier: BSD-3-Clause
#include "io/fits_header.hpp"

#include <fitsio.h>

#include <cstdio>

namespace setsz {
namespace {

constexpr std::size_t card_length = 80;

std::string quoted(std::string const& text) {
  std::string doubled;
  for (char const c : text) doubled += c == '\'' ? std::string("''") : std::string(1, c);
  doubled.resize(std::max<std::size_t>(doubled.size(), 8), ' ');
  return "'" + doubled + "'";
}

std::string right_aligned(std::string const& text) {
  return text.size() < 20 ? std::string(20 - text.size(), ' ') + text : text;
}

std::string value_text(bool value) { return right_aligned(value ? "T" : "F"); }
std::string value_text(std::int64_t value) { return right_aligned(std::to_string(value)); }
std::string value_text(double value) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.13G", value);
  std::string text = buffer;
  if (text.find_first_of(".EN") == std::string::npos) text += ".0";
  return right_aligned(text);
}
std::string value_text(std::string const& value) { return quoted(value); }

std::span<unsigned char const> bytes_of(std::string const& text) {
  return {reinterpret_cast<unsigned char const*>(text.data()), text.size()};
}

}  // namespace

std::string fits_card_text(FitsCard const& card) {
  std::string const value = std::visit([](auto const& v) { return value_text(v); }, card.value);
  std::string text = card.key;
  text.resize(std::max<std::size_t>(text.size(), 8), ' ');
  text += "= " + value;
  require(card.key.size() <= 8 && text.size() <= card_length, ExitCode::internal, "FITS card '",
          text, "' does not fit into 80 characters");
  if (!card.comment.empty() && text.size() + 4 < card_length) text += " / " + card.comment;
  text.resize(card_length, ' ');
  return text;
}

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

std::string finish_fits_header(std::string text, FitsSum data_sum) {
  std::size_t const checksum_at = text.size();
  text += fits_card_text({"CHECKSUM", std::string(16, '0'), "HDU checksum"});
  text += fits_card_text({"DATASUM", std::to_string(data_sum.value()), "data unit checksum"});
  text += "END";
  text.resize((text.size() + fits_block - 1) / fits_block * fits_block, ' ');
  FitsSum sum = data_sum;
  sum.add(bytes_of(text));
  char encoded[17] = {};
  ffesum(sum.value(), 1, encoded);
  text.replace(checksum_at + 11, 16, encoded, 16);
  return text;
}

}  // namespace setsz
