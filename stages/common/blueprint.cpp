// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/blueprint.hpp"

#include <algorithm>

namespace setsz {

Blueprint::Blueprint(Configuration const& the_configuration, LearningBodies const& the_bodies)
    : configuration(the_configuration),
      axes(the_configuration),
      snapshots(snapshot_instances(the_configuration)),
      bodies(the_bodies) {}

SnapshotInstance const& Blueprint::snapshot(std::string const& name) const {
  return *std::find_if(snapshots.begin(), snapshots.end(),
                       [&](SnapshotInstance const& instance) { return instance.name == name; });
}

}  // namespace setsz
