// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

namespace setsz {

/// A term of a sum over clusters: weight x f(value).
struct WeightedValue {
  double value, weight;
};

/// Few terms that stand for many: the sum over them is that over all of these, for any f that is
/// smooth over the distance `width`. Values are cut into cells of that width; of a cell with more
/// than five, five stay, at the nodes of the Gauss rule of its weights. Polynomials of degree 9 in
/// each cell are summed exactly, and exp(s value) to 4 (s width / 4)^10 / 10!, 1e-12 for s width
/// = 1. \pre weights are not negative \source Golub & Welsch (1969), Math. Comp. 23, 221; Gautschi
/// (2004), Orthogonal Polynomials, section 2.2 (the recurrence of a discrete measure)
std::vector<WeightedValue> few_for_many(std::vector<WeightedValue> many, double width);

}  // namespace setsz
