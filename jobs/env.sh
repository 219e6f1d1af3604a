# SPDX-License-Identifier: BSD-3-Clause
# Sourced by every <stage>.sbatch: the site's settings, and how a stage runs inside a job.
# shellcheck shell=bash

# --- Your site. Modules to load, if setsz was built with any:
# module load openmpi hdf5-parallel fftw

: "${SETSZ_ROOT:?is not set; submit with jobs/submit.sh, or export the folder of the setsz checkout}"
SETSZ=${SETSZ:-$SETSZ_ROOT/build/release/setsz}
# How MPI programs start. With Open MPI: pmix; `srun --mpi=list` shows what the site has.
SETSZ_LAUNCHER=${SETSZ_LAUNCHER:-srun --mpi=pmix}
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# run_stage STAGE CONFIG [OPTION...]: the last line of a batch script; it does not return.
#
# SLURM sends USR1 to this shell some minutes before the time limit (--signal=B:USR1@300); it is
# handed on, setsz saves its state and leaves with 75 = "run again". The job is requeued while it
# still runs: then the jobs that wait for it (afterok) keep waiting until it is really complete.
run_stage() {
  local stage=$1 child='' code
  shift
  trap '[[ -n $child ]] && kill -USR1 "$child"' USR1
  # A step of a job that was requeued after a node's death may find the remains of its own number:
  # a step that does nothing takes that number.
  [[ ${SLURM_RESTART_COUNT:-0} == 0 ]] || srun --mpi=none --ntasks=1 true

  # shellcheck disable=SC2086  # the launcher is several words
  $SETSZ_LAUNCHER "$SETSZ" run "$@" --stage "$stage" &
  child=$!
  while kill -0 "$child" 2>/dev/null; do wait "$child"; done  # a signal ends `wait` early
  wait "$child"
  code=$?
  child=''

  # 138: the signal came while the program was still being loaded; nothing is lost.
  if [[ $code == 75 || $code == 138 ]]; then
    echo "$stage: stopped at a checkpoint; requeued"
    scontrol requeue "$SLURM_JOB_ID"
    sleep 600  # until SLURM ends this script
  fi
  # A launcher may return 0 for a step that never ran: the products have the last word. What is
  # complete is skipped in seconds, whatever the launcher; what is not ends this job with an error.
  if [[ $code == 0 ]] && "$SETSZ" status "$@" --stage "$stage" | grep -E 'missing|stale|half'; then
    echo "$stage: the launcher returned 0, but the products above are not complete"
    code=70
  fi
  exit "$code"
}
