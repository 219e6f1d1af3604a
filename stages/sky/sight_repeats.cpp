// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sight_repeats.hpp"

#include <algorithm>
#include <numbers>
#include <vector>

#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

constexpr int parts = 16;  ///< a side of the box

/// \source Fibonacci lattice, Swinbank & Purser (2006), QJRMS 132, 1769
Vec3 direction_of(std::int64_t line) {
  if (line < 3) return {line == 0 ? 1.0 : 0.0, line == 1 ? 1.0 : 0.0, line == 2 ? 1.0 : 0.0};
  constexpr double golden_angle = std::numbers::pi * (3 - 2.23606797749978969641);
  double const z = 1 - (2 * real(line - 3) + 1) / real(n_sight_lines - 3);
  double const across = std::sqrt(1 - z * z), angle = golden_angle * real(line);
  return {across * std::cos(angle), across * std::sin(angle), z};
}

/// Counts the parts of the box along one line.
class Line {
 public:
  explicit Line(Lattice const& lattice)
      : lattice_(lattice), met_(static_cast<std::size_t>(parts * parts * parts)) {}

  std::int64_t largest(Vec3 const& direction, DistanceShell shell) {
    for (auto const part : touched_) met_[part] = 0;
    touched_.clear();
    std::int64_t most = 0;
    double const step = lattice_.box() / (2 * parts);
    std::size_t last_part = met_.size();
    for (double distance = shell.min + step / 2; distance < shell.max; distance += step) {
      auto const part = part_at(distance * direction);
      if (part == last_part) continue;
      most = std::max(most, ++met_[part]);
      touched_.push_back(part);
      last_part = part;
    }
    return most;
  }

 private:
  std::size_t part_at(Vec3 const& seen) const {
    Vec3 const position = parts / lattice_.box() * lattice_.position(seen);
    std::size_t part = 0;
    for (std::size_t i = 0; i < 3; ++i)
      part = part * parts + std::min(static_cast<std::size_t>(position[i]), std::size_t{parts - 1});
    return part;
  }
  Lattice const& lattice_;
  std::vector<std::int64_t> met_;     ///< by part
  std::vector<std::size_t> touched_;  ///< by the last line
};

}  // namespace

SightRepeats count_repeats(Lattice const& lattice, DistanceShell shell, Range lines) {
  SightRepeats repeats;
  Line line(lattice);
  for (std::int64_t i = lines.first; i < lines.last; ++i) {
    auto const largest = line.largest(direction_of(i), shell);
    ++repeats.n_lines;
    repeats.largest = std::max(repeats.largest, largest);
    repeats.sum_largest += largest;
  }
  return repeats;
}

}  // namespace setsz
