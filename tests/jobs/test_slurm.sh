#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# On a real SLURM: the chain of jobs runs to its end; a job that is told to stop saves its state,
# requeues itself and makes the same products; dependent jobs wait. Skipped (77) if no SLURM can be
# started.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
tool=${SETSZ_SLURM_TOOL:-$root/../shared/tools/slurm-local.sh}
[[ -x $tool ]] || { echo "skipped: no $tool"; exit 77; }
[[ $(id -u) == 0 ]] || { echo "skipped: starting a SLURM needs root"; exit 77; }

folder=$(mktemp -d)
export SLURM_LOCAL_DIR=$folder/slurm
mkdir "$folder/work" && chmod 755 "$folder"
end() {
  "$tool" stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap end EXIT
cd "$folder/work"
fail() { echo "FAILED: $*" >&2; squeue >&2; tail -n 30 ./*.log >&2 || true; exit 1; }

"$tool" start || { echo "skipped: no SLURM could be started here"; exit 77; }
eval "$("$tool" env)"
export OMPI_MCA_btl_vader_single_copy_mechanism=none

sed "s|@run@|$folder/work/run|" "$root/tests/end_to_end/tiny.ini" >tiny.ini
resources=(--ntasks=2 --mem-per-cpu=1500M --time=5)
# A training long enough to be interrupted.
slow=(--set train.epochs=120 --set run.checkpoint_minutes=0.05)

"$root/jobs/submit.sh" tiny.ini --stages mock,catalog,extract,voxelize,fit,train,predict "${slow[@]}" -- "${resources[@]}"
train=$(squeue --noheader --name=setsz-train --format=%i)
[[ -n $train ]] || fail "no job for training"

for ((i = 0; i < 120; i++)); do
  grep -q 'starts' "setsz-train-$train.log" 2>/dev/null && break
  sleep 1
done
sleep 2
scancel --batch --signal=USR1 "$train"
for ((i = 0; i < 240; i++)); do
  [[ -z $(squeue --noheader) ]] && break
  sleep 1
done
[[ -z $(squeue --noheader) ]] || fail "the queue did not empty"

grep -q 'train: stopped at a checkpoint; requeued' "setsz-train-$train.log" || fail "training was not interrupted"
"$SETSZ" verify run || fail "products"
"$SETSZ" status tiny.ini "${slow[@]}" --until predict --json >states.json || fail "status"
grep -q '"complete": true' states.json || { cat states.json; fail "the chain is not complete"; }

echo "ok"
