// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/extract_stage.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "io/snapshot.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/run/work_loop.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/model_section.hpp"
#include "stages/common/slice_order.hpp"
#include "stages/common/snapshot_check.hpp"
#include "stages/extract/bulk_velocity.hpp"
#include "stages/extract/extract_work.hpp"
#include "stages/extract/implausible_particles.hpp"
#include "stages/extract/particle_file.hpp"
#include "stages/extract/sphere_lookup.hpp"
#include "stages/extract/thinning.hpp"

namespace setsz {

namespace {

constexpr std::size_t dark_matter = 1;  // particle type

/// So many standard deviations of the noise of thinning are no disagreement of masses: fewer would
/// flag some of a thousand clusters by chance.
constexpr double noise_sigmas = 4;

/// Bytes of working memory for a row that the reader holds at a time, and for a row of a slice (a
/// captured particle, sorted by owner and received: more only where spheres overlap).
constexpr double bytes_per_reader_row = 100;
constexpr double bytes_per_slice_row = 3 * sizeof(CapturedParticle);
/// A captured particle on its way: in a list that grows by doubling, sorted by owner, received.
constexpr double bytes_per_captured = 4 * sizeof(CapturedParticle);
/// Clusters are sorted and written together until they fill this part of [run] memory_mb.
constexpr double batch_share = 1. / 8;
/// What every rank holds of every cluster: its row, its sphere, its owner, its place in the file.
/// Measured with bench_scaling.
constexpr double bytes_per_cluster = 300;

double working_memory(std::int64_t slice_rows) {
  return real(std::min(slice_rows, DarkMatterBlock::max_rows)) * bytes_per_reader_row +
         real(slice_rows) * bytes_per_slice_row;
}

bool has_velocity(Cluster const& cluster) { return std::isfinite(norm2(cluster.velocity)); }

/// The velocities of the frames in which particles are gathered: the halo's, or if the catalogue
/// has none that of the box, until all particles of the cluster are there.
std::vector<Vec3> frames_of(ClusterTable const& table) {
  std::vector<Vec3> frames;
  for (auto const& cluster : table.clusters)
    frames.push_back(has_velocity(cluster) ? cluster.velocity : Vec3{});
  return frames;
}

/// Adds the particles of a block that lie in spheres, once for every sphere.
/// \param frames  velocity of the frame of each sphere
void capture(DarkMatterBlock const& block, SphereLookup const& spheres,
             std::span<Vec3 const> frames, std::uint64_t seed, Thinning const& thinning,
             ParticleGatherer& gatherer) {
  auto const look_up = [&](auto positions, auto velocities) {
    spheres.visit_all(positions, [&](std::size_t i, std::int32_t cluster, Vec3 const& q) {
      std::uint64_t const key = hash64(seed, block.id[i]);
      double const mass = block.mass_at(i);
      if (!thinning.keeps(key, mass)) return gatherer.leave_out();
      auto const* const velocity = &velocities[3 * i];
      Vec3 const v =
          block.velocity_factor * Vec3{velocity[0], velocity[1], velocity[2]} - frames[cluster];
      gatherer.add({cluster,
                    {{static_cast<std::uint32_t>(key >> 32), static_cast<std::uint32_t>(key)},
                     {single(q.x), single(q.y), single(q.z)},
                     {single(v.x), single(v.y), single(v.z)},
                     single(mass)}});
    });
  };
  std::visit(look_up, block.position, block.velocity);
}

bool all_finite(ClusterProperties const& properties) {
  auto const finite = [](double x) { return std::isfinite(x); };
  return std::all_of(properties.scalars.begin(), properties.scalars.end(), finite) &&
         std::isfinite(properties.mass_within_r200) &&
         std::all_of(properties.shells.begin(), properties.shells.end(),
                     [](Vec3 const& shell) { return std::isfinite(norm2(shell)); }) &&
         std::all_of(properties.vectors.begin(), properties.vectors.end(), [](Vec3 const& e) {
           double const length2 = norm2(e);
           return length2 == 0 || std::abs(length2 - 1) < 1e-12;
         });
}

}  // namespace

void ExtractOptions::declare(OptionList& options) {
  options.add(
      "radius", radius_r200,
      {.unit = "R200",
       .help = "radius of the particles that are kept and used for the cluster's tensors and "
               "centre of mass; profiles always reach to 2.5",
       .min = mass_profile_radii.back(),
       .max = 20});
  options.add(
      "local_radius", local_radius_ckpch,
      {.unit = "ckpc/h",
       .help = "local spheres within 2 R200 are complete to at least this radius, and always to "
               "those of the [model.NAME] sections",
       .min = 0,
       .max = 1e5});
  options.add("mass_agreement", mass_agreement,
              {.help = "a cluster is flagged, with a warning, where the mass of its particles "
                       "within R200 differs from the catalogue's by more than this fraction",
               .min = 0,
               .max = 10});
  options.add("implausible_particles", implausible_particles,
              {{"refuse", Implausible::refuse}, {"warn", Implausible::warn}},
              {.help = "what to do with particles that can hardly be those of these clusters: in "
                       "the median a mass within R200 more than 20% off, or velocities that "
                       "scatter by less than 0.2 or more than 5 V200; a cluster whose velocity no "
                       "particle shares",
               .affects = Affects::running});
  options.add("particle_mass", particle_mass_msunh,
              {.unit = "Msun/h",
               .help = "a coarser version of the same universe, to teach and to test on: each "
                       "particle of mass m is kept with probability m/particle_mass and counts "
                       "with particle_mass; 0: all particles, as they are",
               .min = 0,
               .max = 1e14});
}

void ExtractOptions::include(NetworkOptions const& network) {
  auto const sphere = network.needs().local_radius;
  auto& radius = sphere.unit == SphereRadius::Unit::ckpch ? local_radius_ckpch : local_radius_r200;
  radius = std::max(radius, sphere.value);
}

double ExtractOptions::local_radius(Cluster const& cluster) const {
  return std::max(local_radius_ckpch, local_radius_r200 * cluster.r200c);
}

double ExtractOptions::sphere_radius(Cluster const& cluster) const {
  return std::max(radius_r200 * cluster.r200c, 2 * cluster.r200c + local_radius(cluster));
}

ExtractStage::ExtractStage(Blueprint const& blueprint, SnapshotInstance instance)
    : instance_(std::move(instance)) {
  auto const run = blueprint.configuration.get<RunOptions>();
  seed_ = run.seed;
  run_directory_ = run.directory;
  record_ = {.stage = "extract", .instance = instance_.name, .version = 6};
  record_.inputs = instance_.dark_matter_products();
  record_.inputs.push_back(products::clusters(instance_.name));
  record_.outputs = {"particles.h5"};
  record_.files = [instance = instance_] { return instance.dark_matter_files(); };
  options_ = blueprint.configuration.get<ExtractOptions>();
  for (auto const& model : blueprint.axes.models())
    options_.include(blueprint.configuration.get<ModelSection>("model." + model).network);
  record_.note(options_);
  record_.settings.add("extract.local_radius_r200", options_.local_radius_r200);
  record_.settings.add("run.seed", seed_);
}

Thinning ExtractStage::thinning_of(SnapshotHeader const& header) const {
  return {options_.particle_mass_msunh / 1e10, header.mass_table[dark_matter]};
}

void ExtractStage::preflight(Comm const& comm, Outlook& outlook) const {
  auto const& run = outlook.options();
  outlook.expect(products::particles(instance_.name),
                 ExpectedParticles{.particle_mass = options_.particle_mass_msunh / 1e10});
  collectively(comm, "", [&] {
    double const slice_bytes = working_memory(run.slice_rows);
    require(slice_bytes <= run.memory_mb * 1e6, ExitCode::config,
            "a slice of run.slice_rows = ", run.slice_rows, " rows takes ",
            human_bytes(slice_bytes), ", more than run.memory_mb = ", run.memory_mb,
            " allows; raise run.memory_mb or lower run.slice_rows");
  });
  on_root(comm, "", [&] {
    if (auto const table = known_clusters(outlook, instance_.name))
      for (auto const& cluster : table->clusters)
        require_sphere_fits(PeriodicBox(table->box_ckpch), options_.sphere_radius(cluster));
  });
  if (instance_.section.mock) {  // its files are products, checked when they are made
    collectively(comm, "", [&] {
      if (auto const* mock = outlook.expected<ExpectedMock>(mock_product(instance_.name)))
        thinning_of(mock->dark_matter.header);
    });
    return;
  }
  auto const snapshot = open_snapshot(comm, instance_, "", Snapshot::Kind::dark_matter);
  collectively(comm, "extract: checking the snapshot", [&] {
    check_cosmology(snapshot.header(), snapshot.files().front(), instance_.cosmology,
                    instance_.tolerance);
    thinning_of(snapshot.header());
  });
  on_root(comm, "extract: looking at some particles", [&] { snapshot.check_sample(); });
}

Estimate ExtractStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const snapshot = expected_snapshot(outlook, instance_, Snapshot::Kind::dark_matter);
  auto const table = expected_clusters(outlook, instance_.name);
  auto header = snapshot.header;
  header.mass_table[dark_matter] = thinning_of(header).common_mass();
  std::vector<double> expected;
  for (auto const& cluster : table.clusters)
    expected.push_back(expected_particles(cluster, options_.sphere_radius(cluster), header));
  double const total = std::accumulate(expected.begin(), expected.end(), 0.0);
  double const most = largest_share(expected, n_ranks);
  constexpr double read_bytes_per_second = 5e8, write_bytes_per_second = 3e8;
  Estimate estimate;
  auto const slice = std::min(snapshot.n_rows, outlook.options().slice_rows);
  double const kept_bytes = most * sizeof(KeptParticle);
  // Files are sorted by halo: all of a slice may lie in clusters, most of them of other ranks.
  double const sent_bytes = std::min(real(slice), total) * (1 - 1. / n_ranks) * bytes_per_captured;
  // Then a batch of clusters in their order, and their positions or velocities.
  double const batch_bytes = std::min(kept_bytes, outlook.options().memory_mb * 1e6 * batch_share) *
                             (1 + 3. * sizeof(float) / sizeof(KeptParticle));
  estimate.memory_bytes =
      kept_bytes + real(std::min(slice, DarkMatterBlock::max_rows)) * bytes_per_reader_row +
      std::max(sent_bytes, batch_bytes) + real(table.size()) * bytes_per_cluster;
  estimate.output_bytes = total * (6 * sizeof(float) + 2);  // and an eighth of a cell each
  estimate.seconds = real(snapshot.n_rows) * snapshot.bytes_per_row / read_bytes_per_second +
                     estimate.output_bytes / write_bytes_per_second;
  estimate.note = concat(table.size(), " clusters, about ", std::llround(total),
                         " particles; a rank holds at most ", std::llround(most));
  return estimate;
}

