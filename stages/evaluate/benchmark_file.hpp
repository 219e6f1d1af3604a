// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "model/gnfw.hpp"
#include "pipeline/base/node_rows.hpp"

namespace setsz {

/// What evaluate needs of a gnfw.json.
struct Benchmark {
  struct Row {
    std::int64_t id;
    double loss, y;  ///< Eq. 7; within 2 R200 [(kpc/h)^2]
  };
  GnfwParameters parameters;
  NodeRows<Row> rows;  ///< those of clusters.h5
};
/// Collective: one rank of each node reads the file.
Benchmark read_benchmark(Comm const& comm, std::string const& path);

}  // namespace setsz
