// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/base/random.hpp"
#include "pipeline/base/range.hpp"
#include "stages/mock/gas_field.hpp"

namespace setsz {

/// A gas cell as a moving-mesh code would write it; mass = density x volume.
struct GasCell {
  Vec3 position;  ///< [ckpc/h], in [0, box)
  double volume;  ///< comoving [(ckpc/h)^3]
  double density;
  double electron_pressure;  ///< comoving code units; a star-forming cell's is fictitious
  bool star_forming;
};

/// Gas cells that tile the box: the leaves of octrees that stand on a regular grid of root cells.
///
/// A leaf is split while it holds more than twice the wanted mass, is too large for the clusters
/// near it, or would hide a halo's core. Density and pressure are the means of the field at eight
/// points of the leaf; the position is the leaf's centre, shaken by a tenth of its edge, so that no
/// lattice shows. Star-forming cells, small and dense, come on top. Each root cell is a pure
/// function of the universe and its number.
class GasMesh {
 public:
  explicit GasMesh(GasField const& field);
  /// About how many cells there will be, without making them: within 11% in counts of seven mocks.
  static double expected_cells(MockUniverse const& universe);
  std::int64_t n_root_cells() const { return n_side_ * n_side_ * n_side_; }

  /// The root cells of file `file` of `n_files`: contiguous, of about equal expected work.
  Range root_cells_of_file(std::int64_t file, std::int64_t n_files) const;
  void add_cells(std::int64_t root_cell, std::vector<GasCell>& cells) const;

 private:
  struct Node {
    Vec3 centre;
    double edge;
  };
  void refine(Node const& node, std::vector<std::int32_t> const& halos, Random& random,
              std::vector<GasCell>& cells) const;
  bool must_split(Node const& node, std::vector<std::int32_t> const& halos) const;
  void add_star_forming(Node const& root, std::vector<std::int32_t> const& halos,
                        std::vector<GasCell>& cells) const;
  Node root(std::int64_t root_cell) const;

  GasField const& field_;
  std::int64_t n_side_;
  double cell_mass_;  ///< wanted [1e10 Msun/h]
  std::vector<std::vector<std::int32_t>> halos_by_root_;
};

}  // namespace setsz
