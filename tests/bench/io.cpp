// SPDX-License-Identifier: BSD-3-Clause
// How fast products are written, checked and read, and a halo catalogue and a snapshot are read.
// mpirun -n 2 build/dev/bench/bench_io FOLDER [million halos = 1]
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "io/h5.hpp"
#include "io/halo_catalog.hpp"
#include "io/snapshot.hpp"
#include "io/snapshot_writer.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

double seconds(Comm const& comm, auto&& body) {
  comm.barrier();
  double const start = seconds_since_start();
  body();
  comm.barrier();
  return seconds_since_start() - start;
}

void say(Comm const& comm, char const* what, double amount, char const* unit, double time) {
  if (comm.is_root()) std::printf("%-46s %8.3g s  %8.4g %s/s\n", what, time, amount / time, unit);
}

void products(Comm const& comm, std::string const& path) {
  std::int64_t const n = 30'000'000 / comm.size();
  std::vector<float> const values(3 * n, 1.5F);
  double const megabytes = 12e-6 * real(n * comm.size());
  std::optional<H5File> file;
  double const write = seconds(comm, [&] {
    file.emplace(H5File::create(comm, path));
    file->write_spread("/x", {"1", 0, 0, "", ""}, values, {3});
  });
  say(comm, "write a product (no sync)", megabytes, "MB", write);
  say(comm, "sync, read back and compare", megabytes, "MB", seconds(comm, [&] { file->close(); }));
  say(comm, "read a product", megabytes, "MB", seconds(comm, [&] {
        H5File::open(path).read_rows<float>("/x",
                                            even_range(n * comm.size(), comm.rank(), comm.size()));
      }));
}

void halos(Comm const& comm, std::string const& path, int millions) {
  if (comm.is_root()) {
    std::ofstream out(path);
    out << "#ID DescID M200c Vmax Vrms R200c Rs Np X Y Z VX VY VZ JX JY JZ Spin Xoff Voff PID\n"
           "#a = 1.0\n#Om = 0.3089; Ol = 0.6911; h = 0.6774\n#Box size: 50.0 Mpc/h\n";
    for (int i = 0; i < millions * 1000000; ++i) {
      out << i << " -1 1.3899e+12 208.12 198.82 226.619 50.911 80 4.14332 0.22579 11.45102 213.40 "
          << "-318.57 -74.00 -5.707e+12 -3.047e+12 -1.157e+12 0.05552 39.58 21.89 -1\n";
    }
  }
  comm.barrier();
  say(comm, "read a halo list, keep all", millions, "million halos", seconds(comm, [&] {
        read_halo_catalog(comm, {path}, {MassDefinition::m200c, 0});
      }));
}

void snapshot(Comm const& comm, std::string const& path) {
  constexpr std::int64_t n = 4'000'000;
  if (comm.is_root()) {
    SnapshotHeader header;
    header.box_ckpch = 1000;
    header.n_particles[1] = n;
    header.mass_table[1] = 1;
    DarkMatterFile particles;
    for (std::int64_t i = 0; i < n; ++i) {
      particles.position.push_back({real(i % 1000), 1, 2});
      particles.velocity.push_back({1, 2, 3});
      particles.id.push_back(static_cast<std::uint64_t>(i));
    }
    write_snapshot_file(path, header, 1, header.n_particles, &particles, nullptr);
  }
  comm.barrier();
  auto const snapshot = Snapshot::open(comm, path, Snapshot::Kind::dark_matter);
  say(comm, "read dark matter, slices of a million rows", n * 1e-6, "million rows",
      seconds(comm, [&] {
        auto const slices = snapshot.slices(1 << 20);
        for (std::size_t s = static_cast<std::size_t>(comm.rank()); s < slices.size();
             s += static_cast<std::size_t>(comm.size())) {
          snapshot.read_dark_matter(slices[s]);
        }
      }));
}

}  // namespace
}  // namespace setsz

int main(int argc, char** argv) {
  using namespace setsz;
  MpiSession session(argc, argv);
  {
    auto const comm = Comm::world();
    std::filesystem::path const folder = argc > 1 ? argv[1] : ".";
    products(comm, folder / "bench_product.h5");
    halos(comm, folder / "bench_halos.list", argc > 2 ? std::atoi(argv[2]) : 1);
    snapshot(comm, folder / "bench_snapshot.hdf5");
    if (comm.is_root()) {
      for (auto const* name : {"bench_product.h5", "bench_halos.list", "bench_snapshot.hdf5"}) {
        std::filesystem::remove(folder / name);
      }
    }
  }
  session.finalize();
}
