// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshots/gadget_records.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

constexpr std::int64_t gadget2_header = 256, label_record = 8;
constexpr std::int64_t marker_range = std::int64_t{1} << 32;

template <class T>
T turned(T value) {
  auto* const bytes = reinterpret_cast<unsigned char*>(&value);
  std::reverse(bytes, bytes + sizeof value);
  return value;
}

std::uint32_t marker_in(std::string_view head, std::size_t at) {
  std::uint32_t value = 0;
  if (at + sizeof value <= head.size()) std::memcpy(&value, head.data() + at, sizeof value);
  return value;
}

/// GADGET-4's header for n types: 24 n + 48 bytes.
bool is_gadget4_header(std::uint32_t bytes) {
  return bytes >= 72 && bytes <= 48 + 24 * 6 && (bytes - 48) % 24 == 0;
}

/// The length of the first record, if it is one that GADGET writes.
std::uint32_t first_record(std::string_view head, bool swapped) {
  auto marker = marker_in(head, 0);
  if (swapped) marker = turned(marker);
  bool const known =
      marker == label_record || marker == gadget2_header || is_gadget4_header(marker);
  if (!known) return 0;
  auto end = marker_in(head, 4 + marker);
  if (swapped) end = turned(end);
  return end == marker ? marker : 0;
}

/// Numbers in a row of a block.
std::int64_t columns_of(std::string_view label) {
  return label == "POS " || label == "VEL " ? 3 : 1;
}

}  // namespace

bool begins_like_gadget(std::string_view head) {
  for (bool const swapped : {false, true}) {
    auto const first = first_record(head, swapped);
    if (first == 0) continue;
    if (first == label_record) return head.substr(4, 4) == "HEAD";
    return true;
  }
  return false;
}

GadgetRecords::GadgetRecords(std::string const& path)
    : path_(path), file_(path, durable::OpenMode::read), size_(file_.size()) {
  std::string head(std::min<std::int64_t>(size_, 512), '\0');
  head.resize(file_.read_at(0, head.data(), std::ssize(head)));
  auto first = first_record(head, false);
  swapped_ = first == 0;
  if (swapped_) first = first_record(head, true);
  require(first != 0, ExitCode::bad_data, "'", path_,
          "' does not begin with a record of GADGET (8, 256 or 24 n + 48 bytes)");
  bool const labelled = first == label_record;
  std::int64_t const begin = labelled ? 4 + label_record + 4 : 0;
  auto const length = marker(begin);
  require(length == gadget2_header || is_gadget4_header(length), ExitCode::bad_data, "'", path_,
          "': the header has ", length, " bytes (expected 256, or 24 n + 48 of GADGET-4)");
  std::string bytes(length, '\0');
  read(begin + 4, bytes.data(), length, 1);
  read_header(bytes);
  find_blocks(begin + 4 + length + 4, labelled);
}

template <class T>
T GadgetRecords::number(std::string const& bytes, std::size_t at) const {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return swapped_ ? turned(value) : value;
}

void GadgetRecords::read_header(std::string const& bytes) {
  auto& h = header_;
  if (std::ssize(bytes) == gadget2_header) {
    bool plausible_high = true;
    for (std::size_t type = 0; type < 6; ++type) {
      h.n_this_file[type] = number<std::int32_t>(bytes, 4 * type);
      h.mass_table[type] = number<double>(bytes, 24 + 8 * type);
      h.n_total[type] = number<std::uint32_t>(bytes, 96 + 4 * type);
      auto const high = number<std::uint32_t>(bytes, 168 + 4 * type);
      // Not all codes fill it: a type without particles has no high word either.
      plausible_high = plausible_high && high < 4096 && (high == 0 || h.n_total[type] > 0);
    }
    h.a = number<double>(bytes, 72);
    h.redshift = number<double>(bytes, 80);
    h.has_star_formation = number<std::int32_t>(bytes, 88) != 0;
    h.has_cooling = number<std::int32_t>(bytes, 120) != 0;
    h.n_files = number<std::int32_t>(bytes, 124);
    h.box = number<double>(bytes, 128);
    h.omega_m = number<double>(bytes, 136);
    h.omega_l = number<double>(bytes, 144);
    h.h = number<double>(bytes, 152);
    // The counts of a single file fit into 32 bits; older writers have other words in this place.
    for (std::size_t type = 0; type < 6 && plausible_high && h.n_files > 1; ++type)
      h.n_total[type] += std::int64_t{number<std::uint32_t>(bytes, 168 + 4 * type)} << 32;
  } else {
    std::size_t const n = (bytes.size() - 48) / 24;
    for (std::size_t type = 0; type < n; ++type) {
      h.n_this_file[type] = number<std::int64_t>(bytes, 8 * type);
      h.n_total[type] = number<std::int64_t>(bytes, 8 * (n + type));
      h.mass_table[type] = number<double>(bytes, 8 * (2 * n + type));
    }
    h.a = number<double>(bytes, 24 * n);
    h.redshift = number<double>(bytes, 24 * n + 8);
    h.box = number<double>(bytes, 24 * n + 16);
    h.n_files = number<std::int32_t>(bytes, 24 * n + 24);
  }
  for (std::size_t type = 0; type < 6; ++type) {
    constexpr std::int64_t most = std::int64_t{1} << 48;
    require(h.n_this_file[type] >= 0 && h.n_this_file[type] < most && h.n_total[type] >= 0 &&
                h.n_total[type] < most,
            ExitCode::bad_data, "'", path_, "': the header counts ", h.n_this_file[type],
            " particles of type ", type, " (damaged?)");
    require(std::isfinite(h.mass_table[type]) && h.mass_table[type] >= 0, ExitCode::bad_data, "'",
            path_, "': the mass of type ", type, " in the header is ", h.mass_table[type]);
  }
  require(h.a > 0 && std::isfinite(h.a) && std::abs(h.a * (1 + h.redshift) - 1) < 1e-3,
          ExitCode::bad_data, "'", path_, "': the header has the scale factor ", h.a,
          " and the redshift ", h.redshift, " (expected a = 1/(1+z))");
  require(h.box > 0 && std::isfinite(h.box), ExitCode::bad_data, "'", path_,
          "': the header has a box of ", h.box);
  require(h.n_files > 0 && h.n_files < 1000000, ExitCode::bad_data, "'", path_,
          "': the header speaks of ", h.n_files, " files");
}

