// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "stages/common/cluster_table.hpp"
#include "stages/fit/gnfw_fit.hpp"

namespace setsz {

/// What gnfw.json says of a cluster: Y within score_radius_r200 of gas, benchmark (both summed over
/// voxels) and flux-true profile (continuous).
///
/// Y = sigma_T/(m_e c^2) x sum of P V [(kpc/h)^2, physical area].
struct FitFigures {
  double loss_benchmark;  ///< Eq. 7
  double y_gas, y_benchmark, y_flux;
};
/// Throws Error(internal) if one is not finite.
FitFigures fit_figures(ClusterTable const& table, std::int64_t row, RadialSums const& sums,
                       GnfwParameters const& benchmark, GnfwParameters const& flux);

/// The content of gnfw.json but for its list "clusters": both sets of parameters; of mass bins of
/// the training clusters the ratios of Y.
/// \param figures  of every row of the table
nlohmann::json fit_report(ClusterTable const& table, std::int64_t fold,
                          std::span<FitFigures const> figures, GnfwParameters const& benchmark,
                          GnfwParameters const& flux, std::int64_t n_mass_bins);
/// An entry of that list: the part of a cluster in the fold, and its figures.
nlohmann::json fit_report_row(ClusterTable const& table, std::int64_t fold, std::int64_t row,
                              FitFigures const& figures);

}  // namespace setsz