void ExtractStage::run(Context& context) {
  auto const& comm = context.comm();
  std::optional<Thinning> thinned;
  auto const snapshot = open_snapshot(comm, instance_, run_directory_, Snapshot::Kind::dark_matter);
  auto const table = read_clusters(comm, context.product(products::clusters(instance_.name)));
  collectively(comm, "extract: opening the inputs", [&] {
    check_belongs_together(snapshot.header(), snapshot.files().front(), table, instance_.tolerance);
    require(table.size() < std::numeric_limits<std::int32_t>::max(), ExitCode::config, "there are ",
            table.size(), " clusters; at most 2^31 - 1 are possible");
    thinned = thinning_of(snapshot.header());
  });

  std::vector<double> cost;
  for (auto const& cluster : table.clusters)
    cost.push_back(expected_particles(cluster, options_.sphere_radius(cluster), snapshot.header()));
  ParticleGatherer gatherer(comm, cost, context.options().slice_rows,
                            context.options().memory_mb * 1e6 / 4);
  stream(context, table, snapshot, *thinned, gatherer);
  finish(context, table, *thinned, gatherer);
}

/// Reads the snapshot, slice by slice, until every particle is with its owners.
void ExtractStage::stream(Context& context, ClusterTable const& table, Snapshot const& snapshot,
                          Thinning const& thinning, ParticleGatherer& gatherer) const {
  auto const& comm = context.comm();
  std::vector<Sphere> spheres;
  for (auto const& cluster : table.clusters)
    spheres.push_back({cluster.position, options_.sphere_radius(cluster)});
  std::optional<SphereLookup> lookup;
  collectively(comm, "extract",
               [&] { lookup.emplace(PeriodicBox(table.box_ckpch), std::move(spheres)); });

  auto const frames = frames_of(table);
  Journal& journal = context.journal();
  if (journal.committed()) gatherer.restore(journal);
  SliceOrder const order(snapshot.n_rows(), gatherer.slice_rows());
  auto const read_slices = [&](std::int64_t done) {
    Range const mine = order.rows(done + comm.rank());
    collectively(comm, "extract: reading the snapshot", [&] {
      snapshot.visit_dark_matter(mine, [&](DarkMatterBlock const& block) {
        capture(block, *lookup, frames, static_cast<std::uint64_t>(seed_), thinning, gatherer);
        gatherer.streamed().add(block.total_mass(), std::ssize(block.id));
      });
    });
    gatherer.deliver();
    return std::min(done + comm.size(), order.n_slices());
  };
  work_through(context, {.label = "extract",
                         .unit = "slices",
                         .end = order.n_slices(),
                         .step = read_slices,
                         .save = [&](std::int64_t done) { gatherer.save(journal, done); }});
  gatherer.streamed().require_budget(comm, snapshot, budget_of(snapshot.header(), instance_));
}

