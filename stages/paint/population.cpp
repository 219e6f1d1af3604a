// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/population.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "pipeline/base/number.hpp"
#include "stages/common/sections.hpp"

namespace setsz {
namespace {

constexpr std::int64_t rows_per_read = 1 << 20;
constexpr double msunh_per_code = 1e10;

GnfwParameters read_flux_fit(std::string const& path) {
  std::ifstream in(path);
  require(in.good(), ExitCode::missing_input, "cannot read '", path, "'");
  try {
    return nlohmann::json::parse(in).at("flux").get<GnfwParameters>();
  } catch (nlohmann::json::exception const& error) {
    fail(ExitCode::bad_data, "'", path, "' has no flux-true fit (", error.what(), ")");
  }
}

}  // namespace

void PopulationOptions::declare(OptionList& options) {
  declare_map_model(options, model);
  options.add("source", source,
              {{"network", ClusterSource::network},
               {"gnfw", ClusterSource::gnfw},
               {"none", ClusterSource::none}},
              {.help = "gas of the clusters: cubes of the network, the flux-true GNFW profile, or "
                       "none"});
  options.add("fill", fill, {.help = "paint the haloes below the selection with GNFW profiles"});
  options.add("fill_mass_min", fill_mass_min_msunh,
              {.unit = "Msun/h",
               .help = "smallest halo of the fill; below [catalog] fill_mass_min there are none",
               .min = 0,
               .max = 1e17});
  options.add("fill_cut", fill_cut_r200,
              {.unit = "R200",
               .help = "radius of the sphere that ends a profile of the fill",
               .min = 0.5,
               .max = 20});
}

PopulationNames::PopulationNames(Axes const& axes, std::string the_snapshot, std::string the_model)
    : snapshot(std::move(the_snapshot)), model(std::move(the_model)), n_folds(axes.n_folds()) {
  if (model.empty()) return;
  member = axes.painted(model);
  seeds = axes.seeds(model);
}

std::string PopulationNames::prediction(std::int64_t fold) const {
  return products::prediction(snapshot, model, fold, member);
}

std::vector<std::string> PopulationNames::networks() const {
  std::vector<std::string> names;
  for (std::int64_t fold = 0; fold < n_folds; ++fold)
    for (auto const seed : seeds) names.push_back(products::trained({snapshot, model, fold, seed}));
  return names;
}

std::vector<std::string> PopulationNames::inputs(PopulationOptions const& options) const {
  std::vector<std::string> names{products::clusters(snapshot)};
  if (options.source == ClusterSource::network)
    for (std::int64_t fold = 0; fold < n_folds; ++fold) names.push_back(prediction(fold));
  if (options.fill) names.push_back(products::halos(snapshot));
  if (options.fill || options.source == ClusterSource::gnfw)
    names.push_back(products::gnfw(snapshot, 0));
  return names;
}

Population::Population(PopulationNames const& names, PopulationOptions const& options,
                       std::function<std::string(std::string const&)> const& product)
    : options_(options), table_(read_clusters(product(products::clusters(names.snapshot)))) {
  std::vector<Vec3> centres;
  std::vector<double> r200;
  double smallest = HUGE_VAL, largest = 0;
  for (auto const& cluster : table_.clusters) {
    centres.push_back(cluster.position);
    r200.push_back(cluster.r200c);
    smallest = std::min(smallest, cluster.m200c);
    largest = std::max(largest, cluster.m200c);
  }
  spheres_ = std::make_unique<NetworkSpheres>(PeriodicBox(table_.box_ckpch), centres, r200);
  if (options_.source == ClusterSource::network) open_predictions(names, product);
  if (!options_.fill && options_.source != ClusterSource::gnfw) return;

  auto const parameters = read_flux_fit(product(products::gnfw(names.snapshot, 0)));
  auto const profile = [&](double mass, double x) {
    // The shape is cheap against the profile, and the family asks for one mass after the other.
    return gnfw(gnfw_shape(parameters, mass, table_.cosmology.h, table_.redshift), x);
  };
  if (options_.source == ClusterSource::gnfw && table_.size() > 0)
    cluster_family_ =
        std::make_unique<ProfileFamily>(profile, smallest, largest, network_reach_r200);
  if (!options_.fill) return;
  halos_path_ = product(products::halos(names.snapshot));
  n_fill_rows_ = count_fill_halos(halos_path_);
  smallest = HUGE_VAL, largest = 0;
  for (std::int64_t first = 0; first < n_fill_rows_; first += rows_per_read) {
    for (auto const& halo : fill({first, std::min(first + rows_per_read, n_fill_rows_)})) {
      smallest = std::min(smallest, halo.m200c);
      largest = std::max(largest, halo.m200c);
    }
  }
  if (largest > 0)
    fill_family_ =
        std::make_unique<ProfileFamily>(profile, smallest, largest, options_.fill_cut_r200);
}

void Population::open_predictions(PopulationNames const& names,
                                  std::function<std::string(std::string const&)> const& product) {
  require(table_.n_folds == names.n_folds, ExitCode::config, "clusters.h5 has ", table_.n_folds,
          " folds, [catalog] folds is ", names.n_folds);
  for (std::int64_t fold = 0; fold < names.n_folds; ++fold)
    predictions_.emplace_back(product(names.prediction(fold)));
  for (std::int64_t row = 0; row < table_.size(); ++row) {
    std::int64_t fold = 0;
    while (fold + 1 < names.n_folds && table_.split_of(row, fold) != Split::testing) ++fold;
    require(predictions_[fold].find(row).has_value(), ExitCode::bad_data, "'",
            names.prediction(fold), "' has no cluster ", cluster(row).id, " (row ", row,
            "); set [predict] clusters = all, or paint with source = gnfw");
    fold_of_.push_back(fold);
  }
}

double Population::cluster_reach(std::int64_t row) const {
  double const sphere = network_reach_r200 * cluster(row).r200c;
  if (options_.source != ClusterSource::network) return sphere;
  // A voxel is painted whole if its centre lies in the sphere.
  auto const& file = predictions_[fold_of_[row]];
  double const voxel = file.edge_ckpch(*file.find(row)) / real(file.n_voxels());
  return sphere + std::sqrt(3.0) / 2 * voxel;
}

SparseCube Population::cube(std::int64_t row) const {
  auto const& file = predictions_[fold_of_[row]];
  std::int64_t const cube = *file.find(row);
  auto const values = file.read(cube);
  for (float const value : values)
    require(std::isfinite(value), ExitCode::bad_data, "'", file.file().path(),
            "': the cube of row ", row, " holds ", value);
  return SparseCube(values, file.n_voxels(), file.edge_ckpch(cube));
}

Claims Population::claims_on_cluster(std::int64_t row) const {
  auto const& c = cluster(row);
  return Claims::on_cluster(c.r200c, row,
                            spheres_->near(c.position, network_reach_r200 * c.r200c, row));
}

Claims Population::claims_on_fill(FillHalo const& halo) const {
  return Claims::on_fill(spheres_->near(halo.position, options_.fill_cut_r200 * halo.r200c));
}

std::vector<FillHalo> Population::fill(Range rows) const {
  auto halos = read_fill_halos(halos_path_, rows);
  std::erase_if(halos, [&](FillHalo const& halo) {
    return halo.m200c * msunh_per_code < options_.fill_mass_min_msunh;
  });
  return halos;
}

}  // namespace setsz
