// SPDX-License-Identifier: BSD-3-Clause
// Filters (compression) that a dataset needs and this HDF5 library may lack.
#include "io/h5.hpp"

namespace setsz {

namespace {

struct Filter {
  H5Z_filter_t id;
  unsigned flags;
  std::string name;  ///< as the file knows it; may be empty
};

Filter filter_of(hid_t creation, int number) {
  Filter filter{};
  std::size_t n_values = 0;
  unsigned config = 0;
  char name[128] = {};
  filter.id = H5Pget_filter2(creation, number, &filter.flags, &n_values, nullptr, sizeof name, name,
                             &config);
  filter.name = name;
  return filter;
}

/// Loads a plugin, if there is one.
bool can_decode(H5Z_filter_t id) {
  unsigned config = 0;
  bool const known = H5Zfilter_avail(id) > 0 && H5Zget_filter_info(id, &config) >= 0;
  H5Eclear2(H5E_DEFAULT);
  return known && (config & H5Z_FILTER_CONFIG_DECODE_ENABLED) != 0;
}

/// An optional filter that its writer lacked, too, is marked in each chunk as skipped.
bool skipped(hid_t dataset, int number) {
  unsigned mask = 0;
  haddr_t address = 0;
  hsize_t bytes = 0, n_chunks = 0;
  H5<H5Sclose> const space(H5Dget_space(dataset), "read a shape");
  bool const found =
      H5Dget_num_chunks(dataset, space.get(), &n_chunks) >= 0 && n_chunks > 0 &&
      H5Dget_chunk_info(dataset, space.get(), 0, nullptr, &mask, &address, &bytes) >= 0;
  H5Eclear2(H5E_DEFAULT);
  return !found || (mask >> number & 1U) != 0;
}

}  // namespace

void H5File::require_filters(std::string const& dataset) const {
  auto const data = open_dataset(dataset);
  H5<H5Pclose> const creation(H5Dget_create_plist(data.get()), "read a layout");
  int const n_filters = H5Pget_nfilters(creation.get());
  for (int number = 0; number < n_filters; ++number) {
    auto const filter = filter_of(creation.get(), number);
    if (can_decode(filter.id)) continue;
    if ((filter.flags & H5Z_FLAG_OPTIONAL) != 0 && skipped(data.get(), number)) continue;
    fail(ExitCode::bad_data, "'", path_, "': ", dataset, " is stored with the HDF5 filter ",
         filter.name.empty() ? std::string() : "'" + filter.name + "' ", "(id ", filter.id,
         "), which this HDF5 library does not have; install the plugin of this filter and set "
         "HDF5_PLUGIN_PATH to its folder, or rewrite the file with h5repack -f NONE");
  }
}

}  // namespace setsz
