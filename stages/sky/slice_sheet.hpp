// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/range.hpp"

namespace setsz {

/// The bilinear nodes of a plane, onto which slices of a lattice are put: planes of square cells,
/// each scaled and shifted. Every cell is uniform and spreads exactly: a node gets the integral of
/// its hat over the cell.
///
/// Cells of a row that are `cuts` nodes apart take the same steps from node to node, so the weights
/// of a row are a few factors for a whole run of cells: plain loops over contiguous numbers. Nodes
/// are kept `cuts` by `cuts` apart for that.
class SliceSheet {
 public:
  /// Where the cells of a slice lie along one direction: cell i from at + step i to at + step (i +
  /// 1) [nodes].
  struct Span {
    double at, step;
  };
  /// Cells [cells.first, cells.last) of row `row` of a slice.
  struct Row {
    std::int64_t row;
    Range cells;
    double const* values;  ///< of cell 0
  };

  /// Begins an empty sheet. \param cuts  the usual step of a cell [nodes]
  void begin(std::int64_t n_u, std::int64_t n_v, int cuts);
  /// Adds factor x value of all cells. \param u, v  across rows and along them
  /// \pre all nodes that a cell touches are there
  void add(std::span<Row const> rows, Span const& u, Span const& v, double factor);
  /// Adds the nodes to values (n_u, n_v).
  void add_to(std::span<double> values) const;

 private:
  /// What the cells of one direction give to nodes: cell i to node first[i] + t the share
  /// share[t * n_cells + i - cells.first].
  struct Shares {
    Range cells;
    std::int64_t n_cells = 0, n_nodes = 0;  ///< n_nodes of each cell
    std::vector<std::int64_t> first;
    std::vector<double> low, high, share;
    void set(Span const& span, Range all, double factor);
  };
  /// Cells of a row that step from node to node in the same way.
  void find_runs();
  void add_row(Row const& row);

  std::int64_t n_u_ = 0, n_v_ = 0, cuts_ = 1;
  std::int64_t phase_ = 0;  ///< numbers of a phase: node v lies in phase v % cuts at v / cuts
  std::vector<double> nodes_, row_;
  Shares across_, along_;
  std::vector<Range> runs_;
  std::vector<std::int64_t> offset_;  ///< of every run and node of a cell: place in a row - cell
};

}  // namespace setsz
