// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/benchmark_file.hpp"

#include <utility>
#include <vector>

#include "io/json_file.hpp"

namespace setsz {

Benchmark read_benchmark(Comm const& comm, std::string const& path) {
  NodeMemory const node(comm);
  Benchmark benchmark;
  auto const read = [&] {
    std::vector<Benchmark::Row> rows;
    auto const json = read_json(path, "clusters", [&](nlohmann::json const& row) {
      rows.push_back({row.at("id").get<std::int64_t>(), row.at("loss_benchmark").get<double>(),
                      row.at("y_benchmark").get<double>()});
    });
    benchmark.parameters = json.at("benchmark").get<GnfwParameters>();
    benchmark.rows = std::move(rows);
  };
  collectively(comm, "evaluate: opening the inputs", [&] {
    if (node.leads()) read();
  });
  benchmark.parameters = comm.broadcast(benchmark.parameters, 0);
  if (node.is_shared() && !benchmark.rows.share(node, "the figures of the fits"))
    collectively(comm, "evaluate: opening the inputs", [&] {
      if (!node.leads()) read();
    });
  return benchmark;
}

}  // namespace setsz
