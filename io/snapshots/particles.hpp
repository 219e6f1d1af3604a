// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <variant>
#include <vector>

#include "pipeline/base/cosmology.hpp"
#include "pipeline/base/vec3.hpp"

// What is known of a snapshot and its particles, whatever the format of its files.
namespace setsz {

/// Which particles of a snapshot are read.
enum class ParticleKind { dark_matter, gas };

/// The type that codes of the GADGET family give them: "PartType1" has the number 1.
constexpr std::size_t type_of(ParticleKind kind) { return kind == ParticleKind::gas ? 0 : 1; }

/// The header of a snapshot, from all its files.
struct SnapshotHeader {
  double box_ckpch = 0;  ///< edge of the periodic box [ckpc/h]
  double a = 1;          ///< scale factor
  double redshift = 0;
  Cosmology cosmology;                        ///< omega_b = 0 where the header does not know it
  std::array<std::int64_t, 6> n_particles{};  ///< by particle type, over all files
  std::array<double, 6> mass_table{};         ///< [1e10 Msun/h], 0: per particle
};

/// What one file tells about a snapshot: enough for a plan, and as cheap with 600 files as with
/// one.
struct SnapshotOutline {
  SnapshotHeader header;
  std::int64_t n_rows = 0;
  double bytes_per_row = 0;
};

/// Dark matter particles of some rows, in file order.
struct DarkMatterRows {
  std::int64_t first_row = 0;  ///< global row of the first one
  std::vector<Vec3> position;  ///< [ckpc/h], in [0, box)
  std::vector<Vec3> velocity;  ///< physical peculiar [km/s]
  std::vector<std::uint64_t> id;
  std::vector<double> mass;  ///< [1e10 Msun/h]
};

/// Numbers in the precision of their file.
using RealSpan = std::variant<std::span<float const>, std::span<double const>>;

/// Dark matter particles of some rows as their file holds them; valid during a visit.
struct DarkMatterBlock {
  static constexpr std::int64_t max_rows = 1 << 15;

  std::int64_t first_row = 0;
  RealSpan position;           ///< (n, 3) [ckpc/h], in [0, box)
  RealSpan velocity;           ///< (n, 3), times `velocity_factor`: physical peculiar [km/s]
  double velocity_factor = 1;  ///< sqrt(a) in files of the GADGET family
  std::span<std::uint64_t const> id;
  RealSpan mass;          ///< (n) [1e10 Msun/h], if fixed_mass is 0
  double fixed_mass = 0;  ///< that of every particle

  Vec3 velocity_at(std::size_t i) const {
    return velocity_factor *
           Vec3{number(velocity, 3 * i), number(velocity, 3 * i + 1), number(velocity, 3 * i + 2)};
  }
  double mass_at(std::size_t i) const { return fixed_mass > 0 ? fixed_mass : number(mass, i); }
  /// [1e10 Msun/h], added in the order of the rows
  double total_mass() const {
    if (fixed_mass > 0) return fixed_mass * static_cast<double>(id.size());
    return std::visit([](auto all) { return std::accumulate(all.begin(), all.end(), 0.0); }, mass);
  }

 private:
  static double number(RealSpan const& numbers, std::size_t i) {
    if (auto const* single = std::get_if<0>(&numbers)) return (*single)[i];
    return (*std::get_if<1>(&numbers))[i];
  }
};
using DarkMatterVisitor = std::function<void(DarkMatterBlock const&)>;

/// Gas cells of some rows, in file order.
struct GasRows {
  std::int64_t first_row = 0;
  std::vector<Vec3> position;             ///< [ckpc/h], in [0, box)
  std::vector<double> mass;               ///< [1e10 Msun/h]
  std::vector<double> density;            ///< comoving [1e10 Msun/h (ckpc/h)^-3]
  std::vector<double> electron_pressure;  ///< comoving code units; 0 where the cell forms stars
  std::vector<double> smoothing_length;   ///< kernel support [ckpc/h]; empty if the file has none
  // Of gas above 10^6 K that forms no stars, which is fully ionised:
  std::int64_t n_hot = 0;
  double hot_electrons = 0;  ///< sum of their electrons per hydrogen atom
};

}  // namespace setsz
