// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/publish.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "pipeline/base/file.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/base/log.hpp"

namespace setsz {

namespace {

constexpr std::int64_t block_bytes = std::int64_t{64} << 20;
using BlockHash = std::array<char, 32>;

BlockHash hash_block(int file, std::int64_t offset, std::string const& path) {
  std::vector<char> buffer(std::size_t{4} << 20);
  Hash hash;
  std::int64_t const end = offset + block_bytes;
  while (offset < end) {
    auto const wanted = std::min<std::int64_t>(std::ssize(buffer), end - offset);
    auto const got = ::pread(file, buffer.data(), wanted, offset);
    require(got >= 0, ExitCode::io, "cannot read back '", path, "' (", std::strerror(errno), ")");
    if (got == 0) break;
    hash.add_bytes(buffer.data(), got);
    offset += got;
    mark_progress("reading back");
  }
  BlockHash text;
  std::memcpy(text.data(), hash.hex().data(), text.size());
  return text;
}

std::string in_folder(std::string const& folder, std::string const& file) {
  return folder + "/" + file;
}

std::set<std::string> folders_of(std::string const& folder, Manifest const& manifest) {
  std::set<std::string> folders{folder};
  for (auto const& output : manifest.outputs) {
    folders.insert(std::filesystem::path(in_folder(folder, output.file)).parent_path());
  }
  return folders;
}

}  // namespace

std::string hash_file_in_blocks(Comm const& comm, std::string const& path) {
  std::vector<BlockHash> own;
  std::int64_t n_blocks = 0;
  collectively(comm, "reading back", [&] {
    int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    require(file >= 0, ExitCode::io, "cannot open '", path, "' (", std::strerror(errno), ")");
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    n_blocks = (::lseek(file, 0, SEEK_END) + block_bytes - 1) / block_bytes;
    try {
      for (std::int64_t b = comm.rank(); b < n_blocks; b += comm.size()) {
        own.push_back(hash_block(file, b * block_bytes, path));
      }
    } catch (...) {
      ::close(file);
      throw;
    }
    ::close(file);
  });
  auto const all = comm.all_gather_v(own);
  // Block b is number b / size of rank b % size.
  std::vector<std::size_t> first(comm.size());
  for (int rank = 1; rank < comm.size(); ++rank) {
    std::size_t const r = rank;
    first[r] = first[r - 1] + static_cast<std::size_t>(std::max<std::int64_t>(
                                  0, (n_blocks - rank + comm.size()) / comm.size()));
  }
  Hash hash;
  for (std::int64_t b = 0; b < n_blocks; ++b) {
    auto const& block = all[first[b % comm.size()] + static_cast<std::size_t>(b / comm.size())];
    hash.add_bytes(block.data(), block.size());
  }
  return hash.hex();
}

std::vector<OutputRecord> verify_parts(Comm const& comm, std::string const& folder,
                                       std::vector<std::string> const& outputs,
                                       ContentHash const& content_hash) {
  auto const mine = [&](std::size_t i, int shift) {
    return (i + static_cast<std::size_t>(shift)) % static_cast<std::size_t>(comm.size()) ==
           static_cast<std::size_t>(comm.rank());
  };
  collectively(comm, "publishing", [&] {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      std::string const part = in_folder(folder, outputs[i]) + ".part";
      require(std::filesystem::exists(part), ExitCode::internal, "the stage has not written '",
              part, "'");
      if (mine(i, 0)) durable::sync_file(part);
    }
  });
  std::vector<OutputRecord> records;
  for (auto const& output : outputs) {
    std::string const part = in_folder(folder, output) + ".part";
    std::string hash = hash_file_in_blocks(comm, part);
    std::int64_t bytes = 0;
    collectively(comm, "publishing",
                 [&] { bytes = static_cast<std::int64_t>(std::filesystem::file_size(part)); });
    records.push_back({output, bytes, std::move(hash), ""});
  }
  std::vector<BlockHash> own;
  collectively(comm, "reading back", [&] {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (!mine(i, 1)) continue;
      std::string const content = content_hash(in_folder(folder, outputs[i]) + ".part", outputs[i]);
      require(content.size() == std::tuple_size_v<BlockHash>, ExitCode::internal,
              "content hash of '", outputs[i], "' has ", content.size(), " characters");
      std::memcpy(own.emplace_back().data(), content.data(), content.size());
      mark_progress("reading back");
    }
  });
  auto const all = comm.all_gather_v(own);
  std::size_t next = 0;
  for (int rank = 0; rank < comm.size(); ++rank) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if ((i + 1) % static_cast<std::size_t>(comm.size()) != static_cast<std::size_t>(rank))
        continue;
      records[i].content.assign(all[next].data(), all[next].size());
      ++next;
    }
  }
  return records;
}

void publish(Comm const& comm, std::string const& folder, Manifest const& manifest) {
  on_root(comm, "publishing", [&] {
    // The old manifest goes first: it must never stand beside new files.
    durable::remove(in_folder(folder, "manifest.json"));
    durable::sync_directory(folder);
    for (auto const& output : manifest.outputs) {
      std::string const path = in_folder(folder, output.file);
      durable::rename(path + ".part", path);
    }
    for (auto const& each : folders_of(folder, manifest)) durable::sync_directory(each);
    manifest.write(folder);
  });
}

}  // namespace setsz
