// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/gnfw.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/halos/gas_density.hpp"
#include "stages/halos/profile_section.hpp"

namespace setsz {

/// p(M, x) in units of P200, x = r/R200, M in 1e10 Msun/h, at one redshift.
using Profile = std::function<double(double mass, double x)>;
/// p(M, z, x) in the same units, at any redshift.
using EvolvingProfile = std::function<double(double mass, double redshift, double x)>;
/// The path of a product, Context::product.
using ProductPath = std::function<std::string(std::string const&)>;

/// Density of the gas in units of rho_crit(z), x = r/R200c.
EvolvingProfile density_profile(PublishedDensity const& published, Cosmology const& cosmology);
/// The same at the redshift of a snapshot. Throws Error(config) if its masses are not M200c.
Profile density_profile(PublishedDensity const& published, ClusterTable const& table);

/// The option `profile`: which profile stands for the gas of haloes that have no cube.
class ProfileChoice {
 public:
  /// \param text      "fit", the NAME of a [profile.NAME], a name of the profile table, or the
  ///                  path of a gnfw.json
  /// \param snapshot  whose fit is meant
  /// \param models    model files; where there are any, fit means the mean of their profiles
  /// \param numbers   [profile.NAME], where the text is such a NAME
  ProfileChoice(std::string text, std::string snapshot, std::vector<std::string> models = {},
                std::optional<ProfileSection> numbers = {});

  /// For headers: "fit", "fit of the model", ...
  std::string name() const;
  std::vector<std::string> products() const;
  /// What open_skirt() reads.
  std::vector<std::string> skirt_products() const;
  /// Throws Error(missing_input) if there is neither such a name nor such a file.
  std::vector<std::string> files() const;
  /// Local. \param table  gives cosmology and redshift of the snapshot
  Profile open(ProductPath const& product, ClusterTable const& table) const;
  /// Local: the gas of clusters beyond 2 R200, where it is 1. Of `fit`, what the gas of this run
  /// does there (SkirtSlope); other profiles go on as they are.
  Profile open_skirt(ProductPath const& product, ClusterTable const& table) const;
  /// Local: for haloes at all redshifts.
  EvolvingProfile open(ProductPath const& product, Cosmology const& cosmology) const;

 private:
  bool is_fit() const { return text_ == "fit"; }
  bool is_fit_of_run() const { return is_fit() && models_.empty(); }
  std::vector<GnfwParameters> parameters(ProductPath const& product) const;

  std::string text_, snapshot_;
  std::vector<std::string> models_;
  std::optional<ProfileSection> numbers_;
};

}  // namespace setsz
