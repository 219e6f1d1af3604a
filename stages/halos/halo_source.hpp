// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/range.hpp"
#include "stages/common/slice_order.hpp"
#include "stages/halos/field.hpp"
#include "stages/halos/halo_gas.hpp"
#include "stages/halos/halo_image.hpp"

namespace setsz {

/// A skirt is the gas of a cluster beyond its cube or profile.
enum class HaloKind { cluster, skirt, fill };
/// "clusters", "skirts", "fill": for messages.
inline std::string_view name_of(HaloKind kind) {
  return kind == HaloKind::cluster ? "clusters" : kind == HaloKind::skirt ? "skirts" : "fill";
}

/// Where images of haloes come from: the replicas of a box, or the rows of a light cone.
///
/// The work is counted in places, of which each has at most one image. Any rank can be asked for
/// any range of places, and for the gas of any image that another rank has found.
class HaloSource {
 public:
  virtual ~HaloSource() = default;
  virtual HaloKind kind() const = 0;
  virtual std::int64_t n_places() const = 0;
  /// Images that keep a rank busy for some seconds.
  virtual std::int64_t images_per_turn() const = 0;

  /// Local: appends the images of some places, in their order.
  /// \return how many were left out because the observer lies inside the halo
  virtual std::int64_t find_images(Range places, std::vector<HaloImage>& images) const = 0;
  /// Local: the gas of a halo as a field shows it, its pressure or its density.
  virtual HaloGas gas_of(BoxHalo const& halo, Field const& field) const = 0;
  /// What 1 in that gas adds to a map of the field, for 1 ckpc/h (comoving) on a sky.
  virtual double weight_of(HaloImage const& image, Field const& field) const = 0;
  /// Is what lies at this offset [ckpc/h] from the halo also there in the image?
  virtual bool is_together(HaloImage const&, Vec3 const& /*offset*/) const { return true; }
};

/// Haloes, and the skirts that are theirs, place by place (nothing: they have none).
struct HalosAndSkirts {
  HaloSource const* halos;
  HaloSource const* skirts = nullptr;
  std::optional<double> box_ckpch{};  ///< the length of the box that they are replicas of
};

/// A table of haloes of one box, and the gas of each.
class HaloSet {
 public:
  virtual ~HaloSet() = default;
  virtual HaloKind kind() const = 0;
  virtual std::int64_t n_rows() const = 0;
  virtual std::int64_t images_per_turn() const { return std::int64_t{1} << 16; }
  /// The flux corrections that its gas contains, smallest and largest.
  virtual std::pair<double, double> flux_factors() const { return {1, 1}; }
  /// Local: those of some rows that are painted, in their order.
  virtual std::vector<BoxHalo> read(Range rows) const = 0;
  /// Chooses which of the gases that a halo may have its image shows.
  virtual void draw(HaloImage& /*image*/) const {}
  /// P/P200, or rho/rho_crit.
  virtual HaloGas gas_of(BoxHalo const& halo, Field const& field) const = 0;
  /// Haloes whose gas comes from a model that has seen nothing like them.
  virtual std::int64_t n_outside_training() const { return 0; }
  /// Rows of which a prediction says that the mass disagrees with the catalogue, ascending.
  virtual std::vector<std::int64_t> mass_disagrees() const { return {}; }
};

/// Where on a canvas the haloes of a box are seen, once or often.
class Placement {
 public:
  virtual ~Placement() = default;
  virtual std::int64_t n_replicas() const = 0;
  /// Appends the images of a halo in some replicas of the box, in their order.
  /// \return how many were left out because the observer lies inside the halo
  virtual std::int64_t find_images(BoxHalo const& halo, Range replicas,
                                   std::vector<HaloImage>& images) const = 0;
  /// See HaloSource.
  virtual double weight_of(HaloImage const& image, Field const& field) const = 0;
  virtual bool is_together(HaloImage const&, Vec3 const& /*offset*/) const { return true; }
};

/// The haloes of a set in every replica of their box; replicas of one halo follow each other.
///
/// Rows follow space: those that all ranks take at a time would lie on the pieces of a few of them.
/// So places go through blocks of rows from all over the box (SliceOrder).
class BoxReplicas : public HaloSource {
 public:
  /// Enough to read at a time; few enough for blocks on all pieces of a map.
  static constexpr std::int64_t rows_of_block = std::int64_t{1} << 14;
  BoxReplicas(HaloSet const& set, Placement const& placement,
              std::int64_t rows_per_block = rows_of_block);
  HaloKind kind() const override { return set_.kind(); }
  std::int64_t n_places() const override { return set_.n_rows() * placement_.n_replicas(); }
  std::int64_t images_per_turn() const override { return set_.images_per_turn(); }
  std::int64_t find_images(Range places, std::vector<HaloImage>& images) const override;
  HaloGas gas_of(BoxHalo const& halo, Field const& field) const override {
    return set_.gas_of(halo, field);
  }
  double weight_of(HaloImage const& image, Field const& field) const override {
    return placement_.weight_of(image, field);
  }
  bool is_together(HaloImage const& image, Vec3 const& offset) const override {
    return placement_.is_together(image, offset);
  }

 private:
  /// Rows in the blocks before a turn.
  std::int64_t rows_before(std::int64_t turn) const;
  HaloSet const& set_;
  Placement const& placement_;
  std::int64_t rows_per_block_;
  SliceOrder order_;
  std::int64_t turn_of_last_ = 0;  ///< when the last block, which may have fewer rows, is read
};

}  // namespace setsz
