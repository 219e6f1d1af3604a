// SPDX-License-Identifier: BSD-3-Clause
#include "stages/moments/moments_file.hpp"

#include <algorithm>

#include "model/target_batch.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/moments/gaussian_sums.hpp"

namespace setsz {
namespace {

FieldInfo number(std::string const& description) {
  return {.unit = "1", .description = description};
}

/// Units and descriptions, column by column.
void describe_columns(H5File& file, MomentSettings const& settings) {
  std::vector<std::string> names, units, descriptions;
  for (auto const& column : moment_columns(settings)) {
    names.push_back(column.name);
    units.push_back(column.unit);
    descriptions.push_back(column.description);
  }
  file.set_attribute_list("/moments", "columns", names);
  file.set_attribute_list("/moments", "column_units", units);
  file.set_attribute_list("/moments", "column_descriptions", descriptions);
}

}  // namespace

std::int64_t MomentTable::most_targets() const {
  return n_targets.empty() ? 0 : *std::max_element(n_targets.begin(), n_targets.end());
}

MomentFileWriter::MomentFileWriter(Comm const& comm, std::string const& path,
                                   MomentTable const& table)
    : comm_(comm),
      row_size_(table.most_targets() * table.n_columns()),
      file_(H5File::create(comm, path)) {
  file_.set_attribute("/", "format_version", std::int64_t{1});
  file_.set_attribute("/", "n_voxels", table.n_voxels);
  set_voxel_position(file_, table.voxel_position);
  file_.set_attribute("/", "particle_radius", cluster_sample_radius_r200);
  file_.set_attribute("/", "cut", gaussian_cut);
  file_.set_attribute("/", "softening", table.settings.softening_r200);
  file_.set_attribute_list("/", "scales", table.settings.scales_r200);
  file_.write_same("/id", number("id in the halo catalogue"), table.id);
  file_.write_same("/cube_edge",
                   {.unit = "ckpc/h",
                    .a_power = 1,
                    .h_power = -1,
                    .frame = "cluster",
                    .description = "side of the cube, which is centred on the cluster"},
                   table.edge);
  file_.write_same("/n_targets", number("voxels with r < 2 R200"), table.n_targets);
  file_.write_same("/scale_factor", number("h = scale_factor x scales [R200]"), table.scale_factor);
  file_.create_dataset<float>(
      "/moments",
      {.unit = "see column_units",
       .frame = "cluster",
       .description = "moments of the particles around the centre of each voxel with r < 2 R200; "
                      "(cluster, voxel in the order x, y, z with z fastest, column); 0 beyond "
                      "n_targets"},
      std::ssize(table.id), {table.most_targets(), table.n_columns()});
  describe_columns(file_, table.settings);
}

void MomentFileWriter::write(std::span<MomentRows const> clusters) {
  std::vector<float> rows;
  for (std::size_t next = 0; comm_.any(next < clusters.size());) {
    // Neighbours go together.
    std::int64_t const first = next < clusters.size() ? clusters[next].cluster : 0;
    rows.clear();
    for (std::int64_t cluster = first; next < clusters.size() && clusters[next].cluster == cluster;
         ++cluster, ++next) {
      auto const& moments = clusters[next].moments;
      rows.insert(rows.end(), moments.begin(), moments.end());
      rows.resize((cluster + 1 - first) * row_size_, 0);
    }
    file_.write_rows("/moments", first, rows);
  }
}

}  // namespace setsz
