// SPDX-License-Identifier: BSD-3-Clause
// The stage extract against plainly reading the bytes it reads, and writing and reading back those
// it keeps; and its peak memory against budget + kept.
// Usage: [mpirun -n N] bench_extract [million particles [chunked] [shuffled] [rounds=5] [alone]]
// alone: without what is compared, for a profiler.
//
// Plainly reading is what HDF5 does into a buffer that is used again, a million rows at a time;
// plainly writing is what HDF5 does with chunks of 1 MB and checksums.
#include <hdf5.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>

#include "io/snapshot_writer.hpp"
#include "pipeline/base/file.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/random.hpp"
#include "stages/common/particle_store.hpp"
#include "stages/extract/captured.hpp"
#include "stages/extract/extract_stage.hpp"
#include "tests/fixtures/snapshot_writer.hpp"
#include "tests/fixtures/stage_context.hpp"

using namespace setsz;

namespace {

constexpr double box = 100000;
constexpr int n_files = 8, n_clusters = 60;

ClusterTable clusters() {
  ClusterTable table;
  table.box_ckpch = box;
  table.mass_definition = "200c";
  for (std::uint64_t i = 0; i < n_clusters; ++i) {
    Random random(1, Purpose::test, i);
    double const mass = 5000 * std::pow(1 - 0.98 * random.uniform(), -0.8);
    auto const scales = halo_scales(table.cosmology, 0, mass);
    Cluster cluster;
    cluster.id = static_cast<std::int64_t>(i);
    cluster.position = {box * random.uniform(), box * random.uniform(), box * random.uniform()};
    cluster.m200c = mass;
    cluster.r200c = scales.r200c_ckpch;
    cluster.v200 = scales.v200_kms;
    cluster.p200 = scales.p200_code;
    cluster.angular_momentum = {1, 2, 3};
    cluster.xoff_ckpch = cluster.voff_kms = 10;
    table.clusters.edit().push_back(cluster);
  }
  table.split.assign(table.clusters.size(), Split::training);
  return table;
}

/// How the particles lie in the files.
struct Layout {
  bool contiguous = true;  ///< as many simulation codes write; else chunked, with checksums
  bool ordered = true;     ///< halo by halo, then cell by cell, as they write; else shuffled
  int n_rounds = 5;
  bool alone = false;  ///< the stage and nothing else
};

/// Somewhere in a cluster, r^-2 to 3 R200. \param u  which one, by mass
Vec3 place_in_cluster(ClusterTable const& table, std::vector<double> const& mass_before, double u,
                      Random& random) {
  auto const chosen =
      std::upper_bound(mass_before.begin(), mass_before.end() - 1, mass_before.back() * u);
  auto const& cluster = table.clusters[chosen - mass_before.begin() - 1];
  double const r = 3 * cluster.r200c * random.uniform(), cos_theta = 2 * random.uniform() - 1;
  double const phi = 2 * std::numbers::pi * random.uniform();
  double const sin_theta = std::sqrt(1 - cos_theta * cos_theta);
  Vec3 const direction{sin_theta * std::cos(phi), sin_theta * std::sin(phi), cos_theta};
  return PeriodicBox(box).wrap(cluster.position + r * direction);
}

/// Somewhere in the box. \param u  in which of 32^3 cells
Vec3 place_in_box(double u, Random& random) {
  auto const cell = static_cast<int>(32768 * u);
  Vec3 const corner{real(cell / 1024), real(cell / 32 % 32), real(cell % 32)};
  Vec3 const inside{random.uniform(), random.uniform(), random.uniform()};
  return box / 32 * (corner + inside);
}

/// A tenth of the particles in clusters, the rest anywhere.
void write_file(std::string const& folder, int file, std::int64_t n, ClusterTable const& table,
                Layout const& layout) {
  SnapshotHeader header;
  header.box_ckpch = box;
  header.n_particles[1] = n;
  std::vector<double> mass_before{0};
  for (auto const& cluster : table.clusters)
    mass_before.push_back(mass_before.back() + cluster.m200c);
  header.mass_table[1] = 3 * mass_before.back() / (0.1 * real(n));
  Range const rows = even_range(n, file, n_files);
  DarkMatterFile part;
  for (std::int64_t i = rows.first; i < rows.last; ++i) {
    Random random(2, Purpose::test, static_cast<std::uint64_t>(i));
    double const place = layout.ordered ? real(i) / real(n) : random.uniform();
    part.position.push_back(place < 0.1 ? place_in_cluster(table, mass_before, 10 * place, random)
                                        : place_in_box((place - 0.1) / 0.9, random));
    auto const velocity = [&] { return 1600 * (random.uniform() - 0.5); };  // 0.7 V200, 1-D
    part.velocity.push_back({velocity(), velocity(), velocity()});
    part.id.push_back(static_cast<std::uint64_t>(i));
  }
  auto const path = concat(folder, "/snap/snap.", file, ".hdf5");
  write_snapshot_file(path, header, n_files, {0, rows.size(), 0, 0, 0, 0}, &part, nullptr);
  if (!layout.contiguous) return;
  test::H5Edit edit(path);
  for (auto const* name : {"Coordinates", "Velocities", "ParticleIDs"})
    edit.make_contiguous(std::string("/PartType1/") + name);
}

struct MockSection : MockFiles {
  static constexpr std::string_view help{};
};

/// [ms] of the processor in this process, where other programs on the machine do not count, and of
/// the clock on the wall.
struct Times {
  double cpu = of(CLOCK_PROCESS_CPUTIME_ID), wall = of(CLOCK_MONOTONIC);

