// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>

namespace setsz {

/// Which of the drawn predictions of a cluster each of its replicas shows.
///
/// For every cluster and replica the samples are put into a random order of their own; realisation
/// k shows the k-th of them. So replicas of one sky differ independently, and the n realisations of
/// a replica show each sample once. A pure function of seed, cluster and replica.
struct SampleDraw {
  std::uint64_t seed = 0;
  std::int64_t n_samples = 1;
  std::int64_t realisation = 1;  ///< 1 ... n_samples

  /// \param id    of the cluster in the halo catalogue
  /// \param cell  its replica: HaloImage::cell
  /// \return      number of the sample, 1 ... n_samples
  std::int64_t sample_of(std::int64_t id, std::array<std::int16_t, 3> const& cell) const;
};

}  // namespace setsz
