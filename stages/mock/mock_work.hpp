// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "io/snapshot.hpp"
#include "pipeline/run/stage.hpp"
#include "stages/common/sections.hpp"
#include "stages/mock/measure.hpp"

namespace setsz {

/// The files of the mock universe. A file is the unit of work: one rank makes and writes it. All
/// functions are collective.
///
/// \param header  without numbers of particles
/// \return        what is measured on the particles of each halo, on all ranks
std::vector<HaloMeasurement> write_mock_dark_matter(Context& context, MockFiles const& files,
                                                    SnapshotHeader header,
                                                    MockUniverse const& universe);
/// \return  the number of cells
std::int64_t write_mock_gas(Context& context, MockFiles const& files, SnapshotHeader header,
                            MockUniverse const& universe);
void write_mock_catalog(Context& context, MockUniverse const& universe,
                        std::vector<HaloMeasurement> const& measured);

}  // namespace setsz
