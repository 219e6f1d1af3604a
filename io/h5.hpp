// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hdf5.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "pipeline/base/comm.hpp"

namespace setsz {

/// The last reason on HDF5's error stack, one line; clears the stack.
std::string h5_reason();

/// An HDF5 identifier that closes itself. All HDF5 objects are local: no rank waits for another
/// one inside HDF5.
template <herr_t (*Close)(hid_t)>
class H5 {
 public:
  H5() = default;  ///< none
  H5(hid_t id, std::string_view doing) : id_(id) {
    if (id < 0) fail(ExitCode::bad_data, "cannot ", doing, " (", h5_reason(), ")");
  }
  H5(H5&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  H5& operator=(H5&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~H5() {
    if (id_ >= 0) Close(id_);
  }
  hid_t get() const noexcept { return id_; }
  hid_t release() noexcept { return std::exchange(id_, H5I_INVALID_HID); }

 private:
  hid_t id_ = H5I_INVALID_HID;
};

namespace h5 {
struct Output;
}

/// What every dataset says about itself.
struct FieldInfo {
  std::string unit{};  ///< "ckpc/h", "1e10 Msun/h", "km/s", "1" ...
  double a_power = 0;  ///< physical = stored x a^a_power x h^h_power
  double h_power = 0;
  std::string frame{};  ///< "box", "cluster" (position minus catalogue centre), ...
  std::string description{};
};

/// Type, size and sign of stored numbers; conversions that could lose something are refused.
enum class H5Type { int8, uint8, int32, uint32, int64, uint64, float32, float64, text, other };
std::string_view name_of(H5Type type);

struct DatasetInfo {
  H5Type type;
  std::vector<std::int64_t> shape;
  bool chunked = false;
};

/// An HDF5 file of ours or of a simulation.
///
/// Products are written by all ranks together, in the 1.10 file format with checksums (Fletcher32)
/// on every dataset, without time stamps: equal content gives equal bytes. Rank 0 alone has the
/// file open in HDF5: it lays the datasets out, takes their space from the disk at once, and tells
/// the others where each chunk lies; then each rank writes its chunks there with plain system
/// calls. No call can fail on one rank while another one waits in it: after every step all ranks
/// agree on its success. All continue, or all throw the same CollectiveError(io), and the file is
/// given up (docs/decisions/0018).
/// Reading is local: every rank opens the file itself and reads its own rows.
class H5File {
 public:
  /// One read moves at most this many bytes (128 MiB: checksummed chunks are copied once more
  /// inside HDF5). At least one row is moved. Tests make it small.
  static std::int64_t max_bytes_per_call;
  /// Files that this process has opened for reading so far; tests count on it.
  static std::int64_t n_opened;

  H5File(H5File&&) = default;
  H5File& operator=(H5File&& other) noexcept {
    file_ = {};  // before what lies below it
    output_ = std::move(other.output_);
    file_ = std::move(other.file_);
    path_ = std::move(other.path_);
    comm_ = std::move(other.comm_);
    written_ = std::move(other.written_);
    pieces_ = std::move(other.pieces_);
    return *this;
  }

  /// Collective: creates (truncates) `path` for writing by all ranks.
  static H5File create(Comm const& comm, std::string const& path);
  /// Local: creates a file that one process writes alone.
  static H5File create_serial(std::string const& path);
  /// Local: opens for reading. Missing: Error(missing_input). Not HDF5, truncated: Error(bad_data)
  /// that says what the file is (size found and wanted, first bytes).
  static H5File open(std::string const& path);

  /// Collective if created so. Must be called on files that were written: it reports errors, and
  /// to find them, it syncs the file to the disk and reads every row back, each rank those of
  /// another one (docs/decisions/0010).
  void close();
  std::string const& path() const { return path_; }
  /// For what this class does not do while it reads; never closed by the caller.
  hid_t raw() const { return id(); }

  // ---- reading -------------------------------------------------------------------------------
  bool exists(std::string const& name) const;
  /// Names of the members of a group, sorted.
  std::vector<std::string> members(std::string const& group) const;
  bool is_group(std::string const& name) const;
  /// Missing: Error(bad_data) with the names present and the nearest one.
  DatasetInfo info(std::string const& dataset) const;
  /// Error(bad_data) with the remedy if this HDF5 library lacks a filter that the dataset needs.
  void require_filters(std::string const& dataset) const;
  /// Rows [rows.first, rows.last) of a dataset of shape (N, ...), row-major. T must hold every
  /// stored value: float64 never narrows to float, int64 never to int32.
  template <class T>
  std::vector<T> read_rows(std::string const& dataset, Range rows) const;
  template <class T>
  void read_rows(std::string const& dataset, Range rows, std::span<T> into) const;
  template <class T>
  std::vector<T> read_all(std::string const& dataset) const;
  /// The attribute of a group or dataset ("/" for the file).
  bool has_attribute(std::string const& object, std::string const& name) const;
  template <class T>
  T attribute(std::string const& object, std::string const& name) const;
  template <class T>
  std::vector<T> attribute_list(std::string const& object, std::string const& name) const;
  std::vector<std::string> attribute_names(std::string const& object) const;
  FieldInfo field_info(std::string const& dataset) const;

  // ---- writing (collective on a file made by create) ------------------------------------------
  void create_group(std::string const& name);
  /// T: a number or std::string.
  template <class T>
  requires(std::is_arithmetic_v<T> || std::is_same_v<T, std::string>)  //
      void set_attribute(std::string const& object, std::string const& name, T const& value);
  void set_attribute(std::string const& object, std::string const& name, char const* text) {
    set_attribute(object, name, std::string(text));
  }
  template <class T>
  void set_attribute_list(std::string const& object, std::string const& name,
                          std::vector<T> const& values);
  /// Creates a dataset of shape (total_rows, row_shape...), all zero. Parent groups are made. Its
  /// space is taken from the disk: Error(io) says how much was wanted and how much is free.
  template <class T>
  void create_dataset(std::string const& name, FieldInfo const& info, std::int64_t total_rows,
                      std::vector<std::int64_t> const& row_shape = {});
  /// Every rank writes its own rows (it may have none; no row is given by two ranks).
  template <class T>
  void write_rows(std::string const& name, std::int64_t first_row, std::span<T const> values);
  template <class T>
  void write_rows(std::string const& name, std::int64_t first_row, std::vector<T> const& values) {
    write_rows(name, first_row, std::span<T const>(values));
  }
  /// create_dataset + write_rows for rows spread over ranks in rank order.
  template <class T>
  void write_spread(std::string const& name, FieldInfo const& info, std::vector<T> const& values,
                    std::vector<std::int64_t> const& row_shape = {});
  /// A dataset whose full content every rank holds; rank 0 writes it.
  template <class T>
  void write_same(std::string const& name, FieldInfo const& info, std::vector<T> const& values,
                  std::vector<std::int64_t> const& row_shape = {});

 private:
  H5File(H5<H5Fclose> file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  static H5File create_shared(std::optional<Comm> comm, std::string const& path);
  /// The open file; Error(internal) after close() or a failed write, and on the ranks that do not
  /// have it open in HDF5.
  hid_t id() const;
  h5::Output& output() const;
  /// Throws an Error(bad_data) that names the first missing part of the path.
  void require_object(std::string const& name) const;
  H5<H5Dclose> open_dataset(std::string const& name) const;
  H5<H5Oclose> open_object(std::string const& name) const;
  H5<H5Aclose> open_attribute(hid_t object_id, std::string const& object,
                              std::string const& name) const;
  /// Collective (if the file is): all ranks continue, or all throw and the file is given up.
  void agree_on(std::function<void()> const& check);
  /// Collective: `body` works on the HDF5 file, on the rank that has it open; all agree.
  void lay_out(std::string const& doing, std::function<void()> const& body);
  void make_groups(std::string const& name);
  void make_dataset(std::string const& name, hid_t file_type, std::vector<hsize_t> const& shape,
                    bool has_values);
  /// Remembers what this rank wrote, until close() has compared it with the disk.
  void remember(std::string const& dataset, H5Type type, Range rows, void const* data,
                std::size_t bytes);
  void sync_and_verify();
  void write_attribute(std::string const& object, std::string const& name, hid_t type,
                       hsize_t const* count, void const* data);
  void set_text(std::string const& object, std::string const& name, std::string const& text);
  void allocate(std::string const& name, FieldInfo const& info, H5Type type,
                std::vector<hsize_t> const& shape);
  void write_values(std::string const& name, std::int64_t first_value,
                    std::span<std::byte const> bytes);

  struct Piece {
    std::int64_t dataset;  ///< index into written_
    Range rows;
    H5Type type;
    std::array<char, 32> hash;
  };
  void verify(std::vector<Piece> const& pieces) const;

  std::shared_ptr<h5::Output> output_;  ///< while the file is being written; outlives file_
  H5<H5Fclose> file_;
  std::string path_;
  std::optional<Comm> comm_;
  struct Written {
    std::string dataset;
    std::int64_t end;  ///< of the rows that this rank has written
  };
  std::vector<Written> written_;  ///< in the order of their first writes, equal on all ranks
  std::vector<Piece> pieces_;     ///< written by this rank
};

/// Hash of all datasets (name, type, shape, bytes) and scientific attributes, in name order: two
/// files with the same hash are the same product, however they were laid out on the disk. Local.
std::string h5_content_hash(std::string const& path);

}  // namespace setsz
