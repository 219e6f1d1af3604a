// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/publish.hpp"

#include <algorithm>
#include <array>
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

BlockHash hash_block(durable::File const& file, std::int64_t offset) {
  std::vector<char> buffer(std::size_t{4} << 20);
  Hash hash;
  std::int64_t const end = offset + block_bytes;
  while (offset < end) {
    auto const wanted = std::min(std::ssize(buffer), end - offset);
    auto const got = file.read_at(offset, buffer.data(), wanted);
    hash.add_bytes(buffer.data(), got);
    mark_progress("reading back");
    if (got < wanted) break;
    offset += got;
  }
  BlockHash text;
  std::memcpy(text.data(), hash.hex().data(), text.size());
  return text;
}

std::string in_folder(std::string const& folder, std::string const& file) {
  return folder + "/" + file;
}

/// Lists a folder, so that the file server is asked what is in it: a node of NFS believes for half
/// a minute that a name is not there which another node has made since.
void look_again(std::string const& folder) {
  std::error_code missing;
  for (std::filesystem::directory_iterator entry(folder, missing), end; entry != end;)
    entry.increment(missing);
}

std::set<std::string> folders_of(std::string const& folder, std::vector<std::string> const& files) {
  std::set<std::string> folders{folder};
  for (auto const& file : files)
    folders.insert(std::filesystem::path(in_folder(folder, file)).parent_path());
  return folders;
}

}  // namespace

std::string hash_file_in_blocks(Comm const& comm, std::string const& path) {
  std::vector<BlockHash> own;
  std::int64_t n_blocks = 0;
  collectively(comm, "reading back", [&] {
    durable::File const file(path, durable::OpenMode::read, ExitCode::io);
    file.forget_cached();
    n_blocks = (file.size() + block_bytes - 1) / block_bytes;
    for (std::int64_t b = comm.rank(); b < n_blocks; b += comm.size())
      own.push_back(hash_block(file, b * block_bytes));
  });
  auto const all = comm.all_gather_v(own);
  // Block b is number b / size of rank b % size.
  std::vector<std::int64_t> first(comm.size());
  for (int rank = 1; rank < comm.size(); ++rank) {
    auto const of_rank_before = std::max<std::int64_t>(0, n_blocks - rank + comm.size());
    first[rank] = first[rank - 1] + of_rank_before / comm.size();
  }
  Hash hash;
  for (std::int64_t b = 0; b < n_blocks; ++b) {
    auto const& block = all[first[b % comm.size()] + b / comm.size()];
    hash.add_bytes(block.data(), block.size());
  }
  return hash.hex();
}

std::vector<OutputRecord> verify_parts(Comm const& comm, std::string const& folder,
                                       std::vector<std::string> const& outputs,
                                       ContentHash const& content_hash) {
  auto const mine = [&](std::int64_t i, int shift) {
    return (i + shift) % comm.size() == comm.rank();
  };
  collectively(comm, "publishing", [&] {
    for (auto const& one : folders_of(folder, outputs)) look_again(one);
    for (std::int64_t i = 0; i < std::ssize(outputs); ++i) {
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
    for (std::int64_t i = 0; i < std::ssize(outputs); ++i) {
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
    for (std::int64_t i = 0; i < std::ssize(outputs); ++i) {
      if ((i + 1) % comm.size() != rank) continue;
      records[i].content.assign(all[next].data(), all[next].size());
      ++next;
    }
  }
  return records;
}

void require_unchanged(Comm const& comm, std::string const& folder, OutputRecord const& record) {
  std::string const path = in_folder(folder, record.file);
  std::int64_t touched = 0;
  if (comm.is_root()) touched = record.stamp.empty() || file_stamp(path) != record.stamp;
  if (comm.broadcast(touched, 0) == 0) return;
  auto const hash = hash_file_in_blocks(comm, path);
  if (hash == record.hash) return;
  throw CollectiveError(
      ExitCode::bad_data,
      concat("'", path, "' is not the file that '", in_folder(folder, "manifest.json"),
             "' describes: it has the same size (", record.bytes,
             " bytes) but other content, so it was replaced or damaged; put the right file back, "
             "or remove this folder and run again"));
}

void publish(Comm const& comm, std::string const& folder, Manifest manifest) {
  std::vector<std::string> files;
  for (auto const& output : manifest.outputs) files.push_back(output.file);
  auto const folders = folders_of(folder, files);
  on_root(comm, "publishing", [&] {
    // The old manifest goes first: it must never stand beside new files.
    durable::remove(in_folder(folder, "manifest.json"));
    durable::sync_directory(folder);
    for (auto const& output : manifest.outputs) {
      std::string const path = in_folder(folder, output.file);
      durable::rename(path + ".part", path);
    }
    for (auto const& each : folders) durable::sync_directory(each);
    for (auto& output : manifest.outputs) output.stamp = file_stamp(in_folder(folder, output.file));
    manifest.write(folder);
  });
  collectively(comm, "publishing", [&] { std::ranges::for_each(folders, look_again); });
}

}  // namespace setsz