/// What is known of a cluster, from its particles in their order; where the catalogue has no
/// velocity, theirs are given the frame of the cluster.
ClusterProperties ExtractStage::describe(std::vector<KeptParticle>& particles,
                                         Cluster const& cluster, double a,
                                         Thinning const& thinning) const {
  double const particle_mass = thinning.common_mass();
  require(!particles.empty() || !thinning.is_active(), ExitCode::config, "cluster ", cluster.id,
          " of ", cluster.m200c * 1e10,
          " Msun/h keeps no particle with [extract] particle_mass = ", particle_mass * 1e10,
          " Msun/h; lower it, or raise [catalog] mass_min");
  bool const computed = !has_velocity(cluster);
  Vec3 const velocity =
      computed ? bulk_velocity(particles, cluster.r200c, particle_mass) : cluster.velocity;
  if (computed) subtract(particles, velocity);
  auto result = cluster_properties(particles, cluster, options_.radius_r200 * cluster.r200c, a,
                                   particle_mass);
  result.velocity = velocity;
  result.computed_velocity = computed;
  result.mass_disagrees = std::abs(result.mass_within_r200 - 1) >
                          options_.mass_agreement + noise_sigmas * thinning.noise(cluster.m200c);
  require(all_finite(result), ExitCode::internal, "cluster ", cluster.id,
          ": its scalars or vectors are not finite");
  return result;
}

