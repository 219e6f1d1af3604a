// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/rockstar_binary.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "io/catalogs/box_coordinate.hpp"
#include "io/catalogs/overdensity.hpp"
#include "io/mapped_file.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

constexpr std::uint64_t magic = 0xfadedacec0c0d0d0;
constexpr double msunh = 1e-10, mpch = 1000, msunh_mpch_kms = 1e-7;

/// struct binary_output_header, without what is unused.
struct Head {
  std::uint64_t magic;
  std::int64_t snapshot, chunk;
  float a, omega_m, omega_l, h, bounds[6];
  std::int64_t n_halos, n_particles;
  float box_mpch, particle_mass_msunh;
  std::int64_t particle_type;
  std::int32_t revision;
  char version[12];
};
static_assert(sizeof(Head) == 112);
constexpr std::int64_t head_bytes = 256;

/// struct halo of format revision 1. `m` is the mass of all particles within the radius, `mgrav`
/// that of the bound ones, which lists call M200c.
struct Row {
  std::int64_t id;
  float position_mpch[3], velocity_of_particles[3], velocity_kms[3], bulk_velocity[3];
  float mass_all_msunh, radius_kpch, child_radius, radius_of_vmax, mass_msunh, vmax, rvmax, rs,
      rs_klypin, dispersion_kms, angular_momentum[3], energy, spin, other_masses[4], xoff_kpch,
      voff_kms, shapes[14], halfmass_radius;
  std::int64_t n_particles, n_child_particles, first_particle, descendant, flags, n_core;
  float uncertainties[3];
};
static_assert(sizeof(Row) == 264);

