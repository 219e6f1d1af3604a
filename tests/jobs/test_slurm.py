#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Chains of jobs on a real SLURM, which local_slurm.sh starts: whatever happens to them, they end with the bytes of a run
that nobody disturbed.
  test_slurm.py Quick      three minutes, in CI
  test_slurm.py Limits Faults TwoNodes Demo      the rest, jobs/test.sh --slow -R slurm"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETSZ = os.environ["SETSZ"]
TOOL = Path(__file__).with_name("local_slurm.sh")


def without_times(value):
    """The comparison of models says how long each was trained."""
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key != "core_seconds"}
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


def products_of(run):
    """Product -> hashes of the content of its files."""
    found = {}
    for path in sorted(Path(run).rglob("manifest.json")):
        outputs = json.loads(path.read_text())["outputs"]
        name = str(path.parent.relative_to(run))
        found[name] = [(output["file"], output["content"]) for output in outputs]
        if name.startswith("compare/"):
            found[name] = without_times(json.loads((path.parent / "results.json").read_text()))
    return found


class SlurmTest(unittest.TestCase):
    """A SLURM, and the products of an undisturbed run, for all tests of a class."""
    machine = {}  # variables of local_slurm.sh
    settings = []  # of the configuration
    configuration = "tests/end_to_end/tiny.ini"

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="setsz_slurm_")
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = Path(cls.temporary.name)
        os.chmod(cls.folder, 0o755)
        cls.addClassCleanup(cls.tool, "stop", check=False)
        cls.tool("start")
        variables = subprocess.run(["bash", "-c", ". \"$1\" && env -0", "bash", cls.folder / "slurm/env.sh"], check=True,
                                   stdout=subprocess.PIPE, text=True).stdout
        cls.environment = dict(pair.split("=", 1) for pair in variables.split("\0") if "=" in pair)
        cls.environment["SETSZ_SITE"] = str(cls.folder / "site.ini")
        (cls.folder / "site.ini").write_text("")
        text = (ROOT / cls.configuration).read_text()
        (cls.folder / "c.ini").write_text(re.sub(r"^directory = .*", f"directory = {cls.folder}/run", text, flags=re.M))
        cls.call(SETSZ, "run", "c.ini", *cls.settings)
        cls.reference = products_of(cls.folder / "run")
        (cls.folder / "run").rename(cls.folder / "undisturbed")

    @classmethod
    def tool(cls, *words, check=True):
        subprocess.run([TOOL, words[0], cls.folder / "slurm", *words[1:]], check=check, timeout=120,
                       env=dict(os.environ, SLURM_OWNER=str(os.getpid()), **cls.machine), stdin=subprocess.DEVNULL)

    @classmethod
    def call(cls, *words, code=0):
        process = subprocess.run(list(map(str, words)), cwd=cls.folder, env=cls.environment, stdin=subprocess.DEVNULL, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1800)
        if process.returncode != code:
            raise AssertionError(f"{words}: code {process.returncode}, expected {code}\n{process.stdout}")
        return process.stdout

    def setUp(self):
        self.run_folder = self.folder / "run"

    def tearDown(self):
        queue = self.queue("%F")
        if queue:
            self.call("scancel", *queue)
            self.wait()
        shutil.rmtree(self.run_folder, ignore_errors=True)

    def begin_with(self, *stages):
        """Products of these stages lie in the run directory."""
        for stage in stages:
            shutil.copytree(self.folder / "undisturbed" / stage, self.run_folder / stage)

    def submit(self, *words, code=0):
        output = self.call(ROOT / "jobs/submit.sh", "c.ini", *self.settings, *words, code=code)
        if code:
            return output
        self.chain = max((self.run_folder / "jobs").iterdir(), key=lambda path: path.stat().st_mtime)
        self.ids = {job["key"]: job["id"] for job in json.loads((self.chain / "chain.json").read_text())["jobs"]}
        return output

    def queue(self, what="%i|%j|%T"):
        return self.call("squeue", "--noheader", "--array", "--format=" + what).split()

    def wait(self, seconds=400):
        self.wait_for(lambda: not self.queue(), "the queue to empty", seconds)

    def wait_for(self, condition, what, seconds=200):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                self.fail(f"waited {seconds} s for {what}\n{self.queue()}\n{self.logs()}")
            time.sleep(0.3)

    def logs(self):
        texts = []
        for path in sorted((self.run_folder / "jobs").glob("*/logs/*.log")) + sorted((self.run_folder / "jobs").glob("*/report.*")):
            texts.append(f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-12:]))
        return "\n".join(texts)

    def wait_for_start(self, job, index=0, word="starts"):
        """The name that SLURM has for this task."""
        array = any(row["array"] for row in json.loads((self.chain / "chain.json").read_text())["jobs"] if row["key"] == job)
        task = f"{self.ids[job]}_{index}" if array else self.ids[job]
        log = self.chain / f"logs/{job}-{task}.log"
        self.wait_for(lambda: log.exists() and word in log.read_text(errors="replace"), f"'{word}' in {log.name}")
        return task

    def events(self, job, index=0):
        path = self.chain / f"records/{job}.{index}.jsonl"
        return [json.loads(line)["event"] for line in path.read_text().splitlines()] if path.exists() else []

    def report(self):
        """Product -> (cause, code, starts)."""
        rows = json.loads((self.chain / "report.json").read_text())["products"]
        return {row["id"]: (row["cause"], row["code"], row["starts"]) for row in rows}

    def assert_undisturbed(self):
        found = products_of(self.run_folder)
        self.assertEqual(set(found), set(self.reference), self.logs())
        for product, outputs in self.reference.items():
            self.assertEqual(found[product], outputs, product)
        self.call(SETSZ, "verify", "run")


