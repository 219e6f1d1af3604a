// SPDX-License-Identifier: BSD-3-Clause
// Keys that would have no effect beside others are refused, wherever they stand.
#include <gtest/gtest.h>

#include "stages/registry.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

std::string const universe =
    "[snapshot.s]\nmock = yes\n[model.plain]\nmodules = gnfw, aggregator\n";
std::string const latent =
    "[model.latent]\nmodules = gnfw, stochastic, aggregator\nstochastic_residuals = plain\n";
std::string const halos =
    "[catalogue.c]\nfiles = c.csv\n[sky.a]\ncatalogue = c\n"
    "profile = battaglia2012\n";

Configuration parse(std::string const& text) {
  return Configuration::parse(text, "test.ini", {}, all_schemas());
}

/// "no error" or code and message of what `setsz check` finds before it opens a file.
std::string refusal(std::string const& text) {
  return test::error_of([&] { build_stages(parse(text), {}); });
}

struct Case {
  std::string refused;   ///< of a configuration that has `universe` before it
  std::string message;   ///< part of it
  std::string accepted;  ///< what may stand instead
};

void expect(std::vector<Case> const& cases) {
  for (auto const& [refused, message, accepted] : cases) {
    auto const error = refusal(universe + refused);
    EXPECT_TRUE(test::contains(error, "78 test.ini:")) << refused << error;
    EXPECT_TRUE(test::contains(error, message)) << refused << error;
    EXPECT_EQ(refusal(universe + accepted), "no error") << accepted;
  }
}

TEST(IgnoredKeys, AGpuHasNoArithmeticOfACpu) {
  auto const text = [](std::string const& arithmetic) {
    return universe + "[predict]\ndevice = cuda\narithmetic = " + arithmetic + "\n";
  };
  for (std::string const arithmetic : {"bfloat16x3", "bfloat16"}) {
    // What `setsz` itself asks, before it starts the program with libtorch.
    auto const error = test::error_of([&] { asks_for_device(parse(text(arithmetic))); });
    EXPECT_EQ(error,
              "78 test.ini: [predict] device = cuda multiplies in single precision, but "
              "arithmetic = " +
                  arithmetic +
                  " is for kernels of a cpu with AMX; set arithmetic = single, or device = "
                  "cpu");
    EXPECT_EQ(refusal(text(arithmetic)), error);
  }
  EXPECT_EQ(refusal(text("single")), "no error");
  EXPECT_EQ(refusal(universe + "[predict]\narithmetic = bfloat16\n"), "no error");
}

TEST(IgnoredKeys, OfTraining) {
  expect({{"[train]\naverage_epochs = 5\n",
           "[train] average_epochs is a key for keep = average; set that",
           "[train]\naverage_epochs = 5\nkeep = average\n"},
          {"[train]\nkeep = average\n[train.plain]\nkeep = last\naverage_epochs = 5\n",
           "[train.plain] average_epochs is a key for keep = average",
           "[train]\nkeep = average\naverage_epochs = 5\n[train.plain]\nkeep = last\n"},
          {"[train.plain]\nrate_local = 1e-4\n",
           "[train.plain] rate_local is of a module that the network lacks (modules = gnfw, "
           "aggregator)",
           "[train]\nrate_local = 1e-4\n[train.plain]\nrate_aggregator = 1e-4\n"},
          {"[train.plain]\ndecay_cnn = 1\n", "[train.plain] decay_cnn is of a module",
           "[train]\ndecay_cnn = 1\n"}});
}

TEST(IgnoredKeys, OfPrediction) {
  for (std::string const key : {"samples = 8", "realisations = 2", "sample_spread = no"})
    expect({{concat("[predict]\n", key, "\n"), "is for models with the module stochastic",
             concat("[predict]\n", key, "\n", latent)}});
}

TEST(IgnoredKeys, OfMaps) {
  for (std::string const family :
       {"[paint]\n", "[sky]\n", "[paint.a]\nmodel = plain\n", "[sky.a]\nmodel = plain\n"})
    expect({{family + "fill = no\nfill_mass_min = 1e13\n", "fill_mass_min is a key of the fill",
             family + "fill_mass_min = 1e13\n"},
            {family + "fill = no\nfill_cut = 3\n", "fill_cut is a key of the fill",
             family + "fill_cut = 3\n"},
            {family + "fill = no\nskirt = no\nprofile = battaglia2012\n",
             "profile is that of the fill, of skirts",
             family + "fill = no\nprofile = battaglia2012\n"},
            {concat(family, "source = gnfw\nrealisation = 1\n", latent,
                    "[predict]\nrealisations = 1\n"),
             "realisation is that of a network", family + "source = gnfw\n"}});
}

TEST(IgnoredKeys, OfSkies) {
  expect({{"[sky]\ngas_density = battaglia2016_shock\n",
           "[sky] gas_density is a key for the fields tau and ksz, and changes no other map",
           "[sky]\nfields = compton_y, tau\ngas_density = battaglia2016_shock\n"},
          {"[sky]\nunit = MJy/sr\n", "[sky] unit is that of the maps of frequencies",
           "[sky]\nunit = MJy/sr\nfrequencies = 150\n"},
          {"[sky.a]\nmodel = plain\nprojection = car\nnside = 64\n",
           "[sky.a] nside is a key for projection = healpix",
           "[sky]\nmodel = plain\nprojection = car\nnside = 64\n"},
          {"[sky]\nreplicas = bare\nreplica_seed = 2\n", "replica_seed turns and shifts replicas",
           "[sky]\nreplica_seed = 2\n"}});
  for (std::string const key :
       {"replicas = bare", "replica_seed = 2", "lightcone = all", "skirt = no", "redshift_max = 1"})
    expect({{halos + key + "\n", "is a key for snapshots, but the map shows [catalogue.c]",
             halos + "fill_cut = 3\n"}});
}

TEST(IgnoredKeys, TheOptionsThatWereUsedCanBeRunAgain) {
  for (auto const& text :
       {"[sky.a]\nmodel = plain\nprojection = car\nresolution = 6\n[sky.b]\nmodel = plain\n",
        "[sky]\nnside = 64\nfields = tau\ngas_density = battaglia2016_shock\n[sky.a]\nmodel = "
        "plain\nprojection = car\nfields = compton_y\n[train.plain]\nkeep = last\n",
        halos.c_str()}) {
    auto const used = parse(universe + text).resolved();
    EXPECT_EQ(refusal(universe + text), "no error") << text;
    EXPECT_EQ(refusal(used), "no error") << used;
  }
}

}  // namespace
}  // namespace setsz
