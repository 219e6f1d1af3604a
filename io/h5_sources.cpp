// SPDX-License-Identifier: BSD-3-Clause
#include "io/h5_sources.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

#include "io/file_kind.hpp"
#include "io/h5_space.hpp"

namespace setsz {

namespace fs = std::filesystem;

namespace {

bool is_file(fs::path const& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

/// The file that HDF5 opens for a name that stands in another file, or nothing.
/// \source HDF5 reference manual, H5Lcreate_external and H5Pset_virtual: the folder of the
/// environment variable, that of the file with the link, the name as it is
std::string resolve(std::string const& name, fs::path const& folder, char const* variable) {
  fs::path const path(name);
  std::vector<fs::path> candidates;
  if (path.is_absolute()) {
    candidates = {path, folder / path.filename()};
  } else {
    if (char const* prefix = std::getenv(variable)) candidates.push_back(fs::path(prefix) / path);
    candidates.push_back(folder / path);
    candidates.push_back(path);
  }
  for (auto const& candidate : candidates)
    if (is_file(candidate)) return candidate.lexically_normal().string();
  return {};
}

fs::path folder_of(std::string const& file) {
  auto const folder = fs::path(file).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

// ---- virtual datasets and raw storage -----------------------------------------------------------

struct Source {
  std::string file, dataset;  ///< as they are written in the virtual dataset
  int number = 0;
};

std::string text_of(std::function<ssize_t(char*, std::size_t)> const& get) {
  auto const length = get(nullptr, 0);
  if (length <= 0) return {};
  std::string text(static_cast<std::size_t>(length) + 1, '\0');
  get(text.data(), text.size());
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::vector<Source> sources_of(hid_t creation) {
  std::size_t n = 0;
  std::vector<Source> sources;
  if (H5Pget_layout(creation) != H5D_VIRTUAL || H5Pget_virtual_count(creation, &n) < 0) return {};
  for (std::size_t i = 0; i < n; ++i) {
    sources.push_back({text_of([&](char* text, std::size_t size) {
                         return H5Pget_virtual_filename(creation, i, text, size);
                       }),
                       text_of([&](char* text, std::size_t size) {
                         return H5Pget_virtual_dsetname(creation, i, text, size);
                       }),
                       static_cast<int>(i)});
  }
  return sources;
}

/// "part.%b.hdf5" stands for a series of files.
bool is_series(std::string const& name) { return name.find("%b") != std::string::npos; }

std::string member_of(std::string const& series, int number) {
  auto const mark = series.find("%b");
  return concat(series.substr(0, mark), number, series.substr(mark + 2));
}

std::vector<std::string> raw_storage_of(hid_t creation) {
  std::vector<std::string> names;
  int const n = H5Pget_external_count(creation);
  for (int i = 0; i < n; ++i) {
    char name[4096] = {};
    off_t offset = 0;
    hsize_t bytes = 0;
    if (H5Pget_external(creation, static_cast<unsigned>(i), sizeof name - 1, name, &offset,
                        &bytes) >= 0)
      names.emplace_back(name);
  }
  return names;
}

// ---- all that stands behind a file --------------------------------------------------------------

/// Collects names while HDF5 walks over the links of a file.
struct Walk {
  std::string file;
  std::set<std::string> found;

  /// \return  is there such a file?
  bool add(std::string const& name, char const* variable) {
    if (name == "." || name.empty()) return false;
    auto const path = resolve(name, folder_of(file), variable);
    if (!path.empty()) found.insert(path);
    return !path.empty();
  }
  void add_source(std::string const& name) {
    int number = 0;
    if (!is_series(name))
      add(name, "HDF5_VDS_PREFIX");
    else
      while (add(member_of(name, number), "HDF5_VDS_PREFIX")) ++number;
  }
  void look_at_dataset(hid_t group, char const* name) {
    hid_t const object = H5Oopen(group, name, H5P_DEFAULT);
    if (object < 0) return;
    if (H5Iget_type(object) == H5I_DATASET) {
      H5<H5Pclose> const creation(H5Dget_create_plist(object), "read a layout");
      for (auto const& source : sources_of(creation.get())) add_source(source.file);
      for (auto const& name_of_raw : raw_storage_of(creation.get()))
        add(name_of_raw, "HDF5_EXTFILE_PREFIX");
    }
    H5Oclose(object);
  }
};

/// File and object that an external link names.
std::pair<std::string, std::string> target_of(hid_t group, char const* name,
                                              H5L_info_t const& info) {
  std::string value(info.u.val_size, '\0');
  char const *file = nullptr, *object = nullptr;
  unsigned flags = 0;
  if (H5Lget_val(group, name, value.data(), value.size(), H5P_DEFAULT) < 0 ||
      H5Lunpack_elink_val(value.data(), value.size(), &flags, &file, &object) < 0)
    return {};
  return {file, object};
}

herr_t visit_link(hid_t group, char const* name, H5L_info_t const* info, void* data) {
  auto& walk = *static_cast<Walk*>(data);
  if (info->type == H5L_TYPE_EXTERNAL)
    walk.add(target_of(group, name, *info).first, "HDF5_EXT_PREFIX");
  else if (info->type == H5L_TYPE_HARD)
    walk.look_at_dataset(group, name);
  return 0;
}

/// One file deep; remembered while the file does not change.
std::set<std::string> const& directly_behind(std::string const& path) {
  struct Known {
    std::uintmax_t bytes;
    fs::file_time_type time;
    std::set<std::string> behind;
  };
  static std::map<std::string, Known> all;
  require_readable_file(path, "a file");
  auto const bytes = fs::file_size(path);
  auto const time = fs::last_write_time(path);
  auto const known = all.find(path);
  if (known != all.end() && known->second.bytes == bytes && known->second.time == time &&
      known->second.behind.empty())
    return known->second.behind;
  Walk walk{path, {}};
  if (is_hdf5_file(path)) {
    auto const file = H5File::open(path);
    H5Lvisit(file.raw(), H5_INDEX_NAME, H5_ITER_NATIVE, visit_link, &walk);
    H5Eclear2(H5E_DEFAULT);
  }
  return (all[path] = {bytes, time, std::move(walk.found)}).behind;
}

void collect(std::string const& path, std::set<std::string>& found) {
  auto const behind = directly_behind(path);
  for (auto const& file : behind)
    if (found.insert(file).second) collect(file, found);
}

// ---- holes in virtual datasets ------------------------------------------------------------------

/// Does the source hold all rows that the virtual dataset takes from it?
void require_extent(hid_t creation, Source const& source, DatasetInfo const& info,
                    std::string const& what) {
  H5<H5Sclose> const space(
      H5Pget_virtual_srcspace(creation, static_cast<std::size_t>(source.number)),
      "read a virtual source");
  auto const dimensions = H5Sget_simple_extent_ndims(space.get());
  if (dimensions != static_cast<int>(info.shape.size()) || dimensions < 1) return;
  h5::Shape first(info.shape.size()), last(info.shape.size());
  if (H5Sget_select_bounds(space.get(), first.data(), last.data()) < 0) {  // unlimited
    H5Eclear2(H5E_DEFAULT);
    return;
  }
  require(static_cast<std::int64_t>(last[0]) < info.shape[0], ExitCode::bad_data, what,
          " takes rows up to ", last[0] + 1, " of '", source.dataset, "' of '", source.file,
          "', which has ", info.shape[0],
          "; HDF5 would fill in zeros. Fetch the whole source, or write the virtual file again");
}

/// Do the sources cover the dataset?
void require_cover(hid_t data, hid_t creation, std::vector<Source> const& sources,
                   std::string const& what) {
  H5<H5Sclose> const space(H5Dget_space(data), "read a shape");
  auto const n_values = H5Sget_simple_extent_npoints(space.get());
  hssize_t n_mapped = 0;
  for (auto const& source : sources) {
    H5<H5Sclose> const part(
        H5Pget_virtual_vspace(creation, static_cast<std::size_t>(source.number)),
        "read a virtual source");
    auto const n = H5Sget_select_npoints(part.get());
    if (n < 0) {  // unlimited
      H5Eclear2(H5E_DEFAULT);
      return;
    }
    n_mapped += n;
  }
  require(n_mapped >= n_values, ExitCode::bad_data, what, " is a virtual dataset of ", n_values,
          " values whose sources hold only ", n_mapped, "; HDF5 would fill in zeros for the rest");
}

// ---- storage that was never written -------------------------------------------------------------

/// A fill value that someone has chosen, and that is not 0, is data.
bool fill_is_meant(hid_t creation) {
  H5D_fill_value_t defined{};
  double value = 0;
  if (H5Pfill_value_defined(creation, &defined) < 0 || defined != H5D_FILL_VALUE_USER_DEFINED)
    return false;
  return H5Pget_fill_value(creation, H5T_NATIVE_DOUBLE, &value) >= 0 && value != 0;
}

bool has_chunk(hid_t data, h5::Shape const& corner) {
  unsigned mask = 0;
  haddr_t address = HADDR_UNDEF;
  hsize_t bytes = 0;
  return H5Dget_chunk_info_by_coord(data, corner.data(), &mask, &address, &bytes) >= 0 &&
         address != HADDR_UNDEF;
}

/// The first rows without a chunk. \pre there are some, and as many numbers in `chunk` as in
/// `shape`
Range first_hole(hid_t data, h5::Shape const& shape, h5::Shape const& chunk) {
  h5::Shape corner(shape.size(), 0);
  auto const advance = [&] {
    for (auto d = shape.size(); d-- > 0;) {
      if ((corner[d] += chunk[d]) < shape[d] || d == 0) return;
      corner[d] = 0;
    }
  };
  while (corner[0] < shape[0] && has_chunk(data, corner)) advance();
  H5Eclear2(H5E_DEFAULT);
  return {std::int64_t(corner[0]), std::int64_t(std::min(corner[0] + chunk[0], shape[0]))};
}

/// HDF5 hands out zeros for rows without storage: those of a writer that stopped, or never began.
/// \pre not virtual
void require_storage(hid_t data, hid_t creation, std::string const& what) {
  auto const shape = h5::shape_of_dataset(data);
  if (std::ranges::count(shape, 0) > 0 || fill_is_meant(creation)) return;
  Range rows{0, shape.empty() ? 1 : std::int64_t(shape[0])};
  if (H5Pget_layout(creation) == H5D_CHUNKED) {
    h5::Shape chunk(shape.size());
    H5Pget_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
    hsize_t expected = 1, found = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) expected *= (shape[d] + chunk[d] - 1) / chunk[d];
    H5<H5Sclose> const space(H5Dget_space(data), "read a shape");
    if (H5Dget_num_chunks(data, space.get(), &found) < 0 || found >= expected) return;
    rows = first_hole(data, shape, chunk);
  } else {
    H5D_space_status_t status{};
    if (H5Dget_space_status(data, &status) < 0 || status != H5D_SPACE_STATUS_NOT_ALLOCATED) return;
  }
  fail(ExitCode::bad_data, what, ": rows ", rows.first, " to ", rows.last, " of ",
       shape.empty() ? 1 : shape[0],
       " were never written (no storage in the file), and HDF5 would hand out zeros. Did the "
       "program that wrote the file stop early? Write or copy it again");
}

void require_whole(H5File const& file, std::string const& dataset, int depth);

/// \param owner  the file that holds the virtual dataset
void require_source(std::string const& owner, std::string const& dataset, hid_t creation,
                    Source const& source, int depth) {
  std::string const what = concat("'", owner, "': ", dataset);
  if (is_series(source.file)) return;
  auto const path =
      source.file == "." ? owner : resolve(source.file, folder_of(owner), "HDF5_VDS_PREFIX");
  require(!path.empty(), ExitCode::bad_data, what, " is a virtual dataset; its source '",
          source.file,
          "' does not exist (searched beside the file), and HDF5 would fill in zeros. Put the "
          "source where the virtual file expects it");
  auto const other = H5File::open(path);
  require(other.exists(source.dataset), ExitCode::bad_data, what,
          " is a virtual dataset; its source '", path, "' has no '", source.dataset, "'");
  require_extent(creation, source, other.info(source.dataset), what);
  other.require_filters(source.dataset);
  require(depth < 8, ExitCode::bad_data, what, " is virtual, and so are its sources, without end");
  require_whole(other, source.dataset, depth + 1);
}

void require_whole(H5File const& file, std::string const& dataset, int depth) {
  H5<H5Dclose> const data(H5Dopen2(file.raw(), dataset.c_str(), H5P_DEFAULT),
                          concat("open '", dataset, "' of '", file.path(), "'"));
  H5<H5Pclose> const creation(H5Dget_create_plist(data.get()), "read a layout");
  auto const owner =
      text_of([&](char* text, std::size_t size) { return H5Fget_name(data.get(), text, size); });
  if (H5Pget_layout(creation.get()) != H5D_VIRTUAL)
    return require_storage(data.get(), creation.get(), concat("'", owner, "': ", dataset));
  auto const sources = sources_of(creation.get());
  for (auto const& source : sources) require_source(owner, dataset, creation.get(), source, depth);
  require_cover(data.get(), creation.get(), sources, concat("'", owner, "': ", dataset));
}

}  // namespace

bool is_hdf5_file(std::string const& path) {
  auto const head = first_bytes(path, 4096);
  for (std::size_t at = 0; at + hdf5_signature.size() <= head.size(); at = at ? 2 * at : 512)
    if (head.compare(at, hdf5_signature.size(), hdf5_signature) == 0) return true;
  return false;
}

std::vector<std::string> files_behind(std::string const& path) {
  std::set<std::string> found;
  collect(path, found);
  found.erase(fs::path(path).lexically_normal().string());
  return {found.begin(), found.end()};
}

std::vector<std::string> with_files_behind(std::vector<std::string> const& files) {
  auto all = files;
  for (auto const& file : files)
    for (auto const& behind : files_behind(file))
      if (std::find(all.begin(), all.end(), behind) == all.end()) all.push_back(behind);
  return all;
}

void require_written(H5File const& file, std::string const& dataset) {
  require_whole(file, dataset, 0);
}

std::string broken_link(hid_t file, std::string const& file_path, std::string const& name) {
  H5L_info_t info{};
  if (H5Lget_info(file, name.c_str(), &info, H5P_DEFAULT) < 0) {
    H5Eclear2(H5E_DEFAULT);
    return {};
  }
  if (info.type == H5L_TYPE_SOFT) {
    std::string target(info.u.val_size, '\0');
    H5Lget_val(file, name.c_str(), target.data(), target.size(), H5P_DEFAULT);
    target.resize(std::min(target.find('\0'), target.size()));
    return concat("a soft link to '", target,
                  "', which leads nowhere (no such object in the file, or a loop of links)");
  }
  if (info.type != H5L_TYPE_EXTERNAL) return {};
  auto const [other, object] = target_of(file, name.c_str(), info);
  bool const there = !resolve(other, folder_of(file_path), "HDF5_EXT_PREFIX").empty();
  return concat("an external link to '", object, "' of '", other,
                there ? "', which has no such object" : "', which does not exist");
}

}  // namespace setsz
