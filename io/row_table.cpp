// SPDX-License-Identifier: BSD-3-Clause
#include "io/row_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "pipeline/base/file.hpp"

namespace setsz {
namespace {

std::int64_t bytes_of(ColumnValues const& values) {
  return std::visit(
      [](auto const& all) {
        return static_cast<std::int64_t>(sizeof(typename std::decay_t<decltype(all)>::value_type));
      },
      values);
}

/// TFORM of a column.
std::string form_of(RowColumn const& column) {
  constexpr char const* letters[] = {"D", "E", "K", "J"};
  return concat(column.width, letters[column.type.index()]);
}

template <class T>
void put_big_endian(T value, unsigned char* into) {
  std::memcpy(into, &value, sizeof value);
  if (std::endian::native == std::endian::little) std::reverse(into, into + sizeof value);
}

}  // namespace

RowTable::RowTable(Comm const& comm, H5File& file, std::string group, std::string fits_path,
                   FitsTexts texts, std::vector<RowColumn> columns, std::int64_t n_rows)
    : comm_(comm),
      file_(file),
      group_(std::move(group)),
      fits_path_(std::move(fits_path)),
      texts_(std::move(texts)),
      columns_(std::move(columns)),
      n_rows_(n_rows) {
  for (auto const& column : columns_) {
    row_bytes_ += column.width * bytes_of(column.type);
    std::vector<std::int64_t> shape;
    if (column.width > 1) shape.push_back(column.width);
    std::visit(
        [&](auto const& values) {
          using Number = typename std::decay_t<decltype(values)>::value_type;
          file_.create_dataset<Number>(group_ + "/" + column.name, column.info, n_rows_, shape);
        },
        column.type);
  }
  on_root(comm_, "create the FITS table", [&] {
    data_offset_ = std::ssize(headers(FitsSum{}));
    durable::File fits(fits_path_, durable::OpenMode::create);
    std::int64_t const bytes = n_rows_ * row_bytes_;
    std::string const zeros(
        static_cast<std::size_t>((fits_block - bytes % fits_block) % fits_block), '\0');
    fits.write_at(data_offset_ + bytes, zeros.data(), std::ssize(zeros));
    fits.close();
  });
  data_offset_ = comm_.broadcast(data_offset_, 0);
}

std::string RowTable::headers(FitsSum sum) const {
  FitsHeader header;
  header.add({"XTENSION", std::string("BINTABLE"), "binary table"});
  header.add({"BITPIX", std::int64_t{8}, ""});
  header.add({"NAXIS", std::int64_t{2}, ""});
  header.add({"NAXIS1", row_bytes_, "bytes a row"});
  header.add({"NAXIS2", n_rows_, "rows"});
  header.add({"PCOUNT", std::int64_t{0}, ""});
  header.add({"GCOUNT", std::int64_t{1}, ""});
  header.add({"TFIELDS", std::ssize(columns_), ""});
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto const& column = columns_[i];
    header.add({concat("TTYPE", i + 1), fits_upper_case(column.name), ""});
    header.add({concat("TFORM", i + 1), form_of(column), ""});
    if (!column.fits_unit.empty()) header.add({concat("TUNIT", i + 1), column.fits_unit, ""});
  }
  header.add({"EXTNAME", texts_.extension, ""});
  for (auto const& card : texts_.cards) header.add(card);
  for (auto const& line : texts_.history) header.add_history(line);
  return fits_primary_header("table") + header.finish(sum);
}

std::int64_t RowTable::rows_of(std::vector<ColumnValues> const& share) const {
  require(share.size() == columns_.size(), ExitCode::internal, "a share of ", fits_path_, " has ",
          share.size(), " columns, expected ", columns_.size());
  std::optional<std::int64_t> n_rows;
  for (std::size_t i = 0; i < share.size(); ++i) {
    auto const n = std::visit([](auto const& values) { return std::ssize(values); }, share[i]);
    require(share[i].index() == columns_[i].type.index() && n % columns_[i].width == 0 &&
                n_rows.value_or(n / columns_[i].width) == n / columns_[i].width,
            ExitCode::internal, "column ", columns_[i].name, " of ", fits_path_, " has ", n,
            " numbers");
    n_rows = n / columns_[i].width;
  }
  return n_rows.value_or(0);
}

void RowTable::append(std::vector<ColumnValues> const& share) {
  std::int64_t n_rows = 0;
  collectively(comm_, "a share of the table", [&] { n_rows = rows_of(share); });
  std::int64_t const first = n_written_ + comm_.sum_before(n_rows);
  n_written_ += comm_.all_sum(n_rows);
  for (std::size_t i = 0; i < share.size(); ++i)
    std::visit(
        [&](auto const& values) {
          file_.write_rows(group_ + "/" + columns_[i].name, first, values);
        },
        share[i]);
  collectively(comm_, "write the FITS table", [&] {
    require(n_written_ <= n_rows_, ExitCode::internal, n_written_, " rows for ", fits_path_,
            " with ", n_rows_);
    if (n_rows > 0) write_fits(first, share, n_rows);
  });
}

void RowTable::write_fits(std::int64_t first_row, std::vector<ColumnValues> const& share,
                          std::int64_t n_rows) {
  std::vector<unsigned char> bytes(static_cast<std::size_t>(n_rows * row_bytes_));
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < share.size(); ++i) {
    std::int64_t const width = columns_[i].width, size = bytes_of(columns_[i].type);
    std::visit(
        [&](auto const& values) {
          for (std::int64_t k = 0; k < std::ssize(values); ++k)
            put_big_endian(values[k], &bytes[k / width * row_bytes_ + offset + k % width * size]);
        },
        share[i]);
    offset += width * size;
  }
  sum_.add(bytes);
  durable::File fits(fits_path_, durable::OpenMode::update);
  fits.write_at(data_offset_ + first_row * row_bytes_, bytes.data(), std::ssize(bytes));
  fits.close();
}

void RowTable::finish() {
  FitsSum sum;
  for (auto const part : comm_.all_gather(sum_.value())) sum.add(FitsSum(part));
  collectively(comm_, "complete the FITS table", [&] {
    require(n_written_ == n_rows_, ExitCode::internal, n_written_, " of ", n_rows_,
            " rows were written to ", fits_path_);
    durable::File fits(fits_path_, durable::OpenMode::update);
    auto const text = headers(sum);
    if (comm_.is_root()) fits.write_at(0, text.data(), std::ssize(text));
    fits.sync();  // every rank what it has written
    fits.close();
  });
}

}  // namespace setsz
