#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# submit.sh chains the stages of a configuration, passes options on, and finds mistakes before it
# submits anything.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
fail() { echo "FAILED: $*" >&2; cat calls 2>/dev/null >&2; exit 1; }

mkdir bin
cat >bin/sbatch <<'S'
#!/bin/bash
echo "$*" >>calls
echo "$((100 + $(wc -l <calls)));cluster"
S
chmod +x bin/*
export PATH=$folder/bin:$PATH
sed -e 's|@run@|run|' -e 's/^stages = .*/stages = fit, catalog,extract  # three/' \
  "$root/tests/end_to_end/tiny.ini" >small.ini

"$root/jobs/submit.sh" small.ini --set run.seed=3 -- --partition=low >out
[[ $(wc -l <calls) == 3 ]] || fail "three stages, three jobs"
[[ $(sed -n 1p calls) == "--parsable --partition=low $root/jobs/catalog.sbatch small.ini --set run.seed=3" ]] || fail "first job"
[[ $(sed -n 2p calls) == *"--dependency=afterok:101 --kill-on-invalid-dep=yes"*"/extract.sbatch"* ]] || fail "second waits for the first"
[[ $(sed -n 3p calls) == *"--dependency=afterok:102"*"/fit.sbatch"* ]] || fail "third waits for the second"
[[ $(cat out) == $'catalog: job 101\nextract: job 102\nfit: job 103' ]] || fail "what it says"

# Stages that come in rounds: each job makes its share, after the job of the round before.
rm calls
"$root/jobs/submit.sh" "$root/configs/paper/all.ini" --set run.directory="half done run" >out
[[ $(grep -c '/train.sbatch' calls) -gt 1 ]] || fail "rounds of trainings"
[[ $(grep '/train.sbatch' calls | grep -c -- ' --only train/') == $(grep -c '/train.sbatch' calls) ]] || fail "shares of a stage in rounds"
[[ -z $(grep -o ' --only [^ ]*' calls | grep -o '[^ ,]*/[^ ,]*' | sort | uniq -d) ]] || fail "an instance in two jobs"
grep '/catalog.sbatch' calls | grep -q -- --only && fail "a stage that comes once needs no --only"
# Scores are needed by compare alone.
evaluate=$(sed -n 's/^evaluate: job //p' out | paste -sd:)
grep '/compare.sbatch' calls | grep -q -- "afterok:[0-9]*:$evaluate " || fail "compare waits for all scores"
score=$(sed -n 's/^evaluate: job //p' out | head -1)
[[ $(grep -c -- "[:=]${score}[: ]" calls) == 1 ]] || fail "something beside compare waits for evaluate"

rm calls
"$root/jobs/submit.sh" small.ini --stages sky >/dev/null
[[ $(wc -l <calls) == 1 && $(cat calls) == *"/sky.sbatch small.ini" ]] || fail "--stages"

# refused CODE ARGUMENT...: submit.sh ends with this code and submits nothing.
refused() {
  local wanted=$1 code=0
  shift
  rm -f calls
  "$root/jobs/submit.sh" "$@" >/dev/null 2>&1 || code=$?
  [[ $code == "$wanted" && ! -e calls ]] || fail "submit.sh $*: exit code $code, expected $wanted and no job"
}
refused 78 small.ini --set run.sed=1
refused 64 small.ini --stages nonsense
refused 66 nowhere.ini
sed -e '/^\[model/,/^\[train/{/^\[train/!d}' -e 's/^stages = .*/stages = fit, train/' small.ini >no_model.ini
refused 78 no_model.ini
SETSZ=$folder/nothing refused 66 small.ini

# A job in a run directory with any name ends with the code of the program, and believes no launcher
# that returned 0 without having run it.
sed -e 's|^directory = .*|directory = half done "complete": true|' small.ini >odd.ini
job() { (cd "$folder" && SETSZ_ROOT=$root SETSZ_LAUNCHER=$1 SLURM_JOB_ID=7 bash -c '. "$SETSZ_ROOT/jobs/env.sh"; run_stage catalog odd.ini'); }
code=0 && job true >log 2>&1 || code=$?
[[ $code == 70 ]] || fail "a launcher that runs nothing: exit code $code, expected 70"
grep -q 'not all products are complete' log || fail "what it says of a launcher that runs nothing"

# All batch scripts run their stage through env.sh.
for script in "$root"/jobs/*.sbatch; do
  stage=$(basename "$script" .sbatch)
  grep -qx "run_stage $stage \"\$@\"" "$script" || fail "$script does not run its stage"
  grep -q -- '--requeue --open-mode=append --signal=B:USR1@300' "$script" || fail "$script cannot be requeued"
done
echo "ok"
