# SPDX-License-Identifier: BSD-3-Clause
# Spack package: spack repo add packaging/spack, then in a clone `spack dev-build setsz@0.2.0`.
# Not tried by us: the machines that setsz is developed on have no Spack.
from spack.package import *


class Setsz(CMakePackage):
    """Compton-y maps of gravity-only simulations, learned from matched hydrodynamic ones."""

    license("BSD-3-Clause")
    version("0.2.0")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.24:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi")
    depends_on("hdf5+mpi")
    depends_on("fftw+mpi")
    depends_on("boost@1.74:+program_options")
    depends_on("nlohmann-json")
    depends_on("ceres-solver")
    depends_on("xxhash")
    depends_on("zlib-api")
    depends_on("cfitsio")
    depends_on("healpix-cxx")
    depends_on("py-torch")
    depends_on("py-numpy", type="run")
    depends_on("py-h5py", type="run")

    generator("ninja")

    def cmake_args(self):
        torch = self.spec["py-torch"].package.cmake_prefix_paths
        return [self.define("CMAKE_PREFIX_PATH", torch)]
