// SPDX-License-Identifier: BSD-3-Clause
#include "stages/fit/few_for_many.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace setsz {
namespace {

constexpr int n_nodes = 5;

/// The recurrence of the polynomials that are orthogonal under the weights, one after the other.
/// Values are taken relative to the middle, in units of half the width.
std::vector<WeightedValue> gauss_rule(std::span<WeightedValue const> cell, double middle,
                                      double half_width) {
  std::vector<double> x, before(cell.size(), 0), now(cell.size(), 1);
  for (auto const& term : cell) x.push_back((term.value - middle) / half_width);
  Eigen::VectorXd diagonal(n_nodes), beside(n_nodes - 1);
  double total = 0, norm_before = 0;
  int n = 0;
  for (; n < n_nodes; ++n) {
    double norm = 0, mean = 0;
    for (std::size_t i = 0; i < cell.size(); ++i) {
      norm += cell[i].weight * now[i] * now[i];
      mean += cell[i].weight * now[i] * now[i] * x[i];
    }
    if (n == 0) total = norm;
    constexpr double rounding = 1e-26;
    if (norm <= rounding * total) break;  // fewer different values than nodes
    diagonal[n] = mean / norm;
    double const b = n > 0 ? norm / norm_before : 0;
    if (n > 0) beside[n - 1] = std::sqrt(b);
    for (std::size_t i = 0; i < cell.size(); ++i) {
      double const next = (x[i] - diagonal[n]) * now[i] - b * before[i];
      before[i] = now[i], now[i] = next;
    }
    norm_before = norm;
  }
  if (n == 0) return {};
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(diagonal.head(n), beside.head(n - 1));
  std::vector<WeightedValue> few;
  few.reserve(n_nodes);
  for (int i = 0; i < n; ++i)
    few.push_back({middle + half_width * solver.eigenvalues()[i],
                   total * std::pow(solver.eigenvectors()(0, i), 2)});
  return few;
}

}  // namespace

std::vector<WeightedValue> few_for_many(std::vector<WeightedValue> many, double width) {
  std::ranges::stable_sort(many, {}, &WeightedValue::value);
  std::vector<WeightedValue> few;
  for (auto first = many.begin(); first != many.end();) {
    double const number = std::floor(first->value / width);
    auto const last = std::ranges::find_if(first, many.end(), [&](WeightedValue const& term) {
      return std::floor(term.value / width) != number;
    });
    if (last - first <= n_nodes) {
      few.insert(few.end(), first, last);
    } else {
      auto const rule = gauss_rule({first, last}, width * (number + 0.5), width / 2);
      few.insert(few.end(), rule.begin(), rule.end());
    }
    first = last;
  }
  return few;
}

}  // namespace setsz
