# SPDX-License-Identifier: BSD-3-Clause
# What build.sh, test.sh and demo.sh share; they source it. Not a program.
# shellcheck shell=bash disable=SC2034  # the package lists are used by those who source it

say() { printf '%s: %s\n' "$(basename "$0")" "$*"; }
die() { printf '%s: ERROR %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

cores() { nproc; }

# Compiler jobs that this machine can hold: a file that includes libtorch needs up to 2 GB.
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

# Open MPI and BLAS on one machine, as root or not, with as many ranks as one likes.
mpi_environment() {
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  export OMPI_MCA_rmaps_base_oversubscribe=1        # more ranks than cores are allowed
  export OMPI_MCA_hwloc_base_binding_policy=none    # two runs at once must not share one core
  export OMPI_MCA_mpi_yield_when_idle=1             # barriers on shared cores: 30 us, not 15 ms
  export OMPI_MCA_btl_vader_single_copy_mechanism=none  # containers forbid process_vm_readv
  export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1   # parallel over ranks; threads would fight
}

# install_packages NAME...: what is missing, as root or by sudo; otherwise it says what to install.
install_packages() {
  local package missing=()
  command -v dpkg-query >/dev/null ||
    die "this is not a Debian system; install by hand what corresponds to: $*"
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
      die "packages are missing and there is neither root nor sudo; ask for: apt-get install ${missing[*]}"
    fi
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local log
  log=$(mktemp)
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3)
  # An image may come without package lists, or with old ones: then fetch them and try again.
  "${as_root[@]}" "${apt[@]}" install --no-install-recommends "${missing[@]}" </dev/null >"$log" 2>&1 ||
    { "${as_root[@]}" "${apt[@]}" update </dev/null >"$log" 2>&1 &&
      "${as_root[@]}" "${apt[@]}" install --no-install-recommends "${missing[@]}" </dev/null >>"$log" 2>&1; } ||
    { tail -20 "$log" >&2; die "apt-get could not install the packages (whole log: $log)"; }
  rm -f "$log"
}

# Everything that compiles and runs the release preset.
release_packages=(
  g++ cmake ninja-build git ca-certificates pkg-config
  openmpi-bin libopenmpi-dev libhdf5-openmpi-dev
  libboost-program-options-dev nlohmann-json3-dev libxxhash-dev
  libceres-dev libfftw3-dev libfftw3-mpi-dev libhealpix-cxx-dev libcfitsio-dev
  libtorch-dev libdnnl-dev
  libopenblas0-pthread  # libtorch takes any BLAS; with the reference one it is 26 times slower
)
# What the tests need beside that.
test_packages=(
  libgtest-dev libnanoflann-dev clang-format codespell shellcheck
  python3 python3-h5py python3-healpy python3-matplotlib
)

# build PRESET: configure if needed, compile what changed; quiet when nothing did.
build() {
  local preset=$1 jobs
  jobs=$(build_jobs)
  [[ -f build/$preset/build.ninja ]] || say "configuring preset $preset"
  cmake --preset "$preset" -Wno-dev </dev/null >"build-$preset.log" 2>&1 ||
    { tail -30 "build-$preset.log" >&2; die "cmake failed (whole output: build-$preset.log)"; }
  mkdir -p "build/$preset" && mv "build-$preset.log" "build/$preset/configure.log"
  cmake --build --preset "$preset" --parallel "$jobs" </dev/null || die "the build of preset $preset failed"
}