/// Sorts, sums up and writes the clusters, each rank its own.
void ExtractStage::finish(Context& context, ClusterTable const& table, Thinning const& thinning,
                          ParticleGatherer& gatherer) const {
  auto const& comm = context.comm();
  double const particle_mass = thinning.common_mass();
  Range const owned = gatherer.owned();
  std::vector<std::int64_t> owned_counts;
  for (std::int64_t c = owned.first; c < owned.last; ++c)
    owned_counts.push_back(gatherer.bins().count(c));
  auto const counts = comm.all_gather_v(owned_counts);
  std::vector<double> radii, local_radii;
  for (auto const& cluster : table.clusters) {
    radii.push_back(options_.sphere_radius(cluster));
    local_radii.push_back(options_.local_radius(cluster));
  }
  ParticleFileLayout const layout(counts, radii, local_radii);
  ParticleFileWriter file(comm, context.part("particles.h5"), table, layout, particle_mass);

  Progress progress("extract: sorting", real(owned.size()));
  double const batch_bytes = context.options().memory_mb * 1e6 * batch_share;
  std::vector<ClusterProperties> properties;
  std::int64_t next = owned.first;
  while (comm.any(next < owned.last)) {
    std::int64_t const first = next;
    std::vector<OrderedParticles> batch;
    collectively(comm, "extract: sorting particles", [&] {
      double bytes = 0;
      for (; next < owned.last && bytes < batch_bytes; ++next) {
        std::size_t const at = next;
        Cluster const& cluster = table.clusters[at];
        try {
          batch.push_back(in_canonical_order(gatherer.bins().take(next), layout.grid[at]));
        } catch (Error const& error) {
          fail(error.code(), "cluster ", cluster.id, ": ", error.what());
        }
        auto& particles = batch.back().particles;
        properties.push_back(describe(particles, cluster, table.a, thinning));
        bytes += real(particles.size() * sizeof(KeptParticle));
      }
    });
    file.write(first, batch);
    progress.update(real(next - owned.first));
    mark_progress("extract: sorting particles");
  }
  file.write_properties(properties);
  file.close();
  if (thinning.is_active())
    note_thinning(context, thinning, layout.first_particle.back(),
                  comm.all_sum(gatherer.n_left_out()));
  summarize(context, table, thinning, counts, properties);
}

void ExtractStage::note_thinning(Context& context, Thinning const& thinning, std::int64_t n_kept,
                                 std::int64_t n_left_out) const {
  context.note("particle_mass_msunh", thinning.common_mass() * 1e10);
  context.note("particles_before_thinning", n_kept + n_left_out);
  Log::info("extract: kept ", n_kept, " of ", n_kept + n_left_out,
            " particles around clusters; each counts as ", thinning.common_mass() * 1e10,
            " Msun/h (particle_mass)");
}

