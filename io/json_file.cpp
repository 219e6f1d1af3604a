// SPDX-License-Identifier: BSD-3-Clause
#include "io/json_file.hpp"

#include "pipeline/base/file.hpp"

namespace setsz {

nlohmann::json read_json(std::string const& path) {
  std::string const text = durable::read_text(path);
  try {
    return nlohmann::json::parse(text);
  } catch (nlohmann::json::exception const& error) {
    fail(ExitCode::bad_data, "'", path, "' is not valid JSON (", error.what(),
         "); recreate the file");
  }
}

void write_json(Comm const& comm, std::string const& path, nlohmann::json const& document) {
  on_root(comm, "writing a JSON file", [&] {
    durable::Writer file(path);
    file.write(document.dump(1) + "\n");
    file.sync();
  });
}

}  // namespace setsz