template <class T>
T value_at(std::string_view bytes, std::int64_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

bool recognise(FileProbe const& file) {
  return file.head().size() >= sizeof magic && value_at<std::uint64_t>(file.head(), 0) == magic;
}

Head head_of(std::string_view bytes, std::string const& path) {
  require(std::ssize(bytes) >= head_bytes, ExitCode::bad_data, "'", path, "' has ", bytes.size(),
          " bytes, less than the head of a binary file of Rockstar; copy it again");
  auto const head = value_at<Head>(bytes, 0);
  require(head.revision == 1, ExitCode::bad_data, "'", path, "' has the format revision ",
          head.revision, " of Rockstar, and setsz reads 1; use the lists or ascii files");
  // Counts are compared before they are multiplied: a damaged one may be anything.
  constexpr std::int64_t id_bytes = 8;
  auto const left = std::ssize(bytes) - head_bytes;
  bool const fits = head.n_halos >= 0 && head.n_halos <= left / std::int64_t{sizeof(Row)} &&
                    head.n_particles >= 0 && head.n_particles <= left / id_bytes &&
                    head.n_halos * std::int64_t{sizeof(Row)} + head.n_particles * id_bytes == left;
  require(fits, ExitCode::bad_data, "'", path, "' has ", bytes.size(),
          " bytes, which is not 256 + ", head.n_halos, " haloes of 264 bytes + ", head.n_particles,
          " ids of 8 bytes; copy it again");
  for (float const number : {head.a, head.omega_m, head.omega_l, head.h, head.box_mpch})
    require(std::isfinite(number) && number >= 0, ExitCode::bad_data, "'", path,
            "': the head has the value ", number, "; copy the file again");
  return head;
}

HaloCatalogHeader header_of(Head const& head) {
  HaloCatalogHeader header;
  header.a = head.a;
  header.omega_m = head.omega_m;
  header.omega_l = head.omega_l;
  header.h = head.h;
  header.box_mpch = head.box_mpch;
  header.particle_mass = msunh * head.particle_mass_msunh;
  auto const& b = head.bounds;
  header.lower = Vec3{b[0], b[1], b[2]};
  header.upper = Vec3{b[3], b[4], b[5]};
  header.finder_version = std::string(head.version, strnlen(head.version, sizeof head.version));
  return header;
}

class RockstarBinary : public CatalogFile {
 public:
  explicit RockstarBinary(std::string const& path)
      : path_(path), file_(path), head_(head_of(file_.text(), path)), header_(header_of(head_)) {}

  HaloCatalogHeader const& header() const override { return header_; }

  std::int64_t take_share(int rank, int n_ranks) override {
    share_ = even_range(head_.n_halos, rank, n_ranks);
    return share_.size();
  }

  void read(CatalogRequest const& request, std::int64_t, HaloVisitor const& visit) override {
    require_definition(request.definition);
    double const box = request.box_of(header_);
    for (auto i = share_.first; i < share_.last; ++i) {
      auto one = halo(i, box);
      if (request.definition != MassDefinition::m200c) one.mass_all = -1;
      visit(one);
    }
  }

 private:
  Row row(std::int64_t index) const {
    return value_at<Row>(file_.text(), head_bytes + index * std::int64_t{sizeof(Row)});
  }
  Halo halo(std::int64_t index, double box_ckpch) {
    auto const stored = row(index);
    auto const where = [&] {
      return concat("'", path_, "': halo ", stored.id, " (row ", index, ")");
    };
    Halo halo;
    halo.id = stored.id;
    halo.line = index;
    halo.mass = msunh * stored.mass_msunh;
    halo.mass_all = msunh * stored.mass_all_msunh;
    halo.other_mass =
        msunh * std::max(stored.mass_all_msunh, std::ranges::max(stored.other_masses));
    halo.radius_ckpch = stored.radius_kpch;
    halo.dispersion_kms = stored.dispersion_kms;
    for (std::size_t d = 0; d < 3; ++d) {
      halo.position[d] = box_coordinate(mpch * real(stored.position_mpch[d]), box_ckpch, where);
      halo.velocity[d] = stored.velocity_kms[d];
      halo.angular_momentum[d] = msunh_mpch_kms * stored.angular_momentum[d];
    }
    halo.xoff_ckpch = stored.xoff_kpch;
    halo.voff_kms = stored.voff_kms;
    require(halo.id >= 0 && std::isfinite(halo.mass) && halo.mass >= 0 &&
                std::isfinite(norm2(halo.position)) && std::isfinite(norm2(halo.velocity)),
            ExitCode::bad_data, where(), " has a value that no halo has (mass ", halo.mass,
            " x 1e10 Msun/h, speed ", norm(halo.velocity), " km/s); copy the file again");
    leave_out_nonsense(halo);
    return halo;
  }
  /// What the particles can tell.
  void leave_out_nonsense(Halo& halo) {
    if (!std::isfinite(norm2(halo.angular_momentum)))
      halo.angular_momentum = {}, ++header_.n_left_out;
    for (double* number : {&halo.xoff_ckpch, &halo.voff_kms})
      if (!(*number >= 0 && std::isfinite(*number))) *number = -1, ++header_.n_left_out;
    for (double* number : {&halo.radius_ckpch, &halo.dispersion_kms, &halo.mass_all})
      if (!(*number >= 0 && std::isfinite(*number))) *number = -1;  // only checks need these
  }

  /// Which mass it is, by the radii of the heaviest haloes.
  void require_definition(MassDefinition wanted) const {
    Cosmology const cosmology{*header_.omega_m, *header_.omega_l, 0, *header_.h};
    require(*header_.a > 0, ExitCode::bad_data, "'", path_, "': the scale factor is ", *header_.a);
    double const redshift = 1 / *header_.a - 1;
    Row heaviest{};
    for (std::int64_t i = 0; i < head_.n_halos; ++i)
      if (auto const one = row(i); one.mass_all_msunh > heaviest.mass_all_msunh) heaviest = one;
    if (heaviest.mass_all_msunh <= 0 || heaviest.radius_kpch <= 0) return;
    auto const is = [&](MassDefinition definition) {
      double const radius =
          radius_of_mass(definition, cosmology, redshift, msunh * heaviest.mass_all_msunh);
      return std::abs(heaviest.radius_kpch / radius - 1) < 0.02;
    };
    std::string found = "an overdensity that setsz does not know";
    for (auto const definition : all_mass_definitions)
      if (is(definition)) found = concat("M", name_of(definition));
    require(is(wanted), ExitCode::bad_data, "'", path_, "' has masses of ", found,
            " by its radii, and [catalog] mass_definition is ", name_of(wanted),
            "; the binary files hold one definition only: use the lists, or set it accordingly");
  }

  std::string path_;
  MappedFile file_;
  Head head_;
  HaloCatalogHeader header_;
  Range share_;
};

std::unique_ptr<CatalogFile> open(std::string const& path) {
  return std::make_unique<RockstarBinary>(path);
}

}  // namespace

CatalogFormat rockstar_binary_format() {
  return {"Rockstar binary", recognise, open, "rockstar_binary"};
}

}  // namespace setsz
