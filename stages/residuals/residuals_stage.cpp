// SPDX-License-Identifier: BSD-3-Clause
#include "stages/residuals/residuals_stage.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "io/h5.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/sections.hpp"
#include "stages/common/voxelize_section.hpp"
#include "stages/residuals/radial_residuals.hpp"

namespace setsz {
namespace {

/// Of some clusters, one after the other.
struct Rows {
  std::vector<double> target, prediction;
  std::vector<float> residual;
  std::vector<std::uint8_t> known;

  void add(RadialResiduals const& cluster) {
    target.insert(target.end(), cluster.target.begin(), cluster.target.end());
    prediction.insert(prediction.end(), cluster.prediction.begin(), cluster.prediction.end());
    for (double const r : cluster.residual) residual.push_back(single(r));
    known.insert(known.end(), cluster.known.begin(), cluster.known.end());
  }
};

/// The shells of the last lattice are kept: mostly all clusters have the same.
class Comparison {
 public:
  Comparison(ClusterTable const& table, CubeFile const& gas, std::vector<CubeFile> const& folds,
             std::int64_t n_shells)
      : table_(table), gas_(gas), folds_(folds), n_shells_(n_shells) {}

  RadialResiduals operator()(std::int64_t row) {
    auto const& cluster = table_.clusters[row];
    auto const& predictions = folds_[folds_.size() == 1 ? 0 : testing_fold(row)];
    auto const cube = predictions.find(row);
    require(cube.has_value(), ExitCode::config, "'", predictions.file().path(), "' has no cluster ",
            cluster.id, " (row ", row,
            "), but residuals need a prediction of every cluster; set [predict] clusters = all, "
            "or [residuals] out_of_fold = yes");
    auto const lattice = gas_.lattice(row, cluster.r200c);
    auto const its = predictions.lattice(*cube, cluster.r200c);
    require(its.n == lattice.n &&
                std::abs(its.edge_r200 - lattice.edge_r200) < 1e-9 * lattice.edge_r200,
            ExitCode::bad_data, "'", predictions.file().path(), "': cluster ", cluster.id,
            " has a cube of ", its.n, "^3 voxels and ", its.edge_r200, " R200, the gas one of ",
            lattice.n, "^3 and ", lattice.edge_r200, "; run the stage predict again");
    if (!shells_ || shells_->lattice().edge_r200 != lattice.edge_r200)
      shells_.emplace(lattice, n_shells_);
    auto result = radial_residuals(*shells_, gas_.read(row), predictions.read(*cube));
    for (double const r : result.residual)
      require(std::isfinite(r), ExitCode::bad_data, "cluster ", cluster.id,
              ": a residual is not finite; look at its cubes in '", gas_.file().path(), "' and '",
              predictions.file().path(), "'");
    return result;
  }

 private:
  std::int64_t testing_fold(std::int64_t row) const {
    for (std::int64_t fold = 0; fold < table_.n_folds; ++fold)
      if (table_.split_of(row, fold) == Split::testing) return fold;
    fail(ExitCode::bad_data, "no fold tests cluster ", table_.clusters[row].id,
         "; run the stage catalog again");
  }

