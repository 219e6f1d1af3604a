// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/text.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace setsz {

std::string trim(std::string_view text) {
  auto const first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  auto const last = text.find_last_not_of(" \t\r\n");
  return std::string(text.substr(first, last - first + 1));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    auto const end = text.find(separator, begin);
    parts.emplace_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  std::size_t begin = 0;
  while ((begin = text.find_first_not_of(" \t\r\n", begin)) != std::string_view::npos) {
    auto const end = std::min(text.find_first_of(" \t\r\n", begin), text.size());
    found.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return found;
}

std::string join(std::vector<std::string> const& parts, std::string_view separator) {
  std::string joined;
  for (auto const& part : parts) {
    if (!joined.empty()) joined += separator;
    joined += part;
  }
  return joined;
}

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t const above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, std::vector<std::string> const& candidates) {
  std::string best;
  std::size_t best_distance = std::string::npos;
  for (auto const& candidate : candidates) {
    auto const distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string lowercase(std::string_view text) {
  std::string lower(text);
  for (auto& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::string suggestion(std::string_view word, std::vector<std::string> const& candidates) {
  auto const best = nearest(word, candidates);
  auto const limit = std::max<std::size_t>(1, (word.size() + 1) / 3);
  if (best.empty() || edit_distance(lowercase(word), lowercase(best)) > limit) return {};
  return concat("; did you mean '", best, "'?");
}

std::string unquoted(std::string const& text) {
  bool const quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                      text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::vector<std::string> split_items(std::string const& text) {
  std::vector<std::string> items(1);
  char quote = 0;
  for (char const c : text) {
    bool const begins = trim(items.back()).empty();
    if (c == ',' && !quote) {
      items.emplace_back();
      continue;
    }
    if (quote && c == quote)
      quote = 0;
    else if (!quote && begins && (c == '"' || c == '\''))
      quote = c;
    items.back() += c;
  }
  for (auto& item : items) item = trim(item);
  return items;
}

std::string quoted_if_needed(std::string const& text) {
  if (text.empty()) return text;
  bool const plain = text.find_first_of(",#;\"") == std::string::npos && text.front() != '\'' &&
                     trim(text) == text;
  if (plain) return text;
  char const quote = text.find('"') == std::string::npos ? '"' : '\'';
  return quote + text + quote;
}

std::string human_bytes(double bytes) {
  static constexpr char const* names[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  int power = 0;
  while (std::abs(bytes) >= 999.5 && power < 5) {
    bytes /= 1000;
    ++power;
  }
  char text[32];
  std::snprintf(text, sizeof text, power == 0 ? "%.0f %s" : "%.3g %s", bytes, names[power]);
  return text;
}

std::string human_seconds(double seconds) {
  char text[48];
  if (seconds < 59.95) {
    std::snprintf(text, sizeof text, "%.1f s", seconds);
  } else if (seconds < 3599.5) {
    auto const whole = std::lround(seconds);
    std::snprintf(text, sizeof text, "%ld min %02ld s", whole / 60, whole % 60);
  } else {
    auto const minutes = std::lround(seconds / 60);
    std::snprintf(text, sizeof text, "%ld h %02ld min", minutes / 60, minutes % 60);
  }
  return text;
}

std::string human_ranges(std::vector<std::int64_t> const& sorted) {
  std::string text;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t last = i;
    while (last + 1 < sorted.size() && sorted[last + 1] == sorted[last] + 1) ++last;
    if (!text.empty()) text += ", ";
    text += std::to_string(sorted[i]);
    if (last > i) text.append("-").append(std::to_string(sorted[last]));
    i = last + 1;
  }
  return text;
}

}  // namespace setsz
