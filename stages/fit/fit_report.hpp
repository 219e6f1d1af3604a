// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "stages/common/cluster_table.hpp"
#include "stages/fit/gnfw_fit.hpp"

namespace setsz {

/// The content of gnfw.json: both sets of parameters; of every cluster its part in the fold, the
/// benchmark's loss (Eq. 7), and Y within score_radius_r200 of gas, benchmark (both summed over
/// voxels) and flux-true profile (continuous); of mass bins of the training clusters the ratios of
/// Y.
///
/// Y = sigma_T/(m_e c^2) x sum of P V [(kpc/h)^2, physical area]. Throws Error(internal) if a
/// figure is not finite. \param sums  of every row of the table
nlohmann::json fit_report(ClusterTable const& table, std::int64_t fold,
                          std::span<RadialSums const> sums, GnfwParameters const& benchmark,
                          GnfwParameters const& flux, std::int64_t n_mass_bins);

}  // namespace setsz