UPSTREAM = ("mock", "catalog", "extract", "voxelize", "fit")


class Quick(SlurmTest):
    settings = ["--set", "catalog.folds=2", "--set", "train.epochs=600", "--set", "run.checkpoint_minutes=0.01"]

    def test_a_chain_with_arrays_of_folds_one_of_which_is_stopped(self):
        self.submit("--mail", "somebody@here")
        task = self.wait_for_start("train-1")
        time.sleep(1)
        self.call("scancel", "--batch", "--signal=USR1", task)  # as before the time limit
        self.wait()
        self.assert_undisturbed()
        causes = self.report()
        self.assertEqual({cause for cause, _, _ in causes.values()}, {"complete"})
        self.assertEqual(sorted(starts for _, _, starts in causes.values())[-2:], [1, 2], causes)
        self.assertIn("somebody@here", (self.folder / "slurm/mails").read_text())
        self.assertIn("nothing to submit", self.call(ROOT / "jobs/submit.sh", "c.ini", *self.settings))

    def test_a_stage_that_fails_stops_only_those_that_need_it(self):
        self.begin_with(*UPSTREAM, "train", "predict")
        (self.run_folder / "evaluate").write_text("in the way")
        self.submit()
        self.wait()
        causes = self.report()
        self.assertEqual(causes["evaluate/z0/small/seed1"][:2], ("failed", 73), self.logs())
        self.assertEqual(causes["compare/z0"][0], "not run")
        self.assertEqual([causes[p][0] for p in ("paint/z0/small", "sky/small")], ["complete"] * 2)
        text = (self.chain / "report.txt").read_text()
        self.assertIn("evaluate/z0/small/seed1: ", text)
        self.assertIn("next: jobs/submit.sh c.ini", text)
        (self.run_folder / "evaluate").unlink()
        self.submit()
        self.assertEqual(list(self.ids), ["evaluate", "compare"])
        self.wait()
        self.assert_undisturbed()

    def test_an_array_of_folds_is_stopped_in_part_then_cancelled_and_submitted_again(self):
        self.begin_with(*UPSTREAM)
        self.submit()
        self.assertIn("scancel", self.submit(code=73))  # a second chain
        self.wait_for_start("train", index=0)
        task = self.wait_for_start("train", index=1)
        self.call("scancel", "--batch", "--signal=USR1", task)
        self.wait_for(lambda: self.events("train", 1)[-1:] == ["requeue"], "the task to be requeued")
        self.wait_for_start("train", index=1, word="resumes")
        self.assertNotIn("requeue", self.events("train", 0))
        self.call("scancel", *self.ids.values())
        self.wait()
        causes = {product: row[0] for product, row in self.report().items()}
        self.assertEqual(causes["train/z0/small/fold1/seed1"], "cancelled", self.logs())
        self.assertEqual(causes["sky/small"], "not run")
        self.submit()
        self.wait()
        self.assert_undisturbed()

    def test_refused_resources_leave_nothing_behind(self):
        self.begin_with(*UPSTREAM)
        for impossible in ("--ntasks=99", "--constraint=nothing"):
            self.assertIn("sky: ", self.submit("--for", "sky=" + impossible, code=69))
        self.assertFalse((self.run_folder / "jobs").exists())
        # Refused only when it is submitted, as by a limit on the number of jobs.
        (self.folder / "bin").mkdir()
        (self.folder / "bin/sbatch").write_text('#!/bin/bash\n[[ $* != *setsz-sky* || $* == *--test-only* ]] || exit 1\n'
                                                f'exec {shutil.which("sbatch")} "$@"\n')
        (self.folder / "bin/sbatch").chmod(0o755)
        self.addCleanup(self.environment.update, PATH=self.environment["PATH"])
        self.environment["PATH"] = f"{self.folder}/bin:{self.environment['PATH']}"
        output = self.submit(code=69)
        self.assertIn("are cancelled", output)
        self.wait(30)
        self.assertEqual({path.name for path in self.run_folder.iterdir()}, {*UPSTREAM, "jobs"})
        self.assertEqual(list((self.run_folder / "jobs").iterdir()), [])
        self.assertIn("nothing was submitted", self.submit("--for", "sky=--partition=nowhere", code=69))
        self.assertEqual(self.queue(), [])

    def test_too_little_memory_is_recognised_and_given(self):
        # A training takes seconds: SLURM looks at the memory of its tasks once a second.
        self.begin_with(*UPSTREAM)
        self.submit("--until", "train", "--more-memory", "train=0.3", "--retry", "2")
        first = self.chain
        self.wait()
        self.assertEqual(json.loads((first / "report.json").read_text())["products"][0]["cause"], "memory", self.logs())
        self.assertIn("train=0.6", json.loads((first / "report.json").read_text())["next"])
        self.assertIn("submitted again with more", (first / "report.txt").read_text())
        found = products_of(self.run_folder)
        self.assertEqual(found, {name: self.reference[name] for name in found})
        self.assertEqual([name for name in found if name.startswith("train/")],
                         ["train/z0/small/fold0/seed1", "train/z0/small/fold1/seed1"])


