// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "io/h5.hpp"

// What stands behind an HDF5 file: other files that hold its objects or their bytes.
namespace setsz {

/// Is it an HDF5 file? Reads its first bytes; false for a file that cannot be read.
bool is_hdf5_file(std::string const& path);

/// The existing files behind an HDF5 file, sorted, without itself: targets of external links,
/// sources of virtual datasets, raw storage outside; and what stands behind these in turn. Nothing
/// for a file of another kind. What is read belongs to the fingerprint of whoever reads `path`.
std::vector<std::string> files_behind(std::string const& path);

/// Files and, after each, those behind it that are not in the list yet.
std::vector<std::string> with_files_behind(std::vector<std::string> const& files);

/// Error(bad_data) if a dataset would be read with holes, which HDF5 fills with zeros, without an
/// error: storage that was never written (unless a fill value other than 0 was chosen for it), or a
/// virtual dataset whose source is missing, lacks the dataset or is too short. Names rows or
/// source. Checks the filters of the sources.
void require_written(H5File const& file, std::string const& dataset);

/// Where a link leads that leads nowhere: "an external link to '/PartType1' of 'x.hdf5', which does
/// not exist". Empty: the object is there, or there is no link.
std::string broken_link(hid_t file, std::string const& file_path, std::string const& name);

}  // namespace setsz
