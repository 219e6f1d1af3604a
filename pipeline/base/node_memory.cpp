// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/node_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

#include "pipeline/base/hash.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/text.hpp"

namespace setsz {
namespace {

constexpr char const* folder = "/dev/shm";

/// The same for ranks that see the same /dev/shm: containers of one host may have one each.
std::array<char, 32> node_key() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  struct stat shm {};
  auto const device = ::stat(folder, &shm) == 0 ? static_cast<std::uint64_t>(shm.st_dev) : 0;
  auto const inode = static_cast<std::uint64_t>(shm.st_ino);
  auto const text = Hash().add(std::string_view(host.data())).add(device).add(inode).hex();
  std::array<char, 32> key{};
  std::copy_n(text.begin(), key.size(), key.begin());
  return key;
}

/// How the others find a leader's file.
struct Name {
  std::int64_t pid = 0, ticks = 0;
  std::uint64_t bytes = 0;
  std::string text() const { return concat("/setsz-", pid, "-", ticks); }
};

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

/// nullptr if it cannot be mapped.
std::shared_ptr<std::byte> mapped(Descriptor const& file, std::size_t bytes, int protection) {
  void* const address = ::mmap(nullptr, bytes, protection, MAP_SHARED, file.get(), 0);
  if (address == MAP_FAILED) return nullptr;
  return {static_cast<std::byte*>(address), [bytes](std::byte* p) { ::munmap(p, bytes); }};
}

/// The pages are taken at once: one that is missing later would end the process.
std::shared_ptr<std::byte> taken(Descriptor const& file, std::size_t bytes) {
  if (::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes)) != 0) return nullptr;
  return mapped(file, bytes, PROT_READ | PROT_WRITE);
}

}  // namespace

NodeMemory::NodeMemory(Comm const& comm) : comm_(comm), leader_(comm.rank()), leaders_{0} {
  if (comm.size() == 1) return;
  auto const keys = comm.all_gather(node_key());
  std::unordered_map<std::string_view, int> first;
  for (int rank = 0; rank < comm.size(); ++rank) {
    auto const& key = keys[static_cast<std::size_t>(rank)];
    auto const [node, is_new] = first.try_emplace({key.data(), key.size()}, rank);
    if (is_new && rank > 0) leaders_.push_back(rank);
    if (rank == comm.rank()) leader_ = node->second;
  }
  is_shared_ = std::cmp_less(leaders_.size(), comm.size());
}

std::optional<NodeMemory::Bytes> NodeMemory::share(std::size_t size, std::string_view what,
                                                   Fill const& fill) const {
  Name own{.pid = ::getpid(),
           .ticks = std::chrono::steady_clock::now().time_since_epoch().count(),
           .bytes = size};
  constexpr mode_t for_the_user = 0600;
  int number =
      leads() ? ::shm_open(own.text().c_str(), O_CREAT | O_EXCL | O_RDWR, for_the_user) : -1;
  auto const names = comm_.all_gather(own);
  auto const& name = names[static_cast<std::size_t>(leader_)];
  if (!leads()) number = ::shm_open(name.text().c_str(), O_RDONLY, 0);
  Descriptor const file(number);
  bool const found = comm_.all_and(file.is_open());
  if (leads() && file.is_open()) ::shm_unlink(own.text().c_str());
  std::shared_ptr<std::byte> memory;
  bool const is_empty = name.bytes == 0;
  if (found && leads() && !is_empty) memory = taken(file, name.bytes);
  bool const there = comm_.all_and(!leads() || memory || is_empty);
  if (found && there && !leads() && !is_empty) memory = mapped(file, name.bytes, PROT_READ);
  if (found && comm_.all_and(there && (memory || is_empty))) {
    fill(leads() ? std::span(memory.get(), name.bytes) : std::span<std::byte>());
    if (leads() && memory) ::mprotect(memory.get(), name.bytes, PROT_READ);
    comm_.barrier();  // nobody reads what is not written yet
    return Bytes{memory, name.bytes};
  }
  Log::warn("the ranks of a node cannot share memory in ", folder, " (room for ",
            human_bytes(static_cast<double>(name.bytes)), "?): each holds a copy of ", what);
  return std::nullopt;
}

std::optional<NodeMemory::Bytes> NodeMemory::share(std::span<std::byte const> bytes,
                                                   std::string_view what) const {
  return share(bytes.size(), what, [&](std::span<std::byte> memory) {
    std::ranges::copy(bytes.first(memory.size()), memory.begin());
  });
}

}  // namespace setsz
