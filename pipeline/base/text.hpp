// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace setsz {

/// All parts, streamed one after the other.
template <class... Parts>
std::string concat(Parts const&... parts) {
  std::ostringstream out;
  out.precision(9);
  (out << ... << parts);
  return out.str();
}

std::string trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);
/// Words separated by any white space.
std::vector<std::string> words(std::string_view text);
std::string join(std::vector<std::string> const& parts, std::string_view separator);

/// The candidate with the smallest edit distance; empty if there is no candidate.
std::string nearest(std::string_view word, std::vector<std::string> const& candidates);

/// "; did you mean 'radius'?" if a candidate is near (a third of the letters differ at most, in
/// whatever case), else nothing: a far guess misleads.
std::string suggestion(std::string_view word, std::vector<std::string> const& candidates);

/// A to Z as a to z; other bytes stay.
std::string lowercase(std::string_view text);

/// Takes the quotes off a text that begins and ends with one ("a b" or 'a b').
std::string unquoted(std::string const& text);
/// Splits at commas outside quotes; items are trimmed and keep their quotes.
std::vector<std::string> split_items(std::string const& text);
/// The text as it must be written to be read back: in quotes if it has a comma, quotes, # or ;.
std::string quoted_if_needed(std::string const& text);

/// "1.5 GB", decimal units.
std::string human_bytes(double bytes);
/// "1 h 02 min", "3 min 20 s", "4.2 s".
std::string human_seconds(double seconds);
/// "1, 4-7, 9" of a sorted list.
std::string human_ranges(std::vector<std::int64_t> const& sorted);

}  // namespace setsz
