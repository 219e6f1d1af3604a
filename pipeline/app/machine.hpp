// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace setsz {

/// The nodes that a batch system offers; all are alike.
struct Machine {
  int nodes = 1;
  int cores = 0;               ///< of a node; 0: no machine was described
  double memory_bytes = 0;     ///< of a node
  double max_seconds = 0;      ///< longest time limit of a job; 0: none
  double wish_seconds = 3600;  ///< of a job; more tasks are used where it would take longer

  bool described() const { return cores > 0; }
};

}  // namespace setsz