std::uint32_t GadgetRecords::marker(std::int64_t at) const {
  std::uint32_t value = 0;
  read(at, &value, sizeof value, sizeof value);
  return value;
}

void GadgetRecords::read(std::int64_t offset, void* into, std::int64_t bytes,
                         std::int64_t width) const {
  require(offset >= 0 && bytes >= 0 && offset <= size_ - bytes, ExitCode::bad_data, "'", path_,
          "' is truncated: ", size_, " bytes found, ", offset + bytes,
          " needed; copy the file again");
  auto* const target = static_cast<char*>(into);
  for (std::int64_t done = 0; done < bytes;) {
    auto const got = file_.read_at(offset + done, target + done, bytes - done);
    require(got > 0, ExitCode::io, "cannot read '", path_, "' at byte ", offset + done);
    done += got;
  }
  if (!swapped_ || width == 1) return;
  for (std::int64_t i = 0; i < bytes; i += width) std::reverse(target + i, target + i + width);
}

/// Rows of a block, from the header.
std::int64_t GadgetRecords::rows_of(std::string_view label) const {
  auto const& n = header_.n_this_file;
  std::int64_t rows = 0;
  for (std::size_t type = 0; type < 6; ++type) {
    bool const all = label == "POS " || label == "VEL " || label == "ID  ";
    if (all || (label == "MASS" && header_.mass_table[type] == 0)) rows += n[type];
  }
  return rows > 0 || label == "MASS" ? rows : n[0];
}

/// What a format without labels has, in its order. \source users' guide of GADGET-2, section 6.2
std::vector<std::string> GadgetRecords::labels_in_order() const {
  std::vector<std::string> labels{"POS ", "VEL ", "ID  "};
  if (rows_of("MASS") > 0) labels.emplace_back("MASS");
  if (header_.n_this_file[0] == 0) return labels;
  labels.insert(labels.end(), {"U   ", "RHO "});
  if (header_.has_cooling) labels.insert(labels.end(), {"NE  ", "NH  "});
  labels.emplace_back("HSML");
  if (header_.has_star_formation) labels.emplace_back("SFR ");
  return labels;
}

/// Markers have 32 bits: the length of a longer record is known from the header.
std::int64_t GadgetRecords::length_of(std::string_view label, std::uint32_t marker,
                                      std::int64_t at) const {
  auto const n = rows_of(label) * columns_of(label);
  for (std::int64_t const width : {4, 8}) {
    auto const length = n * width;
    if (length >= marker_range && length % marker_range == marker && at + length <= size_)
      return length;
  }
  return marker;
}

void GadgetRecords::find_blocks(std::int64_t at, bool labelled) {
  auto const order = labels_in_order();
  while (at < size_ && (labelled || blocks_.size() < order.size())) {
    std::string label(4, ' ');
    if (labelled) {
      require(marker(at) == label_record, ExitCode::bad_data, "'", path_, "': at byte ", at,
              " there is no label of a block (SnapFormat 2); the file is damaged");
      read(at + 4, label.data(), 4, 1);
      at += 4 + label_record + 4;
    } else {
      label = order[blocks_.size()];
    }
    auto const begin = marker(at);
    auto const bytes = length_of(label, begin, at + 4);
    auto const end = marker(at + 4 + bytes);
    require(begin == end, ExitCode::bad_data, "'", path_, "': the block ", label, " begins with ",
            begin, " bytes and ends with ", end, "; the file is damaged: copy it again");
    blocks_.push_back({label, at + 4, bytes});
    at += 4 + bytes + 4;
  }
}

GadgetBlock const* GadgetRecords::block(std::string_view label) const {
  for (auto const& block : blocks_)
    if (block.label == label) return &block;
  return nullptr;
}

GadgetRecords::Shape GadgetRecords::shape(GadgetBlock const& block) const {
  auto const rows = rows_of(block.label), columns = columns_of(block.label);
  auto const n = rows * columns;
  bool const fits = n > 0 && (block.bytes == 4 * n || block.bytes == 8 * n);
  require(fits, ExitCode::bad_data, "'", path_, "': the block ", block.label, " has ", block.bytes,
          " bytes, but ", rows, " particles with ", columns,
          " numbers each need 4 or 8 bytes a number (another order of blocks than GADGET-2's?)");
  return {rows, columns, block.bytes / n};
}

std::optional<std::int64_t> GadgetRecords::first_row(GadgetBlock const& block,
                                                     std::size_t type) const {
  auto const& n = header_.n_this_file;
  bool const all = block.label == "POS " || block.label == "VEL " || block.label == "ID  ";
  bool const masses = block.label == "MASS";
  if (!all && !masses) return type == 0 ? std::optional<std::int64_t>(0) : std::nullopt;
  if (masses && header_.mass_table[type] > 0) return {};
  std::int64_t row = 0;
  for (std::size_t before = 0; before < type; ++before)
    if (all || header_.mass_table[before] == 0) row += n[before];
  return row;
}

}  // namespace setsz
