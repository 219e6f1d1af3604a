// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/training_start_work.hpp"

#include <span>

#include "model/model_file.hpp"
#include "pipeline/base/error.hpp"
#include "stages/common/trained_model.hpp"

namespace setsz {

namespace {

void require_equal_inputs(NetworkOptions const& own, NetworkOptions const& file,
                          std::string const& path) {
  auto const compare = [&](std::string_view key, std::vector<std::string> const& here,
                           std::vector<std::string> const& there) {
    require(here == there, ExitCode::config, "the network cannot start from '", path, "': its ",
            key, " are ", join(here, ", "), ", those of the file ", join(there, ", "),
            "; leave out scalars, vectors and drop to have those of the file");
  };
  auto const here = own.columns(), there = file.columns();
  compare("scalars", here.scalars, there.scalars);
  compare("vectors", here.vector_names(), there.vector_names());
  require(own.contractions == file.contractions, ExitCode::config,
          "the network cannot start from '", path,
          "', which has other contractions; leave the key out to have those of the file");
}

}  // namespace

void TrainingStart::require_comparable(ClusterTable const& table) const {
  setsz::require_comparable(on, table.mass_definition, concat("'", path, "'"));
}

GnfwParameters const& TrainingStart::profile(GnfwParameters const& own) const {
  return network.any(&ModuleJoints::gives_profile) ? benchmark : own;
}

TrainingStart read_start(std::string const& path, NetworkOptions const& network) {
  auto const trained = read_trained(std::span(&path, 1));
  require_equal_inputs(network, trained.network, path);
  auto state = read_model(path);
  auto const standardisation = state.description.at("standardisation").get<Standardisation>();
  auto const benchmark = state.description.at("benchmark").get<GnfwParameters>();
  return {path, std::move(state), trained.network, standardisation, benchmark, trained.on};
}

}  // namespace setsz
