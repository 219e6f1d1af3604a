// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/population.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/common/model_section.hpp"
#include "stages/common/sections.hpp"
#include "stages/halos/cluster_sets.hpp"
#include "stages/halos/fill_set.hpp"
#include "stages/halos/profile_table.hpp"
#include "stages/halos/skirt_set.hpp"

namespace setsz {
namespace {

ExpectedFill cluster_sizes(Outlook const& outlook, std::string const& snapshot) {
  ExpectedFill sizes;
  for (auto const& cluster : expected_clusters(outlook, snapshot).clusters)
    sizes.r200c.push_back(cluster.r200c);
  sizes.n = std::ssize(sizes.r200c);
  return sizes;
}

/// Those of the fill that are massive enough.
ExpectedFill fill_sizes(Outlook const& outlook, std::string const& snapshot, double mass_min) {
  auto const table = expected_clusters(outlook, snapshot);
  auto const all = expected_fill(outlook, snapshot);
  double const r200_min =
      mass_min > 0 ? halo_scales(table.cosmology, table.redshift, mass_min).r200c_ckpch : 0;
  ExpectedFill sizes;
  for (double const r200 : all.r200c)
    if (r200 >= r200_min) sizes.r200c.push_back(r200);
  if (!all.r200c.empty())
    sizes.n = std::llround(real(all.n) * real(sizes.r200c.size()) / real(all.r200c.size()));
  return sizes;
}

HaloPlan plan_profiles(std::string const& snapshot, ProfileChoice const& profile) {
  return {.kind = HaloKind::cluster,
          .products = profile.products(),
          .cubes = false,
          .cut_r200 = network_reach_r200,
          .sizes = [=](Outlook const& outlook) { return cluster_sizes(outlook, snapshot); },
          .open = [=](Comm const& comm, SnapshotClusters const& clusters,
                      ProductPath const& product) -> std::unique_ptr<HaloSet> {
            std::unique_ptr<HaloSet> set;
            collectively(comm, "profiles of the clusters", [&] {
              set = std::make_unique<ProfileClusters>(clusters,
                                                      profile.open(product, clusters.table));
            });
            return set;
          }};
}

/// Of the cubes of a network, P/P200 at 2 R200 by row and sample. Collective: each rank reads its
/// share.
std::vector<double> edges_of_cubes(Comm const& comm, SnapshotClusters const& clusters,
                                   CubeChoice const& choice, ProductPath const& product,
                                   Profile const& shape) {
  std::vector<double> mine;
  collectively(comm, "edges of the predictions", [&] {
    CubeClusters const cubes(clusters, choice, product);
    Range const rows = even_range(cubes.n_rows(), comm.rank(), comm.size());
    for (std::int64_t row = rows.first; row < rows.last; ++row)
      for (std::int64_t sample = 1; sample <= cubes.n_samples(); ++sample)
        mine.push_back(cubes.edge_pressure(row, sample, shape));
  });
  return comm.all_gather_v(mine);
}

/// \param cubes  none: the clusters have profiles
HaloPlan plan_skirts(std::string const& snapshot, ProfileChoice const& profile,
                     std::optional<CubeChoice> const& cubes) {
  auto products = profile.skirt_products();
  auto const edges = cubes ? cubes->products() : profile.products();
  products.insert(products.end(), edges.begin(), edges.end());
  return {.kind = HaloKind::skirt,
          .products = std::move(products),
          .cubes = false,
          .cut_r200 = skirt_reach_r200,
          .sizes = [=](Outlook const& outlook) { return cluster_sizes(outlook, snapshot); },
          .open = [=](Comm const& comm, SnapshotClusters const& clusters,
                      ProductPath const& product) -> std::unique_ptr<HaloSet> {
            Profile shape;
            std::vector<double> edge;
            collectively(comm, "profiles of the skirts", [&] {
              shape = profile.open_skirt(product, clusters.table);
              if (cubes) return;
              auto const inside = profile.open(product, clusters.table);
              for (auto const& cluster : clusters.table.clusters)
                edge.push_back(inside(cluster.m200c, network_reach_r200));
            });
            if (cubes) edge = edges_of_cubes(comm, clusters, *cubes, product, shape);
            std::unique_ptr<HaloSet> set;
            collectively(comm, "skirts", [&] {
              set = std::make_unique<SkirtSet>(clusters, shape, std::move(edge),
                                               cubes ? cubes->draw : std::nullopt);
            });
            return set;
          }};
}

HaloPlan plan_fill(std::string const& snapshot, ProfileChoice const& profile,
                   FillSet::Limits const& limits) {
  auto products = profile.products();
  products.push_back(setsz::products::halos(snapshot));
  return {.kind = HaloKind::fill,
          .products = std::move(products),
          .cubes = false,
          .cut_r200 = limits.cut_r200,
          .sizes =
              [=](Outlook const& outlook) {
                return fill_sizes(outlook, snapshot, limits.mass_min_msunh / units::msunh_per_code);
              },
          .open = [=](Comm const& comm, SnapshotClusters const& clusters,
                      ProductPath const& product) -> std::unique_ptr<HaloSet> {
            Profile shape;
            collectively(comm, "profile of the fill",
                         [&] { shape = profile.open(product, clusters.table); });
            return std::make_unique<FillSet>(
                comm, clusters, product(setsz::products::halos(snapshot)), limits, shape);
          }};
}

}  // namespace

void PopulationOptions::declare(OptionList& options) {
  declare_map_model(options, model);
  options.add("source", source,
              {{"automatic", ClusterGas::automatic},
               {"network", ClusterGas::network},
               {"gnfw", ClusterGas::gnfw},
               {"none", ClusterGas::none}},
              {.help = "gas of the clusters: the cubes of the network, the profile, or none; "
                       "automatic: the network where the map has a model, else the profile"});
  options.add("realisation", realisation,
              {.help = "number of the drawn prediction that is painted, of a model with the module "
                       "stochastic, up to [predict] realisations; 0: the mean of its samples; on a "
                       "sky each replica of a cluster draws a sample of its own",
               .min = 0,
               .max = 1e6});
  static std::string const profiles = concat(
      "pressure profile of haloes without a cube: fit (the flux-true GNFW profile of the stage "
      "fit), a published one (",
      published_profile_names(),
      "), the NAME of a [profile.NAME], or the gnfw.json of another run");
  options.add("profile", profile, {.help = profiles, .is_path = true});
  options.add("skirt", skirt,
              {.help = "paint what the clusters have between 2 and 4 R200, as high as their gas at "
                       "2 R200, as steep as the gas of the training clusters there (profile = fit) "
                       "or as the profile; the gas of a catalogue ends at fill_cut"});
  options.add("fill", fill, {.help = "paint the haloes below the selection with profiles"});
  options.add("fill_mass_min", fill_mass_min_msunh,
              {.unit = "Msun/h",
               .help = "smallest halo of the fill; below [catalog] fill_mass_min there are none",
               .min = 0,
               .max = 1e17});
  options.add("fill_cut", fill_cut_r200,
              {.unit = "R200",
               .help = "radius of the sphere that ends a profile of the fill or of a catalogue",
               .min = 0.5,
               .max = 20});
}

ClusterGas PopulationOptions::gas(std::string const& of_map) const {
  if (source != ClusterGas::automatic) return source;
  return of_map.empty() ? ClusterGas::gnfw : ClusterGas::network;
}

bool PopulationOptions::has_profiles(std::string const& of_map) const {
  auto const clusters = gas(of_map);
  return fill || clusters == ClusterGas::gnfw || (skirt && clusters == ClusterGas::network);
}

void PopulationOptions::refuse_halo_keys(Configuration const& configuration,
                                         std::string const& section,
                                         std::string const& of_map) const {
  for (auto const* key : {"fill_mass_min", "fill_cut"})
    if (!fill)
      configuration.refuse_key(section, key,
                               "is a key of the fill; set fill = yes, or remove the key");
  if (!has_profiles(of_map))
    configuration.refuse_key(section, "profile",
                             "is that of the fill, of skirts and of clusters without cubes, which "
                             "this map has not; remove the key");
  if (gas(of_map) != ClusterGas::network)
    configuration.refuse_key(section, "realisation",
                             "is that of a network, but the clusters of this map have no cubes; "
                             "remove the key, or set source = network");
}

namespace {

void require_realisations(Configuration const& configuration, std::string const& model,
                          std::int64_t realisation) {
  if (realisation == 0) return;
  require(!model.empty() && configuration.get<ModelSection>("model." + model).network.has_code(),
          ExitCode::config, "realisation = ", realisation, ", but model '", model,
          "' has one prediction (it lacks the module stochastic); set realisation = 0");
}

void add_new(std::vector<std::string>& names, std::vector<std::string> const& more) {
  for (auto const& name : more)
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

}  // namespace

PopulationPlan::PopulationPlan(Blueprint const& blueprint, SnapshotInstance const& instance,
                               std::string const& the_model, PopulationOptions const& options)
    : snapshot(instance.name),
      density(options.density),
      products{setsz::products::clusters(snapshot)} {
  auto const& axes = blueprint.axes;
  if (!the_model.empty() && axes.comes_trained(the_model))
    trained = blueprint.configuration.get<ModelSection>("model." + the_model).trained.paths;
  std::optional<ProfileSection> numbers;
  if (std::string const section = "profile." + options.profile;
      blueprint.configuration.has(section))
    numbers = blueprint.configuration.get<ProfileSection>(section);
  // Without gas there is no fit of this run: the model brings its own.
  ProfileChoice const choice(options.profile, snapshot,
                             instance.has_gas() ? std::vector<std::string>{} : trained, numbers);
  std::optional<CubeChoice> cubes;
  auto const gas = options.gas(the_model);
  if (gas == ClusterGas::network) {
    require_realisations(blueprint.configuration, the_model, options.realisation);
    cubes = plan_cubes(axes, the_model, options);
  }
  if (gas == ClusterGas::gnfw) {
    source = "gnfw";
    sets.push_back(plan_profiles(snapshot, choice));
  }
  bool const skirts = options.skirt && gas != ClusterGas::none;
  if (skirts) {
    reach_r200 = skirt_reach_r200;
    sets.push_back(plan_skirts(snapshot, choice, cubes));
  }
  if (options.fill)
    sets.push_back(plan_fill(snapshot, choice,
                             {options.fill_mass_min_msunh, options.fill_cut_r200, reach_r200}));
  bool const profiles = options.has_profiles(the_model);
  if (profiles) profile = choice.name();
  files = [=, models = gas == ClusterGas::network ? trained : std::vector<std::string>{}] {
    auto all = models;
    if (profiles) add_new(all, choice.files());
    return all;
  };
  for (auto const& set : sets) add_new(products, set.products);
}

CubeChoice PopulationPlan::plan_cubes(Axes const& axes, std::string const& the_model,
                                      PopulationOptions const& options) {
  require(!the_model.empty(), ExitCode::config,
          "source = network with model = none: there are no predictions; name a model, or set "
          "source = gnfw");
  auto const number = options.realisation;
  auto const painted = number > 0 ? axes.realisation(the_model, number) : axes.painted(the_model);
  source = "network";
  model = the_model;
  member = painted.name();
  realisation = number;
  CubeChoice cubes;
  std::vector<Member> samples{painted};
  if (number > 0 && options.draw_seed) {
    cubes.draw = {*options.draw_seed, axes.n_realisations(), number};
    n_samples = axes.n_realisations();
    samples.clear();
    for (std::int64_t k = 1; k <= n_samples; ++k) samples.push_back(axes.realisation(model, k));
  }
  std::int64_t const n_folds = painted.trained ? 1 : axes.n_folds();
  for (auto const& sample : samples) {
    auto& predictions = cubes.predictions.emplace_back();
    for (std::int64_t fold = 0; fold < n_folds; ++fold)
      predictions.push_back(setsz::products::prediction(snapshot, model, fold, sample));
  }
  auto const& seeds = axes.seeds(model);
  auto const made = [&](std::int64_t i) {  // by the network of this seed
    return std::ranges::any_of(samples, [&](Member const& sample) {
      return sample.realisation == 0 || (sample.realisation - 1) % std::ssize(seeds) == i;
    });
  };
  for (std::int64_t fold = 0; fold < n_folds; ++fold)
    for (std::int64_t i = 0; i < std::ssize(seeds); ++i)
      if (made(i))
        networks.push_back(setsz::products::trained(axes.network(snapshot, model, fold, seeds[i])));
  sets.push_back(
      {.kind = HaloKind::cluster,
       .products = cubes.products(),
       .cubes = true,
       .cut_r200 = network_reach_r200,
       .sizes = [name = snapshot](Outlook const& outlook) { return cluster_sizes(outlook, name); },
       .open = [cubes](Comm const& comm, SnapshotClusters const& clusters,
                       ProductPath const& product) -> std::unique_ptr<HaloSet> {
         std::unique_ptr<HaloSet> set;
         collectively(comm, "predictions",
                      [&] { set = std::make_unique<CubeClusters>(clusters, cubes, product); });
         return set;
       }});
  return cubes;
}

Population::Population(Comm const& comm, PopulationPlan const& plan, ProductPath const& product) {
  auto table = read_clusters(comm, product(setsz::products::clusters(plan.snapshot)));
  collectively(comm, "clusters", [&] {
    clusters_ = std::make_unique<SnapshotClusters>(std::move(table));
    if (plan.density) clusters_->density = density_profile(*plan.density, clusters_->table);
  });
  if (plan.profile != "none")
    Log::info(plan.snapshot, ": haloes without a cube have the profile '", plan.profile, "'");
  for (auto const& set : plan.sets) sets_.push_back(set.open(comm, *clusters_, product));
}

std::pair<double, double> Population::flux_factors() const {
  for (auto const& set : sets_)
    if (set->kind() == HaloKind::cluster) return set->flux_factors();
  return {1, 1};
}

std::int64_t Population::n_outside_training() const {
  std::int64_t n = 0;
  for (auto const& set : sets_) n += set->n_outside_training();
  return n;
}

std::vector<std::int64_t> Population::mass_disagrees() const {
  for (auto const& set : sets_)
    if (set->kind() == HaloKind::cluster) return set->mass_disagrees();
  return {};
}

}  // namespace setsz