/// Says what a user wants to know of the particles.
void ExtractStage::summarize(Context& context, ClusterTable const& table, Thinning const& thinning,
                             std::vector<std::int64_t> const& counts,
                             std::vector<ClusterProperties> const& owned) const {
  std::vector<Finding> own;
  own.reserve(owned.size());
  for (auto const& cluster : owned)
    own.push_back({cluster.mass_within_r200, cluster.dispersion, cluster.drift,
                   cluster.mass_disagrees, cluster.computed_velocity, cluster.computed_momentum,
                   cluster.computed_xoff, cluster.computed_voff});
  auto const findings = context.comm().all_gather_v(own);
  auto const say_missing = [&](bool Finding::*computed, std::string_view what) {
    auto const n = std::ranges::count(findings, true, computed);
    if (n > 0)
      Log::warn("extract: ", what, " of ", n, " of ", table.size(),
                " clusters is missing in the halo catalogue and computed from the particles");
  };
  say_missing(&Finding::computed_velocity, "the velocity");
  context.note("velocities_from_particles",
               std::ranges::count(findings, true, &Finding::computed_velocity));
  say_missing(&Finding::computed_momentum, "J");
  say_missing(&Finding::computed_xoff, "Xoff");
  say_missing(&Finding::computed_voff, "Voff");
  context.note("clusters", table.size());
  context.note("particles", std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  if (counts.empty()) return;
  context.note("particles_per_cluster_min", *std::min_element(counts.begin(), counts.end()));
  context.note("particles_per_cluster_max", *std::max_element(counts.begin(), counts.end()));
  compare_masses(context, table, findings);
  judge(table, thinning, findings);
}

/// Of the particles within R200 with those of the catalogue.
void ExtractStage::compare_masses(Context& context, ClusterTable const& table,
                                  std::vector<Finding> const& findings) const {
  std::vector<double> ratios;
  std::int64_t n_flagged = 0;
  std::size_t worst = 0;
  for (auto const& cluster : findings) {
    ratios.push_back(cluster.mass_within_r200);
    n_flagged += cluster.mass_disagrees;
    if (std::abs(ratios.back() - 1) > std::abs(ratios[worst] - 1)) worst = ratios.size() - 1;
  }
  double const worst_ratio = ratios[worst];
  auto const middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::nth_element(ratios.begin(), middle, ratios.end());
  context.note("median_particle_mass_over_m200c", *middle);
  context.note("clusters_with_another_mass", n_flagged);
  if (n_flagged > 0)
    Log::warn(
        "extract: the particles within R200 of ", n_flagged, " of ", table.size(),
        " clusters differ from the mass in the halo catalogue by more than ",
        100 * options_.mass_agreement, "% (mass_agreement)",
        options_.particle_mass_msunh > 0 ? " and the noise of thinning" : "", "; worst: cluster ",
        table.clusters[worst].id, " with ", std::round(1000 * worst_ratio) / 1000,
        " times the mass. They are flagged in particles.h5 (mass_disagrees): the catalogue may "
        "list bound masses, or a subhalo as a host");
}

/// Can these be the particles of these clusters?
void ExtractStage::judge(ClusterTable const& table, Thinning const& thinning,
                         std::vector<Finding> const& findings) const {
  std::vector<ParticleFigures> figures;
  for (std::size_t c = 0; c < findings.size(); ++c) {
    auto const& found = findings[c];
    auto const& cluster = table.clusters[c];
    figures.push_back({cluster.id, found.mass_within_r200, thinning.noise(cluster.m200c),
                       found.dispersion, has_velocity(cluster) ? found.drift : std::nan("")});
  }
  auto const why = setsz::implausible_particles(figures, table.cosmology.h);
  if (why.empty()) return;
  if (options_.implausible_particles == ExtractOptions::Implausible::refuse)
    throw CollectiveError(ExitCode::bad_data,
                          why + " [extract] implausible_particles = warn accepts it");
  Log::warn("extract: ", why);
}

void add_extract_stages(Blueprint const& blueprint, StageList& stages) {
  for (auto const& instance : blueprint.snapshots)
    stages.push_back(std::make_unique<ExtractStage>(blueprint, instance));
}

}  // namespace setsz
