// SPDX-License-Identifier: BSD-3-Clause
// Opening, creating and closing; what a file that cannot be opened is.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>

#include "io/file_kind.hpp"
#include "io/h5.hpp"
#include "io/h5_commentary.hpp"
#include "io/h5_last_opened.hpp"
#include "io/h5_output.hpp"
#include "io/h5_types.hpp"
#include "pipeline/base/file_type.hpp"

namespace setsz {

namespace {

char last_opened[4096] = "";

/// The size that the superblock promises, or -1.
/// \source HDF5 File Format Specification 3.0, section II.A
std::int64_t promised_size(std::string_view head) {
  if (head.size() < 64) return -1;
  auto const version = head[8];
  std::size_t const size_at = version < 2 ? 13 : 9;
  std::size_t const end_at = version == 0 ? 40 : version == 1 ? 44 : 28;
  if (version < 0 || version > 3 || head[size_at] != 8) return -1;
  std::int64_t end = -1;
  std::memcpy(&end, head.data() + end_at, sizeof end);
  return end;
}

/// Throws the best explanation of why `path` cannot be opened; `reason` is HDF5's own.
[[noreturn]] void explain(std::string const& path, std::string const& reason) {
  require_readable_file(path, "an HDF5 file");
  std::string const head = first_bytes(path, 2048);
  std::int64_t const size = std::filesystem::file_size(path);
  require(size > 0, ExitCode::bad_data, "'", path, "' is empty (0 bytes); download it again");
  require(head.starts_with(hdf5_signature), ExitCode::bad_data, "'", path,
          "' is not an HDF5 file: it ", describe_bytes(head, size), "; download it again");
  auto const promised = promised_size(head);
  require(promised <= size, ExitCode::bad_data, "'", path, "' is truncated: ", size,
          " bytes found, its superblock says ", promised,
          " (transfer not finished?); download it again");
  fail(ExitCode::bad_data, "'", path, "' is damaged or was never closed (", reason, ")");
}

/// The 1.10 format has checksums on all metadata.
H5<H5Pclose> access_list(H5F_libver_t oldest) {
  H5<H5Pclose> access(H5Pcreate(H5P_FILE_ACCESS), "make a file access list");
  H5Pset_libver_bounds(access.get(), oldest, H5F_LIBVER_V110);
  // 32 MB of chunk cache: neighbouring reads of compressed or checksummed chunks.
  H5Pset_cache(access.get(), 0, 10007, std::size_t{32} << 20, 1.0);
  return access;
}

H5<H5Pclose> creation_list() {
  H5<H5Pclose> creation(H5Pcreate(H5P_FILE_CREATE), "make a file creation list");
  H5Pset_obj_track_times(creation.get(), false);
  return creation;
}

}  // namespace

std::int64_t H5File::max_bytes_per_call = std::int64_t{128} << 20;
std::int64_t H5File::n_opened = 0;

H5File H5File::create(Comm const& comm, std::string const& path) {
  return create_shared(comm, path);
}

H5File H5File::create_serial(std::string const& path) { return create_shared(std::nullopt, path); }

H5File H5File::create_shared(std::optional<Comm> comm, std::string const& path) {
  h5::quiet();
  H5File created({}, path);
  created.comm_ = std::move(comm);
  created.output_ = std::make_shared<h5::Output>();
  auto& output = *created.output_;
  bool const lays_out = !created.comm_ || created.comm_->is_root();
  created.agree_on([&] {
    if (!lays_out) return;
    output.disk.emplace(path);
    auto access = access_list(H5F_LIBVER_V110);
    H5Pset_alignment(access.get(), h5::large_chunk_bytes, h5::page_bytes);
    output.disk->use_in(access.get());
    hid_t const file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation_list().get(), access.get());
    require(file >= 0, ExitCode::cannot_create, "cannot create '", path, "' (", h5_reason(), ")");
    created.file_ = H5<H5Fclose>(file, "create");
    if (!h5::provenance.empty()) created.set_text("/", "provenance", h5::provenance);
    output.disk->check();
  });
  created.agree_on([&] {
    if (!lays_out) output.file.emplace(path, durable::OpenMode::update);
  });
  return created;
}

char const* h5_last_opened() { return last_opened; }

H5File H5File::open(std::string const& path) {
  h5::quiet();
  require_no_special_file(path);
  std::strncpy(last_opened, path.c_str(), sizeof last_opened - 1);
  auto access = access_list(H5F_LIBVER_EARLIEST);
  // Locks fail on many parallel file systems, and nobody writes what we read.
  H5Pset_file_locking(access.get(), false, true);
  hid_t const file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get());
  if (file < 0) explain(path, h5_reason());
  ++n_opened;
  return H5File(H5<H5Fclose>(file, "open"), path);
}

hid_t H5File::id() const {
  hid_t const id = file_.get();
  require(id >= 0, ExitCode::internal, "'", path_, "' is closed or was given up after an error");
  return id;
}

h5::Output& H5File::output() const {
  require(output_ != nullptr, ExitCode::internal, "'", path_,
          "' is closed, was given up after an error, or is open for reading");
  return *output_;
}

void H5File::close() {
  if (!output_) {
    id();
    file_ = {};
    return;
  }
  agree_on([&] {
    if (!output().lays_out()) return;
    hid_t const file = file_.release();
    bool const ok = H5Fclose(file) >= 0;
    output().disk->check();
    require(ok, ExitCode::io, "cannot close '", path_, "' (", h5_reason(), ")");
  });
  sync_and_verify();
  output_.reset();
}

void H5File::agree_on(std::function<void()> const& check) {
  try {
    if (comm_) {
      collectively(*comm_, "", check);
    } else {
      check();
    }
  } catch (...) {
    file_ = {};
    output_.reset();
    throw;
  }
}

void H5File::lay_out(std::string const& doing, std::function<void()> const& body) {
  auto& out = output();
  agree_on([&] {
    if (!out.lays_out()) return;
    try {
      body();
    } catch (Error const& error) {
      out.disk->check();  // the cause, if the disk has failed before
      fail(ExitCode::io, "cannot ", doing, " '", path_, "' (", error.what(), ")");
    }
    out.disk->check();
  });
}

}  // namespace setsz
