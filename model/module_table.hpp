// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/module_list.hpp"
#include "model/modules/aggregator.hpp"
#include "model/modules/cluster_scalar.hpp"
#include "model/modules/cluster_vector.hpp"
#include "model/modules/cnn.hpp"
#include "model/modules/deformer.hpp"
#include "model/modules/density.hpp"
#include "model/modules/gnfw.hpp"
#include "model/modules/local.hpp"
#include "model/modules/moments.hpp"
#include "model/modules/origin.hpp"
#include "model/modules/stochastic.hpp"

namespace setsz {

/// One line a module.
using ModuleTable = ModuleList<  //
    Deformer,                    // before the profile, whose radius it changes
    Gnfw,                        //
    Origin,                      //
    Local,                       //
    Density,                     //
    MomentColumns,               //
    Cnn,                         //
    ClusterScalar,               //
    ClusterVector,               //
    Stochastic,                  //
    Aggregator                   //
    >;

}  // namespace setsz
