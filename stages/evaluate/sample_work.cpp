// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/sample_work.hpp"

#include <algorithm>
#include <optional>

#include "io/h5.hpp"
#include "model/modules/stochastic.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/run/stop_signal.hpp"
#include "stages/common/radial_shells.hpp"
#include "stages/common/residual_file.hpp"

namespace setsz {
namespace {

/// The open files of a fold.
class Fold {
 public:
  explicit Fold(SampleFiles const& files)
      : samples_(H5File::open(files.samples)),
        residuals_(files.residuals),
        rows_(samples_.read_all<std::int64_t>("/cluster")) {
    require(samples_.exists("/loss"), ExitCode::bad_data, "'", files.samples,
            "' has no losses of its samples; run the stage predict again");
    for (auto const& path : files.networks) networks_.emplace_back(path);
    auto const shape = samples_.info("/profile").shape;
    n_samples_ = shape[1], n_shells_ = shape[2];
  }
  std::int64_t n_samples() const { return n_samples_; }
  std::int64_t n_shells() const { return n_shells_; }
  std::int64_t n_residuals() const { return residuals_.n_shells(); }
  std::int64_t n_networks() const { return std::ssize(networks_); }

  SampledCluster read(ClusterScore const& score, CubeFile const& truth, Cluster const& cluster) {
    auto const found = std::ranges::lower_bound(rows_, score.row);
    require(found != rows_.end() && *found == score.row, ExitCode::bad_data, "'", samples_.path(),
            "' has no cluster ", score.id, "; run the stage predict again");
    Range const row{found - rows_.begin(), found - rows_.begin() + 1};
    auto const lattice = truth.lattice(score.row, cluster.r200c);
    if (!shells_ || shells_->lattice().edge_r200 != lattice.edge_r200)
      shells_.emplace(lattice, n_shells_);
    auto const gas = truth.read(score.row);
    SampledCluster result{.row = score.row,
                          .m200c = score.m200c,
                          .loss_benchmark = score.loss_benchmark,
                          .loss_of_mean = score.loss,
                          .y_gas = score.y_gas};
    result.loss = samples_.read_rows<double>("/loss", row);
    result.y = samples_.read_rows<double>("/y", row);
    result.profile = samples_.read_rows<double>("/profile", row);
    result.gas = shells_->means(gas);
    result.loss_reconstructed =
        mean_squared(lattice, samples_.read_rows<float>("/reconstructed", row), gas);
    for (float const r : residuals_.read(score.row).value) result.residual.push_back(real(r));
    for (auto const& network : networks_) {
      auto const cube = network.find(score.row);
      require(cube.has_value(), ExitCode::bad_data, "'", network.file().path(), "' has no cluster ",
              score.id, "; run the stage predict again");
      Range const its{*cube, *cube + 1};
      result.nats.push_back(code_information(
          network.file().read_rows<double>(dataset(Stochastic::mean), its),
          network.file().read_rows<double>(dataset(Stochastic::log_variance), its)));
    }
    return result;
  }

 private:
  static std::string dataset(std::string_view name) { return concat("/", name); }
  static double mean_squared(CubeLattice const& lattice, std::vector<float> const& predicted,
                             std::vector<float> const& gas) {
    double sum = 0, n = 0;
    lattice.each_within(score_radius_r200, [&](std::size_t voxel, std::size_t) {
      double const error = real(predicted[voxel]) - real(gas[voxel]);
      sum += error * error;
      n += 1;
    });
    return sum / n;
  }

  H5File samples_;
  ResidualFile residuals_;
  std::vector<std::int64_t> rows_;
  std::vector<CubeFile> networks_;
  std::int64_t n_samples_ = 0, n_shells_ = 0;
  std::optional<RadialShells> shells_;
};

/// Everything of a cluster as one row of numbers, for a message, and back: `visit` sees each part.
template <class Visit>
void visit_parts(SampledCluster& c, Visit const& visit) {
  visit(std::span(&c.m200c, 1)), visit(std::span(&c.loss_benchmark, 1));
  visit(std::span(&c.loss_of_mean, 1)), visit(std::span(&c.loss_reconstructed, 1));
  visit(std::span(&c.y_gas, 1));
  for (auto* part : {&c.loss, &c.y, &c.profile, &c.gas, &c.residual, &c.nats})
    visit(std::span(*part));
}

}  // namespace

std::vector<SampledCluster> read_samples(Comm const& comm, std::vector<ClusterScore> const& scores,
                                         std::vector<SampleFiles> const& folds,
                                         ClusterTable const& table, CubeFile const& truth) {
  std::vector<double> own;
  SampledCluster empty;
  collectively(comm, "evaluate: samples", [&] {
    std::vector<Fold> open;
    open.reserve(folds.size());
    for (auto const& files : folds) open.emplace_back(files);
    auto const& first = open.front();
    empty.loss.resize(first.n_samples()), empty.y.resize(first.n_samples());
    empty.profile.resize(first.n_samples() * first.n_shells()), empty.gas.resize(first.n_shells());
    empty.residual.resize(first.n_residuals()), empty.nats.resize(first.n_networks());
    Range const mine = even_range(std::ssize(scores), comm.rank(), comm.size());
    for (auto i = mine.first; i < mine.last; ++i) {
      leave_if_stopped();
      auto cluster = open.at(scores[i].fold).read(scores[i], truth, table.clusters[scores[i].row]);
      visit_parts(cluster,
                  [&](std::span<double> part) { own.insert(own.end(), part.begin(), part.end()); });
      mark_progress("evaluate: samples");
    }
  });
  auto const all = comm.gather_v(own, 0);
  if (!comm.is_root()) return {};
  auto next = all.begin();
  std::vector<SampledCluster> clusters;
  for (auto const& score : scores) {
    auto& cluster = clusters.emplace_back(empty);
    cluster.row = score.row;
    visit_parts(cluster, [&](std::span<double> part) {
      std::copy_n(next, part.size(), part.begin());
      next += std::ssize(part);
    });
  }
  return clusters;
}

}  // namespace setsz
