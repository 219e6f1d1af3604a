// SPDX-License-Identifier: BSD-3-Clause
// Opening, creating and closing; what a file that cannot be opened is.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>

#include "io/file_kind.hpp"
#include "io/h5.hpp"
#include "io/h5_types.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

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
  h5::quiet();
  on_root(comm, "", [&] {
    auto const parent = std::filesystem::path(path).parent_path().string();
    std::string const folder = parent.empty() ? std::string(".") : parent;
    require(::access(folder.c_str(), W_OK | X_OK) == 0, ExitCode::cannot_create, "cannot create '",
            path, "' (", std::strerror(errno), ": '", folder, "')");
    require(!std::filesystem::is_directory(path), ExitCode::cannot_create, "cannot create '", path,
            "' (a directory has this name)");
  });
  auto access = access_list(H5F_LIBVER_V110);
  H5Pset_fapl_mpio(access.get(), comm.raw(), MPI_INFO_NULL);
  H5Pset_coll_metadata_write(access.get(), true);
  H5Pset_all_coll_metadata_ops(access.get(), true);
  hid_t const file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation_list().get(), access.get());
  std::string const reason = file < 0 ? h5_reason() : "";
  collectively(comm, "", [&] {
    require(file >= 0, ExitCode::cannot_create, "cannot create '", path, "' (", reason, ")");
  });
  H5File created(H5<H5Fclose>(file, "create", H5Scope::parallel), path, comm);
  created.written_to_ = true;
  return created;
}

H5File H5File::create_serial(std::string const& path) {
  h5::quiet();
  hid_t const file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation_list().get(),
                               access_list(H5F_LIBVER_V110).get());
  if (file < 0) {
    fail(ExitCode::cannot_create, "cannot create '", path, "' (", h5_reason(), ")");
  }
  H5File created(H5<H5Fclose>(file, "create"), path, std::nullopt);
  created.written_to_ = true;
  return created;
}

H5File H5File::open(std::string const& path) {
  h5::quiet();
  auto access = access_list(H5F_LIBVER_EARLIEST);
  // Locks fail on many parallel file systems, and nobody writes what we read.
  H5Pset_file_locking(access.get(), false, true);
  hid_t const file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get());
  if (file < 0) explain(path, h5_reason());
  ++n_opened;
  return H5File(H5<H5Fclose>(file, "open"), path, std::nullopt);
}

hid_t H5File::id() const {
  hid_t const id = file_.get();
  require(id >= 0, ExitCode::internal, "'", path_, "' is closed or was given up after an error");
  return id;
}

void H5File::close() {
  hid_t const file = id();
  agree(H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0, "write");
  agree(H5Fclose(file_.release()) >= 0, "close");
  if (written_to_) sync_and_verify();
}

void H5File::agree(bool ok, std::string const& doing) {
  std::string text;
  if (!ok) {
    std::error_code error;
    auto const folder = std::filesystem::path(path_).parent_path();
    auto const space = std::filesystem::space(folder.empty() ? "." : folder, error);
    text = concat("cannot ", doing, " '", path_, "' (", h5_reason(), "); ",
                  error ? "the disk gives no information"
                        : human_bytes(real(space.available)) + " free on its disk");
  }
  agree_on([&] { require(ok, ExitCode::io, text); });
}

void H5File::agree_on(std::function<void()> const& check) {
  try {
    if (comm_) {
      collectively(*comm_, "", check);
    } else {
      check();
    }
  } catch (...) {
    file_.release();  // never closed: a file in this state may hang in its own close
    throw;
  }
}

}  // namespace setsz
