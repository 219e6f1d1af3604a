// SPDX-License-Identifier: BSD-3-Clause
#include "model/container.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "pipeline/base/error.hpp"
#include "pipeline/base/hash.hpp"

namespace setsz {

namespace {

static_assert(std::endian::native == std::endian::little, "arrays are stored little-endian");
constexpr std::string_view magic = "SETSZMDL";
constexpr std::uint32_t format_version = 1;
constexpr std::size_t hash_digits = 32;
constexpr std::size_t fixed_bytes = magic.size() + sizeof(std::uint32_t) + sizeof(std::uint64_t);

void append(std::vector<std::byte>& bytes, void const* data, std::size_t size) {
  auto const* first = static_cast<std::byte const*>(data);
  bytes.insert(bytes.end(), first, first + size);
}

std::string hash_of(std::span<std::byte const> bytes) {
  return Hash().add_bytes(bytes.data(), bytes.size()).hex();
}

/// A POSIX descriptor whose every failure names the file and the reason.
class CheckedFile {
 public:
  CheckedFile(std::string path, int flags) : path_(std::move(path)) {
    descriptor_ = ::open(path_.c_str(), flags | O_CLOEXEC, 0666);
    if (descriptor_ < 0) give_up("open", ExitCode::cannot_create);
  }
  ~CheckedFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  CheckedFile(CheckedFile const&) = delete;
  CheckedFile& operator=(CheckedFile const&) = delete;

  void write(std::span<std::byte const> bytes) {
    while (!bytes.empty()) {
      ssize_t const n = ::write(descriptor_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) give_up("write", ExitCode::io);
      bytes = bytes.subspan(n);
    }
  }
  void sync_and_close() {
    if (::fsync(descriptor_) != 0) give_up("fsync", ExitCode::io);
    if (::close(std::exchange(descriptor_, -1)) != 0) give_up("close", ExitCode::io);
  }

 private:
  [[noreturn]] void give_up(char const* doing, ExitCode code) const {
    fail(code, "cannot ", doing, " '", path_, "' (", std::strerror(errno), ")");
  }
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace

std::vector<float> const& Container::array(std::string const& name) const {
  auto const found = arrays.find(name);
  require(found != arrays.end(), ExitCode::bad_data, "the model holds no array '", name, "'");
  return found->second;
}

std::vector<std::byte> to_bytes(Container const& container) {
  nlohmann::json header{{"description", container.description}};
  auto& list = header["arrays"] = nlohmann::json::array();
  for (auto const& [name, values] : container.arrays)
    list.push_back({{"name", name}, {"size", values.size()}});
  std::string const text = header.dump();
  auto const length = static_cast<std::uint64_t>(text.size());

  std::vector<std::byte> bytes;
  append(bytes, magic.data(), magic.size());
  append(bytes, &format_version, sizeof format_version);
  append(bytes, &length, sizeof length);
  append(bytes, text.data(), text.size());
  for (auto const& [name, values] : container.arrays)
    append(bytes, values.data(), values.size() * sizeof(float));
  std::string const hash = hash_of(bytes);
  append(bytes, hash.data(), hash.size());
  return bytes;
}

Container container_from_bytes(std::span<std::byte const> bytes, std::string const& source) {
  auto const refuse = [&](auto const&... why) {
    fail(ExitCode::bad_data, "'", source, "' is not a complete model file (", why...,
         "); delete it and train again, or fetch it again");
  };
  if (bytes.size() < fixed_bytes + hash_digits) refuse("only ", bytes.size(), " bytes");
  if (std::memcmp(bytes.data(), magic.data(), magic.size()) != 0)
    refuse("it does not begin with ", magic);
  // The hash comes first: nothing else is believed before it fits.
  auto const body = bytes.first(bytes.size() - hash_digits);
  std::string_view const stored(reinterpret_cast<char const*>(bytes.data() + body.size()),
                                hash_digits);
  if (stored != hash_of(body)) refuse("its content does not fit its hash: damaged or cut off");
  std::uint32_t version = 0;
  std::uint64_t length = 0;
  std::memcpy(&version, body.data() + magic.size(), sizeof version);
  std::memcpy(&length, body.data() + magic.size() + sizeof version, sizeof length);
  if (version != format_version)
    refuse("format version ", version, ", this program reads ", format_version);
  if (length > body.size() - fixed_bytes) refuse("header of ", length, " bytes");

  Container container;
  auto const* text = reinterpret_cast<char const*>(body.data() + fixed_bytes);
  auto const header = nlohmann::json::parse(text, text + length);
  container.description = header.at("description");
  std::size_t cursor = fixed_bytes + static_cast<std::size_t>(length);
  for (auto const& entry : header.at("arrays")) {
    auto const size = entry.at("size").get<std::size_t>();
    if (size > (body.size() - cursor) / sizeof(float)) refuse("array beyond the end");
    auto& values = container.arrays[entry.at("name").get<std::string>()];
    values.resize(size);
    if (size > 0) std::memcpy(values.data(), body.data() + cursor, size * sizeof(float));
    cursor += size * sizeof(float);
  }
  if (cursor != body.size()) refuse(body.size() - cursor, " bytes too many");
  return container;
}

void write_container(std::string const& path, Container const& container) {
  std::string const temporary = path + ".tmp";
  CheckedFile file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
  file.write(to_bytes(container));
  file.sync_and_close();
  std::error_code reason;
  std::filesystem::rename(temporary, path, reason);
  require(!reason, ExitCode::io, "cannot rename '", temporary, "' to '", path, "' (",
          reason.message(), ")");
  auto const folder = std::filesystem::path(path).parent_path();
  CheckedFile(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY).sync_and_close();
}

Container read_container(std::string const& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  require(file.good(), ExitCode::missing_input, "cannot open model '", path, "' (",
          std::strerror(errno), ")");
  std::vector<std::byte> bytes(file.tellg());
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  require(file.good() || bytes.empty(), ExitCode::io, "cannot read model '", path, "'");
  return container_from_bytes(bytes, path);
}

}  // namespace setsz