  Times since(Times const& start) const { return {cpu - start.cpu, wall - start.wall}; }
  static double of(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return 1e3 * real(now.tv_sec) + 1e-6 * real(now.tv_nsec);
  }
};

/// Of all rounds, each figure by itself.
Times median(std::vector<Times> const& rounds) {
  auto const middle = [&](double Times::*figure) {
    std::vector<double> values;
    values.reserve(rounds.size());
    for (auto const& times : rounds) values.push_back(times.*figure);
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  };
  return {middle(&Times::cpu), middle(&Times::wall)};
}

/// A line of /proc/self/status [bytes].
double memory(std::string const& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key + ":")) return 1024 * std::stod(line.substr(key.size() + 1));
  return 0;
}
void forget_peak_memory() { std::ofstream("/proc/self/clear_refs") << 5; }

/// Reads all particles as they lie in the files, and forgets them.
Times read_plainly(Comm const& comm, std::string const& folder) {
  std::vector<float> vectors;
  std::vector<std::uint64_t> ids;
  comm.barrier();
  Times const start;
  for (int number = comm.rank(); number < n_files; number += comm.size()) {
    auto const file = H5File::open(concat(folder, "/snap/snap.", number, ".hdf5"));
    auto const rows = file.info("/PartType1/ParticleIDs").shape[0];
    for (std::int64_t first = 0; first < rows; first += 1 << 20) {
      Range const piece{first, std::min(rows, first + (1 << 20))};
      vectors.resize(3 * piece.size());
      ids.resize(piece.size());
      file.read_rows<float>("/PartType1/Coordinates", piece, vectors);
      file.read_rows<float>("/PartType1/Velocities", piece, vectors);
      file.read_rows<std::uint64_t>("/PartType1/ParticleIDs", piece, ids);
    }
  }
  comm.barrier();
  return Times().since(start);
}

