// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "pipeline/base/range.hpp"
#include "stages/predict/sample_sums.hpp"

namespace setsz {

/// What samples.h5 says of the clusters of one rank; see docs/stages/predict.md.
struct PredictedSamples {
  std::int64_t n_samples = 0, n_shells = 0;  ///< the same on all ranks
  std::vector<float> profile;                ///< (n, n_samples, n_shells), P_e/P200
  std::vector<double> y;                     ///< (n, n_samples), within 2 R200 [(kpc/h)^2]
  std::vector<double> loss;                  ///< (n, n_samples), equation 7; empty without gas
  std::vector<float> reconstructed;          ///< (n, n_voxels^3), as the cubes; likewise

  /// What makes means of the sums of a cluster.
  struct Scale {
    std::vector<double> const& volume;  ///< of the shells [voxels]
    double y_unit;                      ///< Y of a voxel of P200 [(kpc/h)^2]
    std::int64_t n_voxels;              ///< that were summed
  };
  void add(SampleSums const& sums, Scale const& scale, bool with_gas);
};

/// What it says of all of them.
struct SampleTable {
  std::string model, member;
  std::vector<std::int64_t> rows, ids;
  std::int64_t n_voxels = 0;
  bool with_gas = false;  ///< losses and reconstructions are known
};

/// Collective: writes samples.h5, each rank its clusters. \param range  of them in the table
void write_samples(Comm const& comm, std::string const& path, SampleTable const& table,
                   PredictedSamples const& samples, Range range);

}  // namespace setsz
