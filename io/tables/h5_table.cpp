// SPDX-License-Identifier: BSD-3-Clause
#include "io/tables/h5_table.hpp"

#include <limits>
#include <map>
#include <set>
#include <utility>

#include "io/h5.hpp"
#include "io/h5_sources.hpp"
#include "io/tables/fixed_rows.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

class H5Table : public FixedRows {
 public:
  explicit H5Table(std::string const& path) : FixedRows(path), file_(H5File::open(path)) {
    std::string const group = file_.exists("/halos") && file_.is_group("/halos") ? "/halos" : "";
    auto const members = file_.members(group.empty() ? "/" : group);
    std::map<std::int64_t, int> datasets_of;  // by their number of rows
    for (auto const& name : members)
      if (auto const dataset = group + "/" + name; !file_.is_group(dataset) && is_column(dataset))
        ++datasets_of[file_.info(dataset).shape[0]];
    for (auto const& [rows, n] : datasets_of)
      if (n_rows_ == 0 || n > datasets_of[n_rows_]) n_rows_ = rows;
    for (auto const& name : members)
      if (!file_.is_group(group + "/" + name)) add(group + "/" + name, name);
    require(!columns_.empty(), ExitCode::bad_data, "'", path,
            "' has no column of numbers at its root or in /halos (1-D datasets of equal length)");
  }

  std::vector<double> read(Range rows, std::span<std::size_t const> columns) const override {
    std::vector<double> values(rows.size() * columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      auto const& [dataset, width, part] = places_[columns[i]];
      auto const numbers = read_numbers(dataset, rows);
      for (std::int64_t row = 0; row < rows.size(); ++row)
        values[row * columns.size() + i] = numbers[row * width + part];
    }
    return values;
  }

  std::vector<std::int64_t> read_integers(Range rows, std::size_t column) const override {
    auto const& [dataset, width, part] = places_[column];
    require(width == 1, ExitCode::bad_data, "'", path_, "': ", dataset, " holds vectors, not ids");
    require_whole(dataset);
    auto const type = file_.info(dataset).type;
    if (type == H5Type::float32 || type == H5Type::float64)
      return whole(file_.read_rows<double>(dataset, rows), rows.first, dataset);
    if (type != H5Type::uint64) return file_.read_rows<std::int64_t>(dataset, rows);
    std::vector<std::int64_t> integers;
    for (auto const number : file_.read_rows<std::uint64_t>(dataset, rows)) {
      constexpr auto none = std::numeric_limits<std::uint64_t>::max();  // -1 without a sign
      require(number == none || std::in_range<std::int64_t>(number), ExitCode::bad_data,
              place(rows.first + std::ssize(integers)), ": ", dataset, " is ", number,
              ", more than 2^63");
      integers.push_back(number == none ? -1 : static_cast<std::int64_t>(number));
    }
    return integers;
  }
  std::optional<double> number(std::string const& name) const override {
    for (std::string const object : {"/", "/halos", "/Header"})
      if ((object == "/" || file_.exists(object)) && file_.has_attribute(object, name))
        return file_.attribute<double>(object, name);
    return {};
  }

 private:
  /// Once: columns are read in blocks.
  void require_whole(std::string const& dataset) const {
    if (whole_.contains(dataset)) return;
    file_.require_filters(dataset);
    require_written(file_, dataset);
    whole_.insert(dataset);
  }
  std::vector<double> read_numbers(std::string const& dataset, Range rows) const {
    require_whole(dataset);
    auto const type = file_.info(dataset).type;
    if (type == H5Type::float32 || type == H5Type::float64)
      return file_.read_rows<double>(dataset, rows);
    std::vector<double> values;
    if (type == H5Type::uint64) {
      for (auto const integer : file_.read_rows<std::uint64_t>(dataset, rows))
        values.push_back(static_cast<double>(integer));
      return values;
    }
    auto const integers = file_.read_rows<std::int64_t>(dataset, rows);
    for (auto const integer : integers) values.push_back(real(integer));
    return values;
  }
  struct Place {
    std::string dataset;
    std::int64_t width, part;
  };
  static bool is_number(DatasetInfo const& info) {
    return info.type != H5Type::text && info.type != H5Type::other;
  }
  /// Numbers, one or three a row.
  bool is_column(std::string const& dataset) const {
    auto const info = file_.info(dataset);
    auto const dimensions = info.shape.size();
    return is_number(info) &&
           (dimensions == 1 || (dimensions == 2 && (info.shape[1] == 3 || info.shape[1] == 1)));
  }
  std::string reason_against(std::string const& dataset) const {
    auto const info = file_.info(dataset);
    if (info.type == H5Type::text) return "is text";
    if (info.type == H5Type::other)
      return "is of a type that is not read (half precision, compound, enumeration, ...)";
    if (!is_column(dataset)) return concat("has ", info.shape.size(), " dimensions");
    if (info.shape[0] != n_rows_)
      return concat("has ", info.shape[0], " rows, and the others have ", n_rows_);
    return {};
  }
  std::string unit_of(std::string const& dataset) const {
    for (auto const* name : {"unit", "units", "Unit", "Units"}) {
      if (!file_.has_attribute(dataset, name)) continue;
      try {
        return file_.attribute<std::string>(dataset, name);
      } catch (Error const&) {
        return concat("(attribute ", name, ", not a text)");  // no unit is called that: refused
      }
    }
    return {};
  }
  void add(std::string const& dataset, std::string const& name) {
    if (auto const reason = reason_against(dataset); !reason.empty()) {
      left_out_.push_back({name, reason});
      return;
    }
    auto const info = file_.info(dataset);
    bool const vector = info.shape.size() == 2 && info.shape[1] == 3;
    auto const unit = unit_of(dataset);
    if (!vector) {
      columns_.push_back({name, unit});
      places_.push_back({dataset, 1, 0});
      return;
    }
    for (std::int64_t part = 0; part < 3; ++part) {
      std::string const axis(1, "xyz"[part]);
      columns_.push_back({name == "position" ? axis : name + "_" + axis, unit});
      places_.push_back({dataset, 3, part});
    }
  }

  H5File file_;
  std::vector<Place> places_;
  mutable std::set<std::string> whole_;  ///< datasets without holes
};

}  // namespace

TableFormat h5_table_format() {
  return {"HDF5", [](FileProbe const& file) { return file.is_hdf5(); },
          [](std::string const& path) -> std::unique_ptr<TableFile> {
            return std::make_unique<H5Table>(path);
          }};
}

}  // namespace setsz