/// Writes a dataset (n, 3) of ones with HDF5, in chunks of 1 MB with checksums.
void write_plainly(hid_t file, char const* name, hsize_t n) {
  std::vector<float> const values(3 * n, 1);
  hsize_t const shape[]{n, 3}, chunk[]{std::min<hsize_t>(n, 87381), 3};
  hid_t const space = H5Screate_simple(2, shape, nullptr);
  hid_t const creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(creation, 2, chunk);
  H5Pset_fletcher32(creation);
  hid_t const data =
      H5Dcreate2(file, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  require(H5Dwrite(data, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0,
          ExitCode::io, "cannot write '", name, "'");
  H5Dclose(data), H5Pclose(creation), H5Sclose(space);
}

/// Writes as many bytes as the product holds, waits for the disk, and reads them back from there.
Times keep_plainly(Comm const& comm, std::string const& folder, std::int64_t n_kept) {
  auto const path = concat(folder, "/plain.", comm.rank(), ".h5");
  auto const n = even_range(n_kept, comm.rank(), comm.size()).size();
  comm.barrier();
  Times const start;
  hid_t const file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  for (auto const* name : {"/position", "/velocity"}) write_plainly(file, name, n);
  H5Fclose(file);
  {
    durable::File written(path, durable::OpenMode::update);
    written.sync();
    written.forget_cached();
  }
  auto const again = H5File::open(path);
  for (auto const* name : {"/position", "/velocity"}) (void)again.read_rows<float>(name, {0, n});
  comm.barrier();
  return Times().since(start);
}

void run(Comm const& comm, std::int64_t n, std::string const& folder, Layout const& layout) {
  auto const table = clusters();
  if (comm.is_root()) {
    std::filesystem::create_directories(folder + "/snap");
    std::filesystem::create_directories(folder + "/catalog/z0");
  }
  comm.barrier();
  for (int file = comm.rank(); file < n_files; file += comm.size())
    write_file(folder, file, n, table, layout);
  write_clusters(comm, folder + "/catalog/z0/clusters.h5", table);

  RunOptions options;
  options.directory = folder;
  options.memory_mb = 400;
  auto const configuration = Configuration::parse(
      "[snapshot.z0]\n", "bench.ini",
      {"snapshot.z0.dark_matter=" + folder + "/snap", "run.directory=" + folder,
       "cosmology.matter_tolerance=1"},  // particles weigh what makes the clusters what they are
      {schema_of<RunOptions>(), schema_of<SnapshotSection>(true), schema_of<CosmologySection>(),
       schema_of<MockSection>(), schema_of<ExtractOptions>()});
  Blueprint const blueprint(configuration);
  ExtractStage stage(blueprint, blueprint.snapshots.at(0));
  std::int64_t kept = 0;
  double peak = 0;
  std::vector<Times> read, keep, ours;
  for (int round = 0; round < layout.n_rounds; ++round) {
    read.push_back(layout.alone ? Times{} : read_plainly(comm, folder));
    test::StageContext context(comm, options, stage);
    comm.barrier();
    double const before = memory("VmRSS");
    forget_peak_memory();
    Times const start;
    stage.run(context);
    comm.barrier();
    ours.push_back(Times().since(start));
    peak = std::max(peak, memory("VmHWM") - before);
    kept = ParticleStore(folder + "/extract/z0/particles.h5").count();
    keep.push_back(layout.alone ? Times{} : keep_plainly(comm, folder, kept));
  }
  if (comm.is_root()) {
    std::printf("%.0f M particles of 32 bytes, %s and %s, %.2f M kept; %d rank(s)\n", real(n) / 1e6,
                layout.contiguous ? "contiguous" : "chunked",
                layout.ordered ? "ordered" : "shuffled", real(kept) / 1e6, comm.size());
    auto const r = median(read), k = median(keep), o = median(ours);
    std::printf(
        "CPU time (and wall), ms: plainly reading %.0f (%.0f), writing and reading back %.0f "
        "(%.0f); extract %.0f (%.0f): %.0f%%\n",
        r.cpu, r.wall, k.cpu, k.wall, o.cpu, o.wall, 100 * (r.cpu + k.cpu) / o.cpu);
  }
  // Owners hold nearly equal shares.
  double const share = real(kept) * sizeof(KeptParticle) / comm.size();
  Log::local("peak memory of the stage ", human_bytes(peak), "; budget ",
             human_bytes(options.memory_mb * 1e6), " + kept about ", human_bytes(share));
}

}  // namespace

int main(int argc, char** argv) {
  MpiSession session(argc, argv);
  {
    auto const comm = Comm::world();
    Log::set_rank(comm.rank());
    Log::set_level(0);
    auto const millions = argc > 1 ? std::atoll(argv[1]) : 8;
    auto const id = comm.broadcast(static_cast<long>(getpid()), 0);
    Layout layout;
    for (int i = 2; i < argc; ++i) {
      if (std::string_view(argv[i]) == "chunked") layout.contiguous = false;
      if (std::string_view(argv[i]) == "shuffled") layout.ordered = false;
      if (std::string_view(argv[i]) == "alone") layout.alone = true;
      if (std::string_view(argv[i]).starts_with("rounds="))
        layout.n_rounds = std::atoi(argv[i] + 7);
    }
    std::string const folder =
        std::filesystem::temp_directory_path() / concat("setsz_bench_extract_", id);
    run(comm, millions * 1'000'000, folder, layout);
    comm.barrier();
    if (comm.is_root()) std::filesystem::remove_all(folder);
  }
  session.finalize();
}
