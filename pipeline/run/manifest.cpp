// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/manifest.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/file.hpp"
#include "pipeline/base/hash.hpp"

namespace setsz {

namespace {

using nlohmann::json;
constexpr int format_version = 1;

std::string own_hash(json manifest) {
  manifest.erase("hash");
  return Hash().add(manifest.dump()).hex();
}

}  // namespace

std::optional<Manifest> Manifest::read(std::string const& folder) {
  std::string const path = folder + "/manifest.json";
  if (!std::filesystem::exists(path)) return std::nullopt;
  auto const damaged = [&](std::string_view what) {
    fail(ExitCode::bad_data, "'", path, "' is damaged (", what,
         "); remove it, and the next run makes the product again");
  };
  try {
    json const all = json::parse(durable::read_text(path));
    if (all.at("hash") != own_hash(all)) damaged("wrong hash");
    if (all.at("format") != format_version) {
      damaged(concat("format ", all.at("format").dump(), ", expected ", format_version));
    }
    Manifest manifest{all.at("product"), all.at("fingerprint"), all.at("depends_on"), {}, {},
                      all.at("about")};
    for (auto const& o : all.at("outputs")) {
      manifest.outputs.push_back(
          {o.at("file"), o.at("bytes"), o.at("hash"), o.at("content"), o.value("stamp", "")});
    }
    for (auto const& f : all.at("files")) {
      manifest.files.push_back({f.at("path"), f.at("bytes"), f.at("modified_ns"), f.at("sample")});
    }
    return manifest;
  } catch (json::exception const& error) {
    damaged(error.what());
  }
  return std::nullopt;
}

void Manifest::write(std::string const& folder) const {
  json output_list = json::array(), file_list = json::array();
  for (auto const& o : outputs) {
    output_list.push_back({{"file", o.file},
                           {"bytes", o.bytes},
                           {"hash", o.hash},
                           {"content", o.content},
                           {"stamp", o.stamp}});
  }
  for (auto const& f : files) {
    file_list.push_back({{"path", f.path},
                         {"bytes", f.bytes},
                         {"modified_ns", f.modified_ns},
                         {"sample", f.sample}});
  }
  json all{{"format", format_version},
           {"product", product},
           {"fingerprint", fingerprint},
           {"depends_on", lines},
           {"outputs", output_list},
           {"files", file_list},
           {"about", about}};
  all["hash"] = own_hash(all);
  durable::write_text(folder + "/manifest.json", all.dump(1) + "\n");
}

OutputRecord const* Manifest::output(std::string const& file) const {
  auto const found =
      std::find_if(outputs.begin(), outputs.end(), [&](auto const& o) { return o.file == file; });
  return found == outputs.end() ? nullptr : &*found;
}

std::string file_stamp(std::string const& path) {
  // NFS answers stat from a cache that may be a minute old, but asks the server when a file is
  // opened.
  int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  bool const known = file >= 0 && ::fstat(file, &status) == 0;
  if (file >= 0) ::close(file);
  if (!known) return "";
  auto const nanoseconds = [](timespec const& time) {
    return std::int64_t{time.tv_sec} * 1000000000 + time.tv_nsec;
  };
  return concat(status.st_ino, " ", status.st_size, " ", nanoseconds(status.st_mtim), " ",
                nanoseconds(status.st_ctim));
}

ExternalFile sample_file(std::string const& path) {
  durable::File const file(path, durable::OpenMode::read);
  struct stat status {};
  fstat(file.descriptor(), &status);
  ExternalFile sampled{path, status.st_size,
                       status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec, ""};
  static std::map<std::string, ExternalFile> known;  // several stages read the same snapshot
  auto const before = known.find(path);
  if (before != known.end() && before->second.bytes == sampled.bytes &&
      before->second.modified_ns == sampled.modified_ns) {
    return before->second;
  }
  constexpr std::int64_t n_blocks = 16, block = 32768;
  std::string buffer(block, '\0');
  Hash hash;
  hash.add(sampled.bytes);
  auto const last = std::max<std::int64_t>(0, sampled.bytes - block);
  for (std::int64_t i = 0; i < n_blocks; ++i) {
    auto const got = file.read_at(last * i / (n_blocks - 1), buffer.data(), block);
    hash.add_bytes(buffer.data(), got);
  }
  sampled.sample = hash.hex();
  known[path] = sampled;
  return sampled;
}

}  // namespace setsz
