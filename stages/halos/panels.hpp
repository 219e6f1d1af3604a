// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/math/quadrature/gauss.hpp>
#include <vector>

namespace setsz {

struct WeightedNode {
  double at, weight;
};

/// Nodes of Gauss and Legendre's rule with five points, in panels of equal width.
inline std::vector<WeightedNode> panels(double low, double high, int n_panels) {
  using Rule = boost::math::quadrature::gauss<double, 5>;
  std::vector<WeightedNode> nodes;
  double const half = (high - low) / n_panels / 2;
  for (int panel = 0; panel < n_panels; ++panel) {
    double const middle = low + half * (2 * panel + 1);
    for (std::size_t i = 0; i < Rule::abscissa().size(); ++i) {
      double const offset = half * Rule::abscissa()[i], weight = half * Rule::weights()[i];
      nodes.push_back({middle + offset, weight});
      if (offset > 0) nodes.push_back({middle - offset, weight});
    }
  }
  return nodes;
}

}  // namespace setsz
