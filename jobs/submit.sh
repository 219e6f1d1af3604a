#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Submits one SLURM job for each stage; a job waits until what it needs is complete.
#   jobs/submit.sh CONFIG.ini [--stages a,b,c] [--set section.key=value]... [-- SBATCH_OPTION...]
# Without --stages: those of [run] stages in the configuration. Every sbatch gets the options after --:
#   jobs/submit.sh configs/tng300.ini -- --partition=compute --account=me
# Calling it again is safe: complete products are skipped.
set -euo pipefail
SETSZ_ROOT=$(cd "$(dirname "$0")/.." && pwd)
export SETSZ_ROOT
. "$SETSZ_ROOT/jobs/env.sh"

usage() { sed -n '3,7s/^# \{0,1\}//p' "$0" >&2; exit 64; }
(($# >= 1)) || usage
config=$1 stages='' options=()
shift
while (($#)); do
  case $1 in
    --stages) stages=${2:?--stages needs a list} && shift 2 ;;
    --set) options+=(--set "${2:?--set needs section.key=value}") && shift 2 ;;
    --) shift && break ;;
    *) usage ;;
  esac
done
[[ -r $config ]] || { echo "submit.sh: cannot read the configuration '$config'" >&2; exit 66; }

[[ -x $SETSZ ]] || { echo "submit.sh: cannot run '$SETSZ'; build it with jobs/build.sh or set SETSZ" >&2; exit 66; }

# Mistakes in the configuration are found here, not hours later on a node.
list=$("$SETSZ" stages "$config" "${options[@]}" ${stages:+--stage "$stages"} --instances)
declare -A rounds
while read -r stage _; do
  rounds[$stage]=$((${rounds[$stage]:-0} + 1))
  [[ -r $SETSZ_ROOT/jobs/$stage.sbatch ]] ||
    { echo "submit.sh: there is no job for the stage '$stage' (jobs/$stage.sbatch)" >&2; exit 64; }
done <<<"$list"

# Nothing but compare needs scores: where evaluate fails, paint and sky go on.
previous='' scores=''
while read -r stage instances; do
  wanted=$previous
  [[ $stage == compare ]] && wanted=$previous$scores
  after=()
  # kill-on-invalid-dep: jobs that wait for a failed job leave the queue instead of waiting for ever.
  [[ -n $wanted ]] && after=("--dependency=afterok$wanted" --kill-on-invalid-dep=yes)
  # Some instances need products of a later stage (trainings that take residuals of others): then the
  # stage comes twice, and each job makes its own share.
  share=()
  ((rounds[$stage] > 1)) && share=(--only "$instances")
  job=$(sbatch --parsable "${after[@]}" "$@" "$SETSZ_ROOT/jobs/$stage.sbatch" "$config" "${options[@]}" "${share[@]}" </dev/null)
  job=${job%%;*}
  case $stage in
    evaluate) scores+=:$job ;;
    compare) ;;
    *) previous=:$job ;;
  esac
  echo "$stage: job $job"
done <<<"$list"
