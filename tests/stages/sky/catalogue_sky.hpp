// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "io/healpix_map.hpp"
#include "pipeline/base/cosmology.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/base/units.hpp"
#include "stages/sky/catalogue_sky_stage.hpp"
#include "stages/sky/sky_stage.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz::test {

/// A catalogue in text, and skies of it.
class CatalogueSky : public testing::Test {
 protected:
  static constexpr std::string_view head = "ra,dec,redshift,M200c [Msun/h]\n";
  Comm const comm_ = Comm::world();
  Scratch const scratch_{comm_};
  Cosmology const cosmology_{};

  struct Halo {
    double ra, dec, redshift, mass_msunh;
  };
  static std::vector<Halo> halos(int n) {
    std::vector<Halo> all;
    for (int i = 0; i < n; ++i) {
      Random random(7, Purpose::test, static_cast<std::uint64_t>(i));
      double const sine = 2 * random.uniform() - 1;
      all.push_back({360 * random.uniform(), std::asin(sine) / units::degree,
                     0.05 + 0.2 * random.uniform(), 1e14 * std::pow(3, random.uniform())});
    }
    return all;
  }
  void write(std::vector<Halo> const& all, std::string const& name = "halos.csv") const {
    std::ostringstream text;
    text.precision(17);
    text << head;
    for (auto const& halo : all)
      text << halo.ra << ',' << halo.dec << ',' << halo.redshift << ',' << halo.mass_msunh << '\n';
    if (comm_.is_root()) write_bytes(scratch_ / name, text.str());
    comm_.barrier();
  }
  std::unique_ptr<Stage> stage(
      std::string const& more = "", std::vector<std::string> const& overrides = {},
      std::string const& pixels = "nside = 64\nspectrum_nside = 16\n") const {
    auto const text =
        concat("[run]\ndirectory = ", scratch_.path(),
               "\n[catalogue.mine]\nfiles = ", scratch_ / "halos.csv",
               "\n[sky.mine]\ncatalogue = mine\nprofile = battaglia2012\n", pixels, more);
    auto const configuration =
        Configuration::parse(text, "test.ini", overrides,
                             {schema_of<RunOptions>(), schema_of<SnapshotSection>(true),
                              schema_of<CosmologySection>(), schema_of<SkyOptions>(true),
                              schema_of<CatalogueSection>(true), schema_of<ProfileSection>(true)});
    Blueprint const blueprint(configuration);
    StageList stages;
    add_sky_stages(blueprint, stages);
    return std::move(stages.at(0));
  }
  std::optional<nlohmann::json> run(Comm const& comm, Stage& stage, int stop_after = 0,
                                    double memory_mb = 2000) const {
    RunOptions options;
    options.directory = scratch_.path();
    options.memory_mb = memory_mb;
    StageContext context(comm, options, stage);
    if (stop_after > 0) context.stop_after(stop_after);
    return notes_of_run(stage, context);
  }
  /// DATASUM and mean of what was painted.
  std::pair<std::string, std::string> map_sum() const {
    comm_.barrier();
    HealpixFile const map(scratch_ / "sky/mine/compton_y.fits");
    std::pair sum{map.cards().at("DATASUM"), map.cards().at("YMEAN")};
    comm_.barrier();
    return sum;
  }
};

}  // namespace setsz::test
