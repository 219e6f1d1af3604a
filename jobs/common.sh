# SPDX-License-Identifier: BSD-3-Clause
# Functions of build.sh, test.sh and demo.sh, which source this file. Not a program.
# shellcheck shell=bash disable=SC2034  # the sourcing scripts use the package lists

say() { printf '%s: %s\n' "$(basename "$0")" "$*"; }
die() { printf '%s: ERROR %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# nproc would obey OMP_NUM_THREADS, which is about something else.
cores() { env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc; }

# The number of compiler jobs for the memory of this machine: a file that includes libtorch needs up
# to 2 GB.
build_jobs() {
  local kilobytes limit jobs
  kilobytes=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
  if [[ $limit =~ ^[0-9]+$ ]] && ((limit / 1024 < kilobytes)); then kilobytes=$((limit / 1024)); fi
  jobs=$((kilobytes / (2 * 1024 * 1024)))
  ((jobs > $(cores))) && jobs=$(cores)
  ((jobs < 1)) && jobs=1
  echo "$jobs"
}

# Open MPI and BLAS on one machine, as root or not, with any number of ranks.
mpi_environment() {
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  export OMPI_MCA_rmaps_base_oversubscribe=1        # allow more ranks than cores
  export OMPI_MCA_hwloc_base_binding_policy=none    # two runs must not share the same cores
  export OMPI_MCA_mpi_yield_when_idle=1             # barriers on shared cores: 30 us, not 15 ms
  export OMPI_MCA_btl_vader_single_copy_mechanism=none  # not permitted in containers
  export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1   # parallel over ranks, not threads
}

# install_packages NAME...: installs missing packages as root or with sudo, or prints what to install.
install_packages() {
  local package missing=()
  command -v dpkg-query >/dev/null ||
    die "this is not a Debian system; install the equivalents of these packages: $*"
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
  ((${#missing[@]} == 0)) && return 0
  local as_root=()
  if [[ $(id -u) != 0 ]]; then
    if command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
      as_root=(sudo)
    else
      die "packages are missing, and only root or sudo can install them: apt-get install ${missing[*]}"
    fi
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  # Packages with daemons must not start them.
  local policy=/usr/sbin/policy-rc.d made=''
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null && "${as_root[@]}" chmod 755 "$policy" && made=yes
  fi
  local log
  log=$(mktemp)
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3)
  # An image may have no package lists, or old ones: then update them and try again.
  "${as_root[@]}" "${apt[@]}" install --no-install-recommends "${missing[@]}" </dev/null >"$log" 2>&1 ||
    { "${as_root[@]}" "${apt[@]}" update </dev/null >"$log" 2>&1 &&
      "${as_root[@]}" "${apt[@]}" install --no-install-recommends "${missing[@]}" </dev/null >>"$log" 2>&1; } ||
    { [[ -z $made ]] || "${as_root[@]}" rm -f "$policy"
      tail -20 "$log" >&2
      die "apt-get cannot install the packages (full log: $log)"; }
  [[ -z $made ]] || "${as_root[@]}" rm -f "$policy"
  rm -f "$log"
}

# Packages to compile and run the release preset.
release_packages=(
  g++ cmake ninja-build git ca-certificates pkg-config
  openmpi-bin libopenmpi-dev libhdf5-openmpi-dev zlib1g-dev
  libboost-dev libboost-program-options-dev nlohmann-json3-dev libxxhash-dev
  libceres-dev libfftw3-dev libfftw3-mpi-dev libhealpix-cxx-dev libcfitsio-dev
  libtorch-dev libdnnl-dev
  libopenblas0-pthread  # libtorch uses any BLAS; with the reference BLAS module cnn is slow
)
# Additional packages for the tests.
test_packages=(
  libgtest-dev libnanoflann-dev clang-format clang-tidy codespell shellcheck
  python3 python3-h5py python3-healpy python3-matplotlib
  python3-pip python3-setuptools python3-wheel python3-yaml  # tests/python, tests/packaging
  slurmctld slurmd slurm-client munge  # tests/jobs/local_slurm.sh
)

# build PRESET [TARGET...]: configures and compiles what has changed.
build() {
  local preset=$1 jobs
  shift
  jobs=$(build_jobs)
  [[ -f build/$preset/build.ninja ]] || say "configuring preset $preset"
  cmake --preset "$preset" -Wno-dev </dev/null >"build-$preset.log" 2>&1 ||
    { tail -30 "build-$preset.log" >&2; die "cmake failed (full output: build-$preset.log)"; }
  mkdir -p "build/$preset" && mv "build-$preset.log" "build/$preset/configure.log"
  cmake --build --preset "$preset" --parallel "$jobs" ${1:+--target "$@"} </dev/null || die "the build of preset $preset failed"
}
