# SPDX-License-Identifier: BSD-3-Clause
# Sourced by every <stage>.sbatch: the settings of your site, and how a stage runs inside a job.
# shellcheck shell=bash

# --- Your site. Load the modules that setsz was built with, if any:
# module load openmpi hdf5-parallel fftw

: "${SETSZ_ROOT:?is not set; submit with jobs/submit.sh, or export the folder of the setsz checkout}"
SETSZ=${SETSZ:-$SETSZ_ROOT/build/release/setsz}
# How MPI programs start. Open MPI needs pmix; `srun --mpi=list` shows what the site has.
SETSZ_LAUNCHER=${SETSZ_LAUNCHER:-srun --mpi=pmix}
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# run_stage STAGE CONFIG [OPTION...]: the last line of a batch script; it does not return. With --only
# among the options (submit.sh gives it where a stage is run in rounds), those instances of the stage.
#
# SLURM sends USR1 to this shell some minutes before the time limit (--signal=B:USR1@300). The shell
# passes it on; setsz saves its state and exits with 75 = "run again". The job is requeued while it
# is still running, so that dependent jobs (afterok) wait until it is complete.
run_stage() {
  local stage=$1 child='' code
  shift
  local choice=(--stage "$stage")
  [[ " $* " == *" --only "* ]] && choice=()
  trap '[[ -n $child ]] && kill -USR1 "$child"' USR1
  # After the failure of a node, files of the old step 0 can make the new step 0 fail. This step does
  # nothing but use up the number.
  [[ ${SLURM_RESTART_COUNT:-0} == 0 ]] || srun --mpi=none --ntasks=1 true

  # shellcheck disable=SC2086  # the launcher is several words
  $SETSZ_LAUNCHER "$SETSZ" run "$@" "${choice[@]}" &
  child=$!
  while kill -0 "$child" 2>/dev/null; do wait "$child"; done  # a signal ends `wait` early
  wait "$child"
  code=$?
  child=''

  # 138: the signal arrived while the program was still loading; nothing is lost.
  if [[ $code == 75 || $code == 138 ]]; then
    echo "$stage: stopped at a checkpoint; requeued"
    scontrol requeue "$SLURM_JOB_ID"
    sleep 600  # until SLURM ends this script
  fi
  # A launcher may return 0 for a step that never ran, so the products decide.
  if [[ $code == 0 ]] && ! "$SETSZ" status "$@" "${choice[@]}" --exit-code; then
    echo "$stage: the launcher returned 0, but not all products are complete"
    code=70
  fi
  exit "$code"
}
