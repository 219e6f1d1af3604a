// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/catalogue.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

constexpr double largest_redshift = 20;

}  // namespace

Catalogue::Catalogue(CatalogueSection const& section, std::string const& name,
                     Cosmology const& cosmology)
    : section_(section), cosmology_(cosmology), distances_(cosmology, largest_redshift) {
  require(!section.files.empty(), ExitCode::config, "[catalogue.", name, "] has no files");
  for (auto const& path : section.existing_files(name)) {
    auto table = open_table(path);
    CatalogueColumns columns(*table, path, section, name, cosmology);
    files_.push_back({path, std::move(table), std::move(columns)});
    require(files_.back().columns.mass_definition() == mass_definition(), ExitCode::config, "'",
            path, "' has masses M", name_of(files_.back().columns.mass_definition()), ", '",
            files_.front().path, "' has M", name_of(mass_definition()),
            "; put them into two catalogues");
  }
}

void Catalogue::count_rows(Comm const& comm) {
  first_row_ = {0};
  for (auto& file : files_) {
    file.table->count_rows(comm);
    first_row_.push_back(first_row_.back() + file.table->n_rows());
  }
}

bool Catalogue::is_chosen(CatalogueHalo const& halo) const {
  double const mass_msunh = halo.mass * units::msunh_per_code;
  return mass_msunh >= section_.mass_min_msunh && mass_msunh <= section_.mass_max_msunh &&
         halo.redshift >= section_.redshift_min && halo.redshift < section_.redshift_max;
}

double Catalogue::m200c_of(CatalogueHalo const& halo) const {
  auto const from = mass_definition();
  if (from == MassDefinition::m200c) return halo.mass;
  double c = halo.concentration;
  if (c <= 0) c = section_.concentration;
  if (c <= 0) c = concentration(section_.relation, from, cosmology_, halo.redshift, halo.mass);
  return converted({halo.mass, c}, from, MassDefinition::m200c, cosmology_, halo.redshift).mass;
}

void Catalogue::append(File const& file, std::vector<double> const& numbers, std::int64_t first_row,
                       std::vector<CatalogueRow>& rows) const {
  std::size_t const width = file.columns.to_read().size();
  auto row = first_row;
  for (std::size_t at = 0; at < numbers.size(); at += width, ++row) {
    auto const of_row = std::span(numbers).subspan(at, width);
    auto const refuse = [&](std::string const& fault) {
      fail(ExitCode::bad_data, first_row >= 0 ? file.table->place(row) : file.path, ": ", fault,
           "; correct or remove this row");
    };
    auto const fault = file.columns.fault(of_row);
    if (!fault.empty()) refuse(fault);
    auto const halo = file.columns.halo(of_row, distances_);
    if (double const distance = norm(halo.seen); !(distance <= distances_.distance_max()))
      refuse(concat("the halo is ", distance / 1000, " Mpc/h away, farther than redshift ",
                    largest_redshift));
    if (is_chosen(halo)) rows.push_back({row, halo, m200c_of(halo)});
  }
}

std::vector<CatalogueRow> Catalogue::read(Range rows) const {
  std::vector<CatalogueRow> found;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    auto const first = first_row_[i];
    Range const here{std::max(rows.first, first) - first,
                     std::min(rows.last, first_row_[i + 1]) - first};
    if (here.size() <= 0) continue;
    auto const begin = std::ssize(found);
    append(files_[i], files_[i].table->read(here, files_[i].columns.to_read()), here.first, found);
    for (auto k = begin; k < std::ssize(found); ++k) found[k].row += first;
  }
  return found;
}

std::string Catalogue::place(std::int64_t row) const {
  auto const file =
      std::upper_bound(first_row_.begin(), first_row_.end(), row) - first_row_.begin() - 1;
  return files_[file].table->place(row - first_row_[file]);
}

CatalogueSurvey Catalogue::survey(Comm const& comm) const {
  constexpr std::int64_t rows_per_read = 1 << 16;
  CatalogueSurvey all;
  all.first_without_velocity = n_rows();
  double mass_min = HUGE_VAL, mass_max = 0, redshift_min = HUGE_VAL, redshift_max = 0;
  std::vector<double> mismatch(2);  // sum and number
  collectively(comm, "catalogue", [&] {
    Range const mine = even_range(n_rows(), comm.rank(), comm.size());
    for (auto first = mine.first; first < mine.last; first += rows_per_read) {
      for (auto const& [row, halo, m200c] :
           read({first, std::min(first + rows_per_read, mine.last)})) {
        ++all.n_chosen;
        mass_min = std::min(mass_min, m200c);
        mass_max = std::max(mass_max, m200c);
        redshift_min = std::min(redshift_min, halo.redshift);
        redshift_max = std::max(redshift_max, halo.redshift);
        mismatch[0] += std::abs(norm(halo.seen) / distances_.distance_at(halo.redshift) - 1);
        mismatch[1] += 1;
        if (std::isfinite(halo.velocity)) continue;
        ++all.n_without_velocity;
        all.first_without_velocity = std::min(all.first_without_velocity, row);
      }
      mark_progress("reading the catalogue");
    }
  });
  all.n_chosen = comm.all_sum(all.n_chosen);
  all.n_without_velocity = comm.all_sum(all.n_without_velocity);
  all.first_without_velocity = comm.all_min(all.first_without_velocity);
  if (all.n_chosen == 0) return all;
  all.m200c_min = comm.all_min(mass_min);
  all.m200c_max = comm.all_max(mass_max);
  all.redshift_min = comm.all_min(redshift_min);
  all.redshift_max = comm.all_max(redshift_max);
  mismatch = comm.all_gather_v(mismatch);
  double sum = 0;
  for (std::size_t i = 0; i < mismatch.size(); i += 2) sum += mismatch[i];
  all.distance_mismatch = sum / real(all.n_chosen);
  return all;
}

std::int64_t Catalogue::expected_rows() const {
  std::int64_t n = 0;
  for (auto const& file : files_) n += file.table->expected_rows();
  return n;
}

std::vector<CatalogueRow> Catalogue::sample(std::int64_t n_wanted, std::int64_t& n_sampled) const {
  std::vector<CatalogueRow> rows;
  n_sampled = 0;
  for (auto const& file : files_) {
    auto const numbers =
        file.table->sample(n_wanted / std::ssize(files_) + 1, file.columns.to_read());
    n_sampled += std::ssize(numbers) / std::ssize(file.columns.to_read());
    append(file, numbers, -std::ssize(numbers), rows);
  }
  return rows;
}

}  // namespace setsz
