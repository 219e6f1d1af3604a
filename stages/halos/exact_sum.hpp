// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>

#include "pipeline/base/number.hpp"

namespace setsz {

/// A sum of real numbers as an integer number of quanta: it does not depend on the order, so not on
/// the number of ranks. Each term is rounded to half a quantum.
class ExactSum {
 public:
  /// \param quantum  the sum must stay below 9e18 of it
  explicit ExactSum(double quantum) : quantum_(quantum) {}
  void add(double term) { count_ += std::llround(term / quantum_); }
  double value() const { return real(count_) * quantum_; }
  std::int64_t count() const { return count_; }
  void add_count(std::int64_t count) { count_ += count; }

 private:
  double quantum_;
  std::int64_t count_ = 0;
};

}  // namespace setsz
