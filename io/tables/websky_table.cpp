// SPDX-License-Identifier: BSD-3-Clause
#include "io/tables/websky_table.hpp"

#include <cstdlib>
#include <cstring>

#include "io/mapped_file.hpp"
#include "io/tables/fixed_rows.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

constexpr std::int64_t head_bytes = 12, values_per_row = 10;
constexpr std::int64_t row_bytes = values_per_row * std::int64_t{sizeof(float)};

/// The number of haloes; the published file has it with a minus sign.
std::int64_t count_in(std::string_view head) {
  std::int32_t count = 0;
  std::memcpy(&count, head.data(), sizeof count);
  return std::abs(std::int64_t{count});
}

class WebskyTable : public FixedRows {
 public:
  explicit WebskyTable(std::string const& path) : FixedRows(path), file_(path) {
    for (auto const* axis : {"x", "y", "z"}) columns_.push_back({axis, "Mpc"});
    for (auto const* axis : {"vx", "vy", "vz"}) columns_.push_back({axis, "km/s"});
    columns_.push_back({"lagrangian_radius", "Mpc"});
    n_rows_ = count_in(file_.text());
    auto const wanted = head_bytes + n_rows_ * row_bytes;
    require(std::ssize(file_.text()) == wanted, ExitCode::bad_data, "'", path, "' has ",
            file_.text().size(), " bytes in place of ", wanted, " for ", n_rows_,
            " haloes; copy it again");
  }

  std::vector<double> read(Range rows, std::span<std::size_t const> columns) const override {
    std::vector<double> values;
    values.reserve(rows.size() * columns.size());
    for (std::int64_t row = rows.first; row < rows.last; ++row) {
      float numbers[values_per_row];
      std::memcpy(numbers, file_.text().data() + head_bytes + row * row_bytes, row_bytes);
      for (auto const column : columns) values.push_back(numbers[column]);
    }
    return values;
  }

  std::vector<std::int64_t> read_integers(Range, std::size_t column) const override {
    fail(ExitCode::bad_data, "'", path_, "': the column ", columns_[column].name,
         " holds no integers");
  }

 private:
  MappedFile file_;
};

/// By its name: the head is three numbers.
bool recognise(FileProbe const& file) {
  return file.path().ends_with(".pksc") && file.head().size() >= head_bytes;
}

}  // namespace

TableFormat websky_table_format() {
  return {"WebSky (halos.pksc)", recognise,
          [](std::string const& path) -> std::unique_ptr<TableFile> {
            return std::make_unique<WebskyTable>(path);
          }};
}

}  // namespace setsz
