#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""submit.sh with a SLURM that only records what it is asked: who waits for whom, arrays, resources, refusals; and
stage.sbatch with launchers that misbehave."""
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETSZ = os.environ["SETSZ"]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "jobs/slurm"))
import slurm  # noqa: E402
from chain import jobs_of, needs_of, whole_or_tasks  # noqa: E402

FAKE = r"""#!/bin/bash
# Records its call in $FAKE/calls; answers from files in $FAKE.
name=$(basename "$0")
printf '%s\n' "$name" "$@" '' >>"$FAKE/calls"
case "$name $*" in
"sbatch --test-only"*)
  [[ $* != *--constraint=nothing* ]] || { echo "allocation failure: Invalid feature" >&2; exit 1; } ;;
sbatch*)
  n=$(($(cat "$FAKE/count" 2>/dev/null || echo 100) + 1))
  echo $n >"$FAKE/count"
  if [[ $n == "$(cat "$FAKE/refuse" 2>/dev/null)" ]]; then echo "sbatch: error: no such account" >&2; exit 1; fi
  [[ ! -e $FAKE/interrupt || $n != 102 ]] || kill -TERM $PPID
  echo "$n;cluster" ;;
"sinfo --noheader --format=%P") printf 'other\nmain*\n' ;;
sinfo*%c*) cat "$FAKE/nodes" ;;
sinfo*%l*) cat "$FAKE/limits" ;;
"scontrol show"*) echo "MaxArraySize            = 1001" ;;
"scontrol requeue"*) kill -TERM $PPID ;;  # as SLURM does
squeue*) cat "$FAKE/queue" 2>/dev/null ;;
esac
exit 0
"""

MORE_SNAPSHOTS = "[snapshot.z0]\nmock = yes\n[snapshot.z1]\nmock = yes\nmock_redshift = 0.5\n"


class Result:
    def __init__(self, process, calls):
        self.code, self.output = process.returncode, process.stdout + process.stderr
        self.calls = calls
        self.jobs = {}  # name -> words of its sbatch
        self.ids = {}
        for number, call in enumerate(c for c in calls if c[0] == "sbatch" and "--test-only" not in c):
            name = next(w for w in call if w.startswith("--job-name="))[len("--job-name=setsz-"):]
            self.jobs[name], self.ids[name] = call, str(101 + number)

    def value(self, job, option):
        """The last one, as for sbatch."""
        found = [w[len(option) + 1:] for w in self.jobs[job] if w.startswith(option + "=")]
        return found[-1] if found else None

    def waits(self, job):
        """"afterok:102_0:103" -> "afterok extract[0] fit"."""
        text = self.value(job, "--dependency")
        if text is None:
            return ""
        names = {number: name for name, number in self.ids.items()}
        words = re.sub(r"(\d+)_(\d+)", lambda m: "{}[{}]".format(names[m[1]], m[2]), text)
        words = re.sub(r":(\d+)(?!\d|\])", lambda m: ":" + names.get(m[1], m[1]), words)
        return words.replace(":", " ")


class SubmitTest(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = Path(self.temporary.name)
        (self.folder / "bin").mkdir()
        for name in ("sbatch", "sinfo", "scontrol", "squeue", "scancel", "sacct"):
            path = self.folder / "bin" / name
            path.write_text(FAKE)
            path.chmod(0o755)
        self.put("nodes", "8|16000|idle\n" * 4 + "64|900000|down*\n")
        self.put("limits", "1-00:00:00|1-infinite\n")
        self.environment = dict(os.environ, PATH=f"{self.folder}/bin:{os.environ['PATH']}", FAKE=str(self.folder),
                                SETSZ_SITE=str(self.folder / "site.ini"))
        self.put("site.ini", "")
        self.tiny()

    def put(self, name, text):
        (self.folder / name).write_text(text)

    def tiny(self, *replacements):
        text = (ROOT / "tests/end_to_end/tiny.ini").read_text().replace("@run@", "run")
        for old, new in replacements:
            self.assertIn(old, text)
            text = text.replace(old, new)
        self.put("tiny.ini", text)

    def submit(self, *words, code=0, config="tiny.ini"):
        for name in ("calls", "count"):
            (self.folder / name).unlink(missing_ok=True)
        process = subprocess.run([ROOT / "jobs/submit.sh", config, *words], cwd=self.folder, env=self.environment, text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        calls = self.folder / "calls"
        text = calls.read_text() if calls.exists() else ""
        result = Result(process, [call.split("\n") for call in text.strip("\n").split("\n\n") if call])
        self.assertEqual(result.code, code, result.output)
        return result

    def test_jobs_wait_for_what_they_need_and_for_nothing_else(self):
        result = self.submit()
        self.assertEqual({name: result.waits(name) for name in result.jobs if name != "report"}, {
            "mock": "", "catalog": "afterok mock", "extract": "afterok catalog", "voxelize": "afterok catalog",
            "fit": "afterok voxelize", "train": "afterok extract fit[0]", "predict": "afterok train", "evaluate": "afterok predict",
            "compare": "afterok evaluate", "paint-1": "afterok mock", "paint-2": "afterok fit[1] predict paint-1",
            "sky": "afterok fit[1] predict"})  # of fit: fold 0, the skirt; of paint: the gas on the grid, the map
        self.assertEqual(result.value("report", "--dependency"), "afterany:" + ":".join(str(n) for n in range(101, 113)))
        for name in result.jobs:
            self.assertEqual("--hold" in result.jobs[name], name == "mock", name)
            self.assertEqual("--kill-on-invalid-dep=yes" in result.jobs[name], name not in ("mock", "report"), name)
        self.assertEqual(result.calls[-1], ["scontrol", "release", "101"])

    def test_folds_seeds_and_snapshots_are_arrays(self):
        self.tiny(("[snapshot.z0]\nmock = yes\n", MORE_SNAPSHOTS))
        result = self.submit("--set", "catalog.folds=2", "--set", "train.seeds=1,2", "--until", "evaluate")
        for stage in ("mock", "catalog", "extract", "voxelize"):
            self.assertEqual(result.value(stage, "--array"), "0,1")
        self.assertEqual(result.waits("voxelize"), "aftercorr catalog")
        self.assertEqual([result.waits("fit-1"), result.waits("fit-2")], ["afterok voxelize[0]", "afterok voxelize[1]"])
        trains = [name for name in result.jobs if name.startswith("train")]
        self.assertEqual(len(trains), 4)  # snapshot x fold, each an array of seeds
        self.assertEqual([result.value(name, "--array") for name in trains], ["0,1"] * 4)
        self.assertEqual(result.waits("train-2"), "afterok extract[0] fit-1[1]")
        self.assertEqual(result.waits("predict-2"), "aftercorr train-2")
        self.assertEqual(result.waits("evaluate-1"), "aftercorr predict-1 predict-2")
        chain = next((self.folder / "run/jobs").iterdir())
        self.assertEqual((chain / "train-2.tasks").read_text(),
                         "0 train/z0/small/fold1/seed1\n1 train/z0/small/fold1/seed2\n")

    def test_a_stage_in_rounds_has_a_job_for_each(self):
        (self.folder / "rounds.ini").write_text((ROOT / "tests/end_to_end/stochastic.ini").read_text().replace("@run@", "run"))
        result = self.submit(config="rounds.ini")
        self.assertEqual(result.waits("residuals"), "afterok " + result.waits("residuals").split()[1])
        trains = sorted(name for name in result.jobs if name.startswith("train"))
        self.assertEqual(len(trains), 2)
        self.assertIn(result.waits(trains[1]), ("afterok residuals", "afterok fit[0] residuals"))

    def test_what_is_complete_gets_no_job(self):
        subprocess.run([SETSZ, "run", "tiny.ini", "--until", "catalog"], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        result = self.submit("--until", "fit")
        self.assertEqual({name: result.waits(name) for name in result.jobs if name != "report"},
                         {"extract": "", "voxelize": "", "fit": "afterok voxelize"})
        self.assertEqual(result.calls[-1], ["scontrol", "release", "101,102"])
        result = self.submit("--until", "catalog")
        self.assertEqual(result.jobs, {})
        self.assertIn("nothing to submit", result.output)
        # The jobs of the first submission are still waiting.
        self.put("queue", "103\n")
        self.assertIn("scancel 103", self.submit("--until", "fit", code=73).output)

    def test_resources_follow_from_the_plan_and_the_machine(self):
        result = self.submit("--until", "mock")
        plan = json.loads(subprocess.run([SETSZ, "plan", "tiny.ini", "--until", "mock", "--json"], cwd=self.folder,
                                         stdout=subprocess.PIPE, check=True).stdout)["products"][0]["job"]
        asked = int(result.value("mock", "--mem-per-cpu").rstrip("M")) * 1024 * 1024
        self.assertAlmostEqual(asked, 1.3 * plan["estimated_memory_bytes"] + 200e6, delta=3e6)
        self.assertEqual([result.value("mock", o) for o in ("--nodes", "--ntasks", "--time", "--signal")], ["1", "1", "15", "B:USR1@300"])
        self.put("site.ini", "[site]\nwish_hours = 1e-4\noptions = --account=me\n[mock]\noptions = --qos=long\n")
        result = self.submit("--until", "mock", "--for", "mock=--time=1:00 -p other", "--more-memory", "mock=2",
                             "--", "--qos=short", "--cpus-per-task=2", "--time=7")
        self.assertGreater(int(result.value("mock", "--ntasks")), 1)
        words = result.jobs["mock"]
        self.assertLess(words.index("--qos=long"), words.index("--qos=short"))  # the command line wins
        self.assertEqual([w for w in words if w.startswith("--time=")][-1], "--time=1:00")
        self.assertEqual(result.value("mock", "--signal"), "B:USR1@20")  # a third of one minute
        self.assertIn("--account=me", result.jobs["report"])
        self.assertTrue(any(call[0] == "sinfo" and "--partition=other" in call for call in result.calls))
        result = self.submit("--until", "mock", "--more-time", "3", "--more-memory", "mock=2", "--", "--time=10", "--mem-per-cpu=1G")
        self.assertEqual([result.value("mock", "--time"), result.value("mock", "--mem-per-cpu")], ["30", "2048M"])

    def test_dry_run_submits_nothing(self):
        result = self.submit("--dry-run")
        self.assertEqual(result.jobs, {})
        self.assertFalse((self.folder / "run").exists())
        self.assertIn("extract, fit", result.output)

    def test_what_cannot_fit_is_said_before_the_first_job(self):
        self.put("nodes", "8|300|idle\n")
        result = self.submit(code=71)
        self.assertEqual(result.jobs, {})
        self.assertRegex(result.output, r"mock/z0 needs \d+ MB of memory for each of 1 task .* a node has 315 MB")
        self.put("nodes", "8|16000|idle\n")
        self.assertEqual(self.submit("--more-memory", "50", code=71).jobs, {})
        # SLURM would accept the job, and it would wait for ever.
        for words in ([], ["--dry-run"]):
            result = self.submit(*words, "--for", "sky=--constraint=nothing", code=69)
            self.assertEqual(result.jobs, {})
            self.assertIn("sky: sbatch: allocation failure", result.output)

    def test_all_or_nothing(self):
        self.put("refuse", "104")
        result = self.submit(code=69)
        self.assertIn(["scancel", "101", "102", "103"], result.calls)
        self.assertFalse(any(call[:2] == ["scontrol", "release"] for call in result.calls))
        self.assertIn("no such account", result.output)
        self.put("refuse", "101")
        result = self.submit(code=69)
        self.assertFalse(any(call[0] == "scancel" for call in result.calls))
        (self.folder / "refuse").unlink()
        self.put("interrupt", "")
        result = self.submit(code=69)
        self.assertEqual(result.calls[-1], ["scancel", "101", "102"])

    def test_refusals(self):
        for code, words in ((78, ["--set", "run.sed=1"]), (64, ["--stages", "nonsense"]), (64, ["--nonsense"]),
                            (64, ["--more-time", "train=much"]), (64, ["--for", "train"]), (66, ["--stages", "sky"]), (66, ["--from", "fit"])):
            self.assertEqual(self.submit(*words, code=code).jobs, {}, words)
        self.submit(config="nowhere.ini", code=66)
        self.put("site.ini", "[site]\ncolour = me\n")
        self.assertIn("colour", self.submit(code=78).output)
        self.put("site.ini", "")
        self.environment["SETSZ"] = "/nowhere"
        self.submit(code=66)

    def run_task(self, launcher, prepare=lambda: None, **variables):
        """stage.sbatch as SLURM would start it."""
        self.put("site.ini", f"[site]\nlauncher = {launcher}\n")
        self.submit("--until", "mock")
        prepare()
        self.put("queue", "RUNNING\n")
        self.chain = max((self.folder / "run/jobs").iterdir(), key=lambda path: path.stat().st_mtime)
        process = subprocess.run(["bash", ROOT / "jobs/slurm/stage.sbatch", self.chain, "mock"], cwd=self.folder, timeout=60,
                                 env=dict(self.environment, SLURM_JOB_ID="7", **variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        records = [json.loads(line) for line in (self.chain / "records/mock.0.jsonl").read_text().splitlines()]
        return process.returncode, [(record["event"], record["code"]) for record in records]

    def test_a_launcher_that_runs_nothing_is_not_believed(self):
        self.tiny(("directory = run", 'directory = half done "complete": true'))
        (self.folder / 'half done "complete": true').mkdir()
        (self.folder / "run").symlink_to('half done "complete": true')
        self.assertEqual(self.run_task("true"), (70, [("start", 0), ("end", 70)]))

    def test_a_failure_keeps_its_code_and_message(self):
        code, records = self.run_task("env", lambda: (self.folder / "run/.lock").mkdir())
        self.assertEqual((code, records), (73, [("start", 0), ("end", 73)]))
        error = json.loads((self.chain / "records/mock.0.error.json").read_text())
        self.assertEqual(error["code"], 73)
        self.assertIn("cannot write in the run directory", error["message"])

    def test_a_stop_requeues_this_task_alone(self):
        self.put("stops", "#!/bin/bash\nexit 75\n")
        (self.folder / "stops").chmod(0o755)
        for variables, name in (({}, "7"), ({"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "0"}, "7_0")):
            code, records = self.run_task(f"{self.folder}/stops", **variables)
            self.assertEqual((code, records), (-15, [("start", 0), ("requeue", 75)]))
            self.assertIn(f"scontrol\nrequeue\n{name}\n", (self.folder / "calls").read_text())
            (self.folder / "queue").unlink()
        # A job that is being cancelled.
        (self.folder / "bin/squeue").write_text("#!/bin/bash\necho COMPLETING\n")
        self.put("site.ini", f"[site]\nlauncher = {self.folder}/stops\n")
        code, records = self.run_task(f"{self.folder}/stops")
        self.assertEqual((code, records), (75, [("start", 0), ("end", 75)]))


def product(name, stage, waits, tasks=1, state="missing"):
    return {"id": name, "stage": stage, "state": state, "waits_for": waits,
            "job": {"nodes": 1, "tasks": tasks, "memory_bytes": 1e9, "limit_seconds": 900, "requeues": False}}


def closure(direct):
    """name -> all that it needs, directly or not; names in an order in which needs come first."""
    all_needs = {}
    for name, needs in direct.items():
        all_needs[name] = set(needs).union(*(all_needs[n] for n in needs)) if needs else set()
    return all_needs


class ChainTest(unittest.TestCase):
    def check(self, products, limit=1000):
        jobs = jobs_of(products, limit)
        waits = {}
        for job in jobs:
            self.assertLessEqual(len(job.tasks), limit)
            for index, name in job.tasks.items():
                self.assertNotIn(name, waits, "a product in two jobs")
                direct = []
                for other, task in whole_or_tasks(job.after):
                    direct += list(other.tasks.values()) if task is None else [other.tasks[task]]
                direct += [other.tasks[index] for other in job.pairwise]
                self.assertTrue(all(need in waits for need in direct), "a job waits for a later one")
                waits[name] = direct
        pending = {p["id"] for p in products if p["state"] != "complete"}
        self.assertEqual(set(waits), pending)
        wanted = closure({p["id"]: [w for w in p["waits_for"] if w in pending] for p in products if p["id"] in pending})
        self.assertEqual(closure(waits), wanted)
        return jobs

    def test_every_product_waits_for_what_it_needs_and_for_nothing_else(self):
        for seed in range(300):
            chance = random.Random(seed)
            products = []
            for number in range(chance.randint(1, 40)):
                before = [p["id"] for p in products]
                waits = chance.sample(before, min(len(before), chance.choice([0, 1, 1, 2, 3])))
                state = "missing"
                products.append(product(f"p{number}", f"stage{chance.randint(0, 3)}", waits, chance.choice([1, 1, 4]), state))
            self.check(products, chance.choice([1, 2, 1000]))

    def test_axes(self):
        products = [product(f"a/{s}", "a", []) for s in "xyz"]
        products += [product(f"b/{s}", "b", [f"a/{s}"]) for s in "xyz"]
        products += [product(f"c/{s}/{f}", "c", [f"a/{s}", f"b/{s}"]) for s in "xyz" for f in range(5)]
        jobs = self.check(products)
        self.assertEqual([len(job.tasks) for job in jobs], [3, 3, 5, 5, 5])
        self.assertEqual([len(job.pairwise) for job in jobs], [0, 1, 0, 0, 0])

    def test_complete_products_are_waited_for_by_nobody(self):
        products = [product("a", "a", [], state="complete"), product("b", "b", ["a"]), product("c", "c", ["a", "b"])]
        self.assertEqual(needs_of(products)["c"], ["b"])
        self.assertEqual([list(job.tasks.values()) for job in self.check(products)], [["b"], ["c"]])


class SlurmTextTest(unittest.TestCase):
    def test_times(self):
        for text, seconds in (("3", 180), ("02:30", 150), ("1:00:00", 3600), ("1-02:03:04", 93784), ("2-12", 216000), ("infinite", 0)):
            self.assertEqual(slurm.seconds_of(text), seconds, text)

    def test_options(self):
        words = ["--time=5", "-p", "a", "-t6", "--partition", "b"]
        self.assertEqual(slurm.option_value(words, "--time", "-t"), "6")
        self.assertEqual(slurm.option_value(words, "--partition", "-p"), "b")
        self.assertIsNone(slurm.option_value(words, "--cpus-per-task", "-c"))


if __name__ == "__main__":
    unittest.main()
