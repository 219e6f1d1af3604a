// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/cluster_input_work.hpp"

namespace setsz {

bool ClusterInputs::load(std::int64_t row, CubeLattice const& lattice) {
  if (row_ == row) return false;
  if (!store_) store_.emplace(context_.product(task_.particles));
  auto const& network = task_.section.network;
  auto const needs = network.needs();
  double const r200 = table_.clusters[row].r200c;
  auto const spheres = sphere_query(needs, r200);
  store_->require_local_spheres(row, spheres.radius_ckpch);
  sampler_.reset();  // before the next one takes its memory
  auto particles = store_->load(row);
  auto input = cluster_input(table_, *store_, row, network.columns());
  input.density = cluster_density(particles, input, needs.density_cells);
  read_gas(row, input);
  sampler_ = std::make_unique<ClusterSampler>(std::move(particles), std::move(input), spheres);
  row_ = row;
  if (needs.target_columns.empty()) return true;
  if (!moments_) moments_.emplace(context_.product(task_.moments)).require_clusters(table_);
  moments_->require_lattice(row, lattice, r200);
  n_columns_ = std::ssize(needs.target_columns);
  columns_ = moments_->read(row, needs.target_columns);
  return true;
}

/// What the gas of a cluster tells: residuals for the network, pressure for the samples' losses.
void ClusterInputs::read_gas(std::int64_t row, ClusterInput& input) {
  if (task_.residuals.empty()) return;
  if (!residuals_)
    residuals_ =
        open_residuals(task_.section.network.needs(), context_.product(task_.residuals), table_);
  input.residuals = residuals_->read(row);
  if (!gas_) gas_.emplace(context_.product(task_.pressure));
  truth_ = gas_->read(row);
}

}  // namespace setsz
