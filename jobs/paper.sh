#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The whole study of the paper on a matched pair in the layout of IllustrisTNG: the table of
# configs/paper/all.ini, the same on a mock universe whose truth is known, what each column is worth,
# and two of its networks with other voxels, clusters, profiles and with the published program's two
# defects. A second call goes on where the first one stopped.
#   jobs/paper.sh DATA RUN [SNAPSHOT [SECOND_SNAPSHOT]]
#     reads DATA/dmo/snapdir_SNAPSHOT, DATA/hydro/..., DATA/rockstar/...
#   SETSZ_RANKS=4 SETSZ=build/ci/setsz jobs/paper.sh DATA RUN 099
set -euo pipefail
cd "$(dirname "$0")/.."
. jobs/common.sh

(($# >= 2)) || die "usage: jobs/paper.sh DATA RUN [SNAPSHOT [SECOND_SNAPSHOT]]"
data=$1 run=$2 snapshot=${3:-099} second=${4:-}
snapshots=z0
setsz=${SETSZ:-build/release/setsz}
mpi_environment

pair=(--set snapshot.z0.dark_matter="$data/dmo/snapdir_$snapshot"
      --set snapshot.z0.gas="$data/hydro/snapdir_$snapshot"
      --set snapshot.z0.catalog="$data/rockstar/snap_$snapshot/out_0_allcols_pid.list")
# About as many clusters as in a box of 75 Mpc/h, of 2000 particles and more.
mock=(--set "run.stages=mock,catalog,extract,voxelize,moments,fit,train,residuals,predict,evaluate,compare"
      --set snapshot.z0.mock=yes --set mock.box=75 --set mock.particle_mass=3e10 --set mock.mass_min=5e13
      --set mock.mass_max=5e14 --set mock.abundance=4.5 --set catalog.mass_min=5e13 --set voxelize.cell_size=volume)

# study NAME CONFIG [options of setsz]: a run of configs/paper/CONFIG.ini in RUN/NAME.
study() {
  local name=$1 config=$2
  shift 2
  say "$name"
  mpirun -n "${SETSZ_RANKS:-1}" "$setsz" run "configs/paper/$config.ini" --set run.directory="$run/$name" "$@" </dev/null
}

# variation NAME MODELS [options]: one of its networks alone (after those that it needs), with other data.
# snapshots="z0 z1" tells of more than one; together they teach one network.
variation() {
  local name=$1 models=$2 stage model snapshot
  shift 2
  local only=()
  for stage in catalog extract voxelize moments fit; do only+=(--only "$stage"); done
  [[ $models != *' '* ]] || only+=(--only "residuals/$snapshots/${models%% *}")
  for model in $models; do
    only+=(--only "train/${snapshots// /+}/$model")
    for snapshot in $snapshots; do only+=(--only "predict/$snapshot/$model" --only "evaluate/$snapshot/$model"); done
  done
  study "$name" all "${pair[@]}" "${only[@]}" "$@"
}

study all all "${pair[@]}"
study mock all "${mock[@]}" --set train.seeds=1
study columns columns "${pair[@]}" --set train.seeds=1

variation voxels_64 moments --set voxelize.n_voxels=64
variation voxels_96 moments --set voxelize.n_voxels=96
# Cubes of one size: 4 R200 of a cluster of 4e14 Msun/h, which is as far as losses are counted.
variation fixed_size moments --set voxelize.fixed_edge=4800
variation lower_mass moments --set catalog.mass_min=5e12
variation fixed_core moments --set fit.core=1e-3
# Residuals of the training clusters from networks that have not seen them.
variation out_of_fold "origin_local stochastic" --set residuals.out_of_fold=yes --set train.seeds=1
# One network for two redshifts.
if [[ -n $second ]]; then
  snapshots="z0 z1" variation two_snapshots moments --set snapshot.z1.dark_matter="$data/dmo/snapdir_$second" \
    --set snapshot.z1.gas="$data/hydro/snapdir_$second" \
    --set snapshot.z1.catalog="$data/rockstar/snap_$second/out_0_allcols_pid.list" \
    --set train.snapshots=z0,z1 --set catalog.split_like=z0 --set model.moments.scalars=published,profile,ln_a
fi

# The published Origin, with voxels at their corners and rows of the tensors for eigenvectors, each
# against its own benchmark.
for position in corner centre; do
  for vectors in rows published; do
    variation "legacy_${position}_$vectors" origin_published \
      --set train.origin_published.seeds=1,2,3 --set voxelize.voxel_position=$position --set model.origin_published.contractions=absolute \
      --set "model.origin_published.vectors=$([[ $vectors == rows ]] &&
        echo angular_momentum,centre_of_mass,rows || echo published)"
  done
done

python3 jobs/summary.py --table "$run"/all "$run"/*/
