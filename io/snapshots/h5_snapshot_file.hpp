// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <optional>
#include <string>

#include "io/snapshots/format.hpp"
#include "io/snapshots/h5_columns.hpp"

// What snapshot formats in HDF5 share: fields at names, each with a factor.
namespace setsz {

inline constexpr std::size_t n_particle_fields = 8;

/// "/PartType1/"
inline std::string group_of(ParticleKind kind) { return concat("/PartType", type_of(kind), "/"); }

/// Where a field stands in a file, and what makes its numbers those of setsz.
struct H5Field {
  std::string dataset;          ///< empty: the field has the value of `factor` everywhere
  double factor = 1;            ///< times the stored number
  bool is_temperature = false;  ///< [K] in place of an internal energy
};

/// The fields of one kind of particles in one file.
struct H5SnapshotLayout {
  std::array<std::optional<H5Field>, n_particle_fields> fields;
  std::string ids;

  std::optional<H5Field>& operator[](ParticleField field) {
    return fields[static_cast<std::size_t>(field)];
  }
  std::optional<H5Field> const& operator[](ParticleField field) const {
    return fields[static_cast<std::size_t>(field)];
  }
  /// Takes the first of some datasets that the file has.
  void find(H5File const& file, ParticleField field, std::string const& group,
            std::initializer_list<char const*> names, double factor);
  /// The energy of the gas, or the temperature in its place; fully ionised gas if the file does not
  /// know its electrons.
  void find_energy(H5File const& file, std::string const& group, double energy_factor);
};

/// Checks the datasets that are read of `kind` and notes them in the head.
/// \param group  "/PartType1/"
void check_fields(H5File const& file, H5SnapshotLayout const& layout, ParticleKind kind,
                  std::string const& group, SnapshotFileHead& head);

/// An open file of which a layout tells the fields.
class H5SnapshotFile : public SnapshotFile {
 public:
  H5SnapshotFile(H5File file, H5SnapshotLayout layout);
  std::string name_of(ParticleField field) const override;
  std::string name_of_ids() const override { return layout_.ids; }
  void read(ParticleField field, Range rows, std::span<double> into) const override;
  void read_ids(Range rows, std::span<std::uint64_t> into) const override;
  bool lists_masses() const override { return layout_[ParticleField::mass].has_value(); }
  std::int64_t block_rows() override;
  DarkMatterBlock read_block(Range rows, double fixed_mass) override;

 private:
  H5DarkMatterColumns& columns();
  bool is_native() const;

  H5File file_;
  H5SnapshotLayout layout_;
  std::optional<H5DarkMatterColumns> columns_;  ///< of blocks; after the file: it closes first
};

/// One number per particle type, six of them: fewer are filled up with 0, more must be 0.
template <class T>
std::array<T, 6> six_types(H5File const& file, std::string const& object, char const* name);

/// The totals of all files: 32-bit low words with high words, or 64-bit numbers.
std::array<std::int64_t, 6> total_particles(H5File const& file);

/// Error(bad_data) where a header makes no sense.
void check_head(std::string const& path, SnapshotFileHead const& head);

/// A unit in terms of ours: a ratio within 0.1% of a power of ten is that power (headers have 1.989
/// or 1.98841 for the Sun).
double near_power_of_ten(double ratio);

}  // namespace setsz