  ClusterTable const& table_;
  CubeFile const& gas_;
  std::vector<CubeFile> const& folds_;
  std::int64_t n_shells_;
  std::optional<RadialShells> shells_;
};

void write_shells(Comm const& comm, H5File& file, ClusterTable const& table, Rows const& rows,
                  std::int64_t n_shells) {
  std::vector<std::int64_t> ids;
  for (auto const& cluster : table.clusters) ids.push_back(cluster.id);
  file.write_same("/id", {.unit = "1", .description = "id in the halo catalogue"}, ids);
  Range const mine = even_range(table.size(), comm.rank(), comm.size());
  auto const write = [&]<class T>(std::string const& name, std::vector<T> const& values,
                                  FieldInfo const& info) {
    file.create_dataset<T>(name, info, table.size(), {n_shells});
    file.write_rows(name, mine.first, values);
  };
  write("/residual", rows.residual,
        {.unit = "1",
         .frame = "cluster",
         .description = "(mean gas - mean prediction)/mean prediction of linear shells of r < 2 "
                        "R200 around the catalogue's position; 0 where it is not known"});
  write("/known", rows.known,
        {.unit = "1", .description = "0: the shell is empty, or nothing is predicted in it"});
  write("/mean_gas", rows.target,
        {.unit = "P200", .frame = "cluster", .description = "mean pressure of the gas"});
  write("/mean_prediction", rows.prediction,
        {.unit = "P200", .frame = "cluster", .description = "mean pressure of the prediction"});
}

}  // namespace

ResidualsStage::ResidualsStage(Blueprint const& blueprint, std::string snapshot,
                               ResidualsAsked asked, std::int64_t fold)
    : snapshot_(std::move(snapshot)),
      asked_(std::move(asked)),
      fold_(fold),
      n_folds_(blueprint.axes.n_folds()),
      n_voxels_(blueprint.configuration.get<VoxelizeOptions>().n_voxels) {
  auto const member = blueprint.axes.painted(asked_.model);
  member_ = member.name();
  record_ = {.stage = "residuals",
             .instance = concat(snapshot_, "/", asked_.model, "/fold", fold_),
             .version = 1};
  options_ = record_.take<ResidualsOptions>(blueprint.configuration);
  record_.settings.add("residuals.shells", asked_.n_shells);
  record_.settings.add("residuals.member", member_);
  for (std::int64_t k = 0; k < n_folds_; ++k)
    if (options_.out_of_fold || k == fold_)
      predictions_.push_back(products::prediction(snapshot_, asked_.model, k, member));
  record_.inputs = {products::clusters(snapshot_), products::pressure(snapshot_)};
  record_.inputs.insert(record_.inputs.end(), predictions_.begin(), predictions_.end());
  record_.outputs = {"shells.h5"};
}

void ResidualsStage::preflight(Comm const& comm, Outlook&) const {
  collectively(comm, "", [&] {
    require(!options_.out_of_fold || n_folds_ > 1, ExitCode::config,
            "[residuals] out_of_fold = yes needs a fold that tests each cluster, but [catalog] "
            "folds = 1; set folds = 5, or out_of_fold = no");
  });
}

Estimate ResidualsStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const table = expected_clusters(outlook, snapshot_);
  double const cells = std::pow(real(n_voxels_), 3), n = real(table.size());
  constexpr double seconds_per_voxel = 3e-8, share_bytes = 32;
  return {.memory_bytes = cells * (3 * sizeof(float) + share_bytes),
          .output_bytes = n * real(asked_.n_shells) * 21,
          .seconds = n * cells * seconds_per_voxel / n_ranks,
          .note = concat(table.size(), " clusters, ", asked_.n_shells, " shells")};
}

void ResidualsStage::run(Context& context) {
  auto const& comm = context.comm();
  auto const table = read_clusters(comm, context.product(products::clusters(snapshot_)));
  Rows rows;
  collectively(comm, "residuals: comparing cubes", [&] {
    CubeFile const gas(context.product(products::pressure(snapshot_)));
    std::vector<CubeFile> folds;
    for (auto const& name : predictions_) folds.emplace_back(context.product(name));
    Comparison compare(table, gas, folds, asked_.n_shells);
    Range const mine = even_range(table.size(), comm.rank(), comm.size());
    for (std::int64_t row = mine.first; row < mine.last; ++row) {
      rows.add(compare(row));
      mark_progress("residuals");
    }
  });
  auto file = H5File::create(comm, context.part("shells.h5"));
  file.set_attribute("/", "format_version", std::int64_t{1});
  file.set_attribute("/", "model", asked_.model);
  file.set_attribute("/", "member", member_);
  file.set_attribute("/", "fold", fold_);
  file.set_attribute("/", "out_of_fold", std::string(options_.out_of_fold ? "yes" : "no"));
  std::vector<double> edges;
  for (std::int64_t i = 0; i <= asked_.n_shells; ++i)
    edges.push_back(score_radius_r200 * real(i) / real(asked_.n_shells));
  file.set_attribute_list("/", "shell_edges", edges);
  write_shells(comm, file, table, rows, asked_.n_shells);
  file.close();
  context.note("clusters", table.size());
  context.note("shells", asked_.n_shells);
  context.note("unknown", comm.all_sum(std::ranges::count(rows.known, std::uint8_t{0})));
}

void add_residuals_stages(Blueprint const& blueprint, StageList& stages) {
  for (auto const& asked : residuals_asked(blueprint))
    for (auto const& snapshot : blueprint.axes.snapshots())
      for (std::int64_t fold = 0; fold < blueprint.axes.n_folds(); ++fold)
        stages.push_back(std::make_unique<ResidualsStage>(blueprint, snapshot, asked, fold));
}

}  // namespace setsz
