// SPDX-License-Identifier: BSD-3-Clause
#include "tests/fuzz/targets.hpp"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "io/halo_catalog.hpp"
#include "io/snapshot.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/run/options.hpp"
#include "pipeline/run/run_options.hpp"

namespace setsz::fuzz {

namespace {

/// A file in memory, where that is possible; removed at the end of the program.
struct OneFile {
  std::string path = [] {
    bool const in_memory = ::access("/dev/shm", W_OK) == 0;
    auto const folder = in_memory ? "/dev/shm" : std::filesystem::temp_directory_path().string();
    return concat(folder, "/setsz-fuzz-", ::getpid(), ".z0.000.AHF_halos");
  }();
  OneFile() = default;
  OneFile(OneFile const&) = delete;
  OneFile& operator=(OneFile const&) = delete;
  ~OneFile() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
};

/// The name of a file with these bytes; the next input overwrites it.
std::string file_of(std::string const& bytes) {
  static OneFile const file;
  std::ofstream(file.path, std::ios::binary | std::ios::trunc) << bytes;
  return file.path;
}

void read_catalog(std::string const& bytes) {
  CatalogRequest request;
  request.box_ckpch = 50000;
  request.h = 0.7;
  // One for all: an error that unwinds frees no communicator, and MPI has 65,000 of them.
  static Comm const alone = Comm::self();
  read_halo_catalog(alone, {file_of(bytes)}, request);
}

void read_gadget(std::string const& bytes) {
  auto const path = file_of(bytes);
  Snapshot const dark({path}, Snapshot::Kind::dark_matter);
  dark.read_dark_matter({0, dark.n_rows()});
  Snapshot const gas({path}, Snapshot::Kind::gas);
  gas.read_gas({0, gas.n_rows()});
}

void parse_configuration(std::string const& bytes) {
  auto const all = Configuration::parse(bytes, "fuzz.ini", {}, {schema_of<RunOptions>()});
  all.get<RunOptions>();
  Configuration::parse(all.resolved(), "again.ini", {}, {schema_of<RunOptions>()});
}

}  // namespace

std::span<Target const> targets() {
  static constexpr std::array all{Target{"catalog", "halo catalogue", read_catalog},
                                  Target{"gadget", "binary GADGET snapshot", read_gadget},
                                  Target{"ini", "configuration", parse_configuration}};
  return all;
}

bool accepts(Target const& target, std::string const& bytes) {
  try {
    target.read(bytes);
    return true;
  } catch (Error const& error) {
    bool const blames_input = error.code() == ExitCode::bad_data ||
                              error.code() == ExitCode::missing_input ||
                              error.code() == ExitCode::config;
    if (!blames_input) throw std::logic_error(error.what());
    return false;
  }
}

}  // namespace setsz::fuzz