class Limits(SlurmTest):
    """Real time limits of one minute, in the stages that take longest: each has more than that to do on a fast core."""
    settings = ["--set", "train.epochs=10000", "--set", "run.checkpoint_minutes=0.05",
                "--set", "voxelize.n_voxels=32", "--set", "sky.nside=256", "--set", "sky.redshift_max=0.6", "--set", "sky.lightcone=none",
                "--set", "sky.plain.model=none"]  # any network is good enough

    def test_train_and_sky(self):
        self.begin_with("mock", "catalog", "extract", "voxelize")
        self.submit("--", "--time=1")
        self.wait(2400)
        self.assert_undisturbed()
        starts = {product: row[2] for product, row in self.report().items()}
        for product in ("train/z0/small/fold0/seed1", "sky/plain"):
            self.assertGreater(starts[product], 1, starts)
        print("starts:", starts)

    def test_what_cannot_save_in_time_is_named(self):
        # A program that ignores the signal.
        (self.folder / "deaf.sh").write_text("#!/bin/bash\ntrap '' USR1 TERM\nsleep 300 &\nwait\n")
        (self.folder / "deaf.sh").chmod(0o755)
        (self.folder / "site.ini").write_text(f"[site]\nlauncher = {self.folder}/deaf.sh\n")
        self.addCleanup((self.folder / "site.ini").write_text, "")
        self.submit("--until", "catalog", "--", "--time=1")
        self.wait()
        self.assertEqual({p: row[0] for p, row in self.report().items()}, {"mock/z0": "time", "catalog/z0": "not run"}, self.logs())
        self.assertIn("--more-time mock=2", (self.chain / "report.txt").read_text())


class Faults(SlurmTest):
    settings = ["--set", "train.epochs=1500", "--set", "run.checkpoint_minutes=0.02"]

    def test_a_node_dies_and_comes_back(self):
        self.begin_with(*UPSTREAM)
        self.submit()
        self.wait_for_start("train")
        time.sleep(2)
        node = self.queue("%N")[0]
        self.tool("kill-node", node)
        self.wait_for(lambda: not any("RUNNING" in row for row in self.queue()), "SLURM to see that the node is dead")
        self.tool("start-node", node)
        self.wait()
        self.assert_undisturbed()
        self.assertEqual(self.report()["train/z0/small/fold0/seed1"][2], 2)

    def test_a_job_that_must_make_room_goes_on_later(self):
        self.begin_with(*UPSTREAM)
        self.submit()
        self.wait_for_start("train")
        time.sleep(2)
        self.call("sbatch", "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap", "sleep 5")
        self.wait()
        self.assert_undisturbed()
        self.assertEqual(self.report()["train/z0/small/fold0/seed1"][2], 2)


class TwoNodes(SlurmTest):
    machine = {"SLURM_NODES": "2", "SLURM_NODE_CORES": "2", "SLURM_NODE_MEMORY": "6000"}

    def test_a_chain_on_two_nodes(self):
        self.submit("--", "--nodes=2", "--ntasks=2")
        self.wait()
        self.assert_undisturbed()


class Demo(SlurmTest):
    configuration = "configs/demo.ini"

    def test_the_whole_demo(self):
        self.submit()
        self.wait(1200)
        self.assert_undisturbed()
        print((self.chain / "report.txt").read_text())


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main(verbosity=2)
