// SPDX-License-Identifier: BSD-3-Clause
#include "io/tables/h5_table.hpp"

#include <set>

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
    for (auto const& name : file_.members(group.empty() ? "/" : group))
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
    return file_.read_rows<std::int64_t>(dataset, rows);
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
    auto const integers = file_.read_rows<std::int64_t>(dataset, rows);
    std::vector<double> values;
    for (auto const integer : integers) values.push_back(real(integer));
    return values;
  }
  struct Place {
    std::string dataset;
    std::int64_t width, part;
  };
  void add(std::string const& dataset, std::string const& name) {
    auto const info = file_.info(dataset);
    bool const number = info.type == H5Type::float32 || info.type == H5Type::float64 ||
                        info.type == H5Type::int32 || info.type == H5Type::uint32 ||
                        info.type == H5Type::int64;
    bool const vector = info.shape.size() == 2 && info.shape[1] == 3;
    if (!number || !(info.shape.size() == 1 || vector)) return;
    require(columns_.empty() || info.shape[0] == n_rows_, ExitCode::bad_data, "'", path_,
            "': ", dataset, " has ", info.shape[0], " rows, ", places_.front().dataset, " has ",
            n_rows_);
    n_rows_ = info.shape[0];
    std::string const unit =
        file_.has_attribute(dataset, "unit") ? file_.attribute<std::string>(dataset, "unit") : "";
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
