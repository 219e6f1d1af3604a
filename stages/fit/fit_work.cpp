// SPDX-License-Identifier: BSD-3-Clause
#include "stages/fit/fit_work.hpp"

#include <algorithm>
#include <cmath>
#include <exception>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/run/stop_signal.hpp"
#include "pipeline/run/work_loop.hpp"
#include "stages/common/cube_file.hpp"

namespace setsz {
namespace {

Range rows_of_block(std::int64_t n_clusters, std::int64_t block) {
  return even_range(n_clusters, static_cast<int>(block), fit_blocks(n_clusters));
}

RadialSums read_sums(CubeFile const& cubes, Cluster const& cluster, std::int64_t row) {
  auto const lattice = cubes.lattice(row, cluster.r200c);
  require(lattice.edge_r200 >= 2 * score_radius_r200, ExitCode::config, "the cube of cluster ",
          cluster.id, " is ", lattice.edge_r200, " R200 wide (the fits require all within ",
          score_radius_r200, " R200); raise [voxelize] edge or fixed_edge");
  auto sums = radial_sums(lattice, cubes.read(row));
  require(sums.n_voxels > 0, ExitCode::config, "no voxel centre of cluster ", cluster.id,
          " is within ", score_radius_r200, " R200; raise [voxelize] n_voxels");
  return sums;
}

}  // namespace

int fit_blocks(std::int64_t n_clusters) {
  constexpr std::int64_t most = 4096;
  return static_cast<int>(std::min(n_clusters, most));
}

FitShare::FitShare(Comm const& comm, ClusterTable const& table, std::int64_t fold,
                   std::string const& path)
    : comm_(comm),
      table_(table),
      fold_(fold),
      blocks_(even_range(fit_blocks(table.size()), comm.rank(), comm.size())) {
  if (blocks_.size() > 0)
    rows_ = {rows_of_block(table.size(), blocks_.first).first,
             rows_of_block(table.size(), blocks_.last - 1).last};
  collectively(comm, "fit: reading the pressure cubes", [&] {
    CubeFile const cubes(path);
    require(cubes.size() == table.size(), ExitCode::bad_data, "'", path, "' has ", cubes.size(),
            " cubes, but clusters.h5 has ", table.size(), " clusters");
    Progress progress("fit: reading", real(rows_.size()));
    for (auto row = rows_.first; row < rows_.last; ++row) {
      leave_if_stopped();
      sums_.push_back(read_sums(cubes, table.clusters[row], row));
      progress.update(real(row + 1 - rows_.first));
      mark_progress("fit: reading the pressure cubes");
    }
  });
}

template <class Visit>
void FitShare::each_training(Range rows, Visit&& visit) const {
  for (auto row = rows.first; row < rows.last; ++row)
    if (table_.split_of(row, fold_) == Split::training) visit(row);
}

std::vector<std::vector<FitCluster>> FitShare::blocks() const {
  std::vector<std::vector<FitCluster>> blocks;
  for (auto block = blocks_.first; block < blocks_.last; ++block) {
    auto& clusters = blocks.emplace_back();
    each_training(rows_of_block(table_.size(), block), [&](std::int64_t row) {
      clusters.push_back({table_.clusters[row].m200c, &sums(row)});
    });
  }
  return blocks;
}

double FitShare::mean_scatter() const {
  std::vector<double> scatters;
  each_training(rows_,
                [&](std::int64_t row) { scatters.push_back(scatter_about_shells(sums(row))); });
  double sum = 0;
  scatters = comm_.gather_v(scatters, 0);
  for (double const scatter : scatters) sum += scatter;
  return sum / real(scatters.size());
}

std::pair<std::vector<FluxCluster>, std::int64_t> FitShare::flux_clusters() const {
  std::int64_t radii = most_radii;
  each_training(rows_,
                [&](std::int64_t row) { radii = std::min(radii, n_radii(sums(row).lattice)); });
  radii = comm_.all_min(radii);
  CubeLattice lattice{0, 0};  // that of the shares: one for all, unless cubes have a fixed size
  std::vector<std::vector<double>> shares;
  std::vector<FluxCluster> clusters;
  each_training(rows_, [&](std::int64_t row) {
    auto const& cluster = table_.clusters[row];
    auto its = sums(row).lattice;
    its.edge_r200 = std::round(its.edge_r200 * 1e9) / 1e9;  // their last bits differ
    if (its.n != lattice.n || its.edge_r200 != lattice.edge_r200) {
      lattice = its;
      shares = shares_within(lattice, radii);
    }
    auto& one = clusters.emplace_back(
        FluxCluster{cluster.m200c, cluster.p200 * std::pow(cluster.r200c, 3)});
    std::ranges::copy(pressure_within(sums(row), shares), one.within.begin());
  });
  return {comm_.gather_v(clusters, 0), radii};
}

std::vector<FitFigures> FitShare::figures(GnfwParameters const& benchmark,
                                          GnfwParameters const& flux) const {
  std::vector<FitFigures> figures;
  collectively(comm_, "fit: the figures of all clusters", [&] {
    for (auto row = rows_.first; row < rows_.last; ++row)
      figures.push_back(fit_figures(table_, row, sums(row), benchmark, flux));
  });
  return comm_.gather_v(figures, 0);
}

void SharedResiduals::lead(std::function<void()> const& walk) {
  std::exception_ptr failure;
  if (comm_.is_root()) {
    try {
      walk();
    } catch (CollectiveError const&) {  // while they answered: they know it
      throw;
    } catch (...) {
      failure = std::current_exception();
    }
    answer({.last = true});
  } else {
    while (answer({})) {
    }
  }
  on_root(comm_, "fit: minimising", [&] {
    if (failure) std::rethrow_exception(failure);
  });
}

FoldedResiduals SharedResiduals::at(FitPoint const& point) {
  answer({.point = point});
  return folded_together(answers_);
}

bool SharedResiduals::answer(Question question) {
  question = comm_.broadcast(question, 0);
  if (question.last) return false;
  std::vector<FoldedResiduals> mine;
  collectively(comm_, "fit: minimising", [&] {
    for (auto const& block : blocks_)
      mine.push_back(folded_residuals(block, frame_, question.point));
  });
  stop_asked_ = comm_.any(stop_signal_seen());
  answers_ = comm_.gather_v(mine, 0);
  mark_progress("fit: minimising");
  return true;
}

}  // namespace setsz
