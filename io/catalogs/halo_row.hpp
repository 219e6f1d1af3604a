// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace setsz {

/// A row of a catalogue: numbers in named columns, and its place, for messages.
class HaloRow {
 public:
  virtual ~HaloRow() = default;

  virtual std::int64_t integer(std::size_t column) const = 0;
  /// Refuses what is not finite.
  virtual double number(std::size_t column) const = 0;
  /// Nothing where there is no finite number.
  virtual std::optional<double> number_if_any(std::size_t column) const = 0;
  /// "file:7: what", for messages.
  virtual std::string at_place(std::string const& what) const = 0;
  virtual std::string const& name(std::size_t column) const = 0;

  [[noreturn]] void refuse(std::string const& what) const;
  double non_negative(std::size_t column) const;
  /// A coordinate in a box of this edge: rounding at the edge is wrapped, anything further out is
  /// refused. No check where the edge is not known (0).
  /// \param unit  of one number in the file, in ckpc/h
  double coordinate(std::size_t column, double unit, double box_ckpch) const;
};

}  // namespace setsz
