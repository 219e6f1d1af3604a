# SPDX-License-Identifier: BSD-3-Clause
"""jobs/search.py: its messages (Mistakes), with a program whose networks have a known validation (Toy), and on a tiny universe (Tiny)."""

import configparser
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

try:
    import optuna
except ImportError:
    optuna = None

HERE = Path(__file__).resolve().parent
SEARCH = HERE.parents[1] / "jobs/search.py"
CONFIG = """# a comment of the user
[run]
directory = {run}
[model]
width = 20
[model.lo]
name = y
[model.other]
[train.lo]
rate = 2e-3
"""
SPACE = "[search]\nmodel = lo\nobjectives = {objectives}\n[space]\nmodel.width = int 4 {high} log\n"


class Case(unittest.TestCase):
    def setUp(self):
        memory = Path("/dev/shm")  # SQLite waits for the disk at every step
        self.folder = Path(tempfile.mkdtemp(prefix="setsz-search-", dir=memory if memory.exists() else None))
        self.addCleanup(shutil.rmtree, self.folder)
        self.toy = self.folder / "toy"
        self.toy.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE}/toy_program.py "$@"\n')
        self.toy.chmod(0o755)

    def write(self, objectives="loss", high=100, space=SPACE):
        (self.folder / "config.ini").write_text(CONFIG.format(run=self.folder / "run"))
        (self.folder / "space.ini").write_text(space.format(objectives=objectives, high=high))

    def start(self, *words, program=None, **environment):
        command = [sys.executable, str(SEARCH), str(self.folder / "space.ini"), str(self.folder / "config.ini"), "--program", str(program or self.toy), *map(str, words)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment})

    def search(self, *words, code=0, **keywords):
        process = self.start(*words, **keywords)
        output = process.communicate(timeout=900)[0]
        self.assertEqual(process.returncode, code, output)
        return output

    def trials(self, study="lo_fold0"):
        return json.loads((self.folder / "run/search" / study / "trials.json").read_text())["trials"]

    def ini(self, path):
        parser = configparser.ConfigParser()
        parser.read(path)
        return parser


class Mistakes(Case):
    def test_mistakes_are_named(self):
        for space, words in (
            ("[search]\nmodel = hi\n[space]\n", "model = hi"),
            ("[search]\nmodel = lo\n[space]\nmodel.with = int 1 2\n", "no such option"),
            ("[search]\nmodel = lo\n[space]\nmodel.width = int 1 2\n", "configuration's 20"),
            ("[search]\nmodel = lo\n[space]\nmodel.width = between 1 2\n", "expected 'int"),
            ("[search]\nmodel = lo\n[space]\ncatalog.folds = int 1 2\n", "only keys of"),
        ):
            self.write(space=space)
            self.assertIn(words, self.search(code=78))

    def test_a_program_that_is_not_there_is_named(self):
        self.write()
        output = self.search(code=69, program=self.folder / "none")
        self.assertIn(f"cannot run '{self.folder}/none' (No such file", output)
        self.assertNotIn("Traceback", output)

    def test_spaces_of_the_tree_fit_their_configurations(self):
        """Each default lies within its range: asked of the program itself."""
        configs = HERE.parents[1] / "configs"
        for space, config in (("moments.ini", "swift_box.ini"), ("stochastic.ini", "paper/all.ini")):
            shutil.copy(configs / config, self.folder / "config.ini")
            shutil.copy(configs / "search" / space, self.folder / "space.ini")
            output = self.search("--trials", 0, "--set", f"run.directory={self.folder}/run", code=69, program=os.environ["SETSZ"])
            self.assertRegex(output, "no trial has a score|no module 'optuna'")


@unittest.skipUnless(optuna, "needs Optuna")
class Toy(Case):
    def test_trial_0_is_the_configuration_and_the_best_is_never_worse(self):
        self.write()
        self.search("--trials", 12)
        trials = self.trials()
        self.assertEqual(len(trials), 12)
        self.assertEqual(trials[0]["params"], {"model.width": 20})
        self.assertAlmostEqual(trials[0]["values"][0], 1 + math.log(20 / 32) ** 2 + 0.015)
        scores = {trial["params"]["model.width"]: trial["values"][0] for trial in trials if trial["state"] == "complete"}
        width = min(scores, key=scores.get)
        self.assertLessEqual(scores[width], trials[0]["values"][0])
        best = self.ini(self.folder / "run/search/lo_fold0/best.ini")
        self.assertEqual(best["model.lo"]["width"], str(width))
        self.assertEqual((best["model.lo"]["name"], best["train.lo"]["rate"], best["model"]["width"]), ("y", "2e-3", "20"))
        text = (self.folder / "run/search/lo_fold0/best.ini").read_text()
        self.assertIn("# a comment of the user", text)
        self.assertIn("of 12 of jobs/search.py", text)
        self.assertEqual(trials[0]["core_seconds"], 2 * 2 * 3)

    def test_where_nothing_is_better_the_defaults_stay(self):
        self.write(space="[search]\nmodel = lo\n[space]\nmodel.width = int 20 20\n")
        self.search("--trials", 2)
        self.assertEqual(self.ini(self.folder / "run/search/lo_fold0/best.ini")["model.lo"]["width"], "20")

    def test_it_goes_on_and_several_share_a_study(self):
        self.write()
        self.search("--trials", 3)
        self.search("--trials", 3)
        self.assertEqual(len(self.trials()), 3)
        self.search("--trials", 6)  # and proposes other settings
        self.assertEqual(len({trial["params"]["model.width"] for trial in self.trials()}), 6)
        workers = [self.start("--trials", 12, "--seed", k, TOY_SECONDS="0.1") for k in (1, 2)]
        for worker in workers:
            output = worker.communicate(timeout=120)[0]
            self.assertEqual(worker.returncode, 0, output)
        trials = self.trials()
        self.assertGreaterEqual(len(trials), 12)  # each may have been in its last one
        self.assertLessEqual(len(trials), 13)
        self.assertEqual(sum(trial["params"] == {"model.width": 20} for trial in trials[:3]), 1)

    def test_what_all_trials_share_fails_once_and_the_defaults_come_again(self):
        self.write()
        for fit, code, words in (("unlisted", 78, "fit/z0 is missing, and [run] stages"), ("fails", 66, "exit code 66: no gas")):
            output = self.search("--trials", 5, code=code, TOY_FIT=fit)
            self.assertEqual(len(output.splitlines()), 1, output)
            self.assertIn("what all trials share cannot be made", output)
            self.assertIn(words, output)
        self.search("--trials", 6)
        trials = self.trials()
        self.assertEqual([trial["state"] for trial in trials[:3]], ["fail", "fail", "complete"])
        self.assertEqual(trials[2]["params"], {"model.width": 20})
        self.assertIn("no gas", trials[1]["failure"])

    def test_a_product_that_another_job_holds_is_waited_for(self):
        self.write()
        held = self.folder / "held"
        held.touch()
        self.search("--trials", 1, TOY_HELD=str(held))
        self.assertFalse(held.exists())
        self.assertEqual([trial["state"] for trial in self.trials()], ["complete"])

    def test_a_study_has_one_configuration(self):
        self.write()
        self.search("--trials", 2)
        self.search("--trials", 2, "--set", "run.memory_mb=300", "--set", "model.other.width=3", "--set", "snapshot.z0.gas=moved")
        (self.folder / "config.ini").write_text(CONFIG.replace("2e-3", "5e-3").format(run=self.folder / "run"))
        self.assertIn("train.lo.rate = 5e-3 (was 2e-3)", self.search("--trials", 4, code=78))
        self.write()
        output = self.search("--trials", 4, "--set", "train.seeds=1", code=78)
        self.assertIn("train.seeds = 1 (was (default))", output)
        self.assertIn("--study NAME", output)
        # Another default of what is tried makes no other study: it is one more trial.
        (self.folder / "config.ini").write_text(CONFIG.replace("width = 20", "width = 25").format(run=self.folder / "run"))
        self.search("--trials", 3)
        self.assertEqual([trial["params"]["model.width"] for trial in self.trials()][::2], [20, 25])

    def test_the_defaults_are_never_pruned(self):
        """Worse than all others after their first seed, they have all their seeds nevertheless."""
        self.write()
        self.search("--trials", 8)
        (self.folder / "config.ini").write_text(CONFIG.replace("width = 20", "width = 99").format(run=self.folder / "run"))
        self.assertNotIn({"model.width": 99}, [trial["params"] for trial in self.trials()])
        self.search("--trials", 9)
        last = self.trials()[8]
        self.assertEqual((last["params"], last["state"], len(last["losses"])), ({"model.width": 99}, "complete", 2))

    def test_hopeless_settings_end_after_their_first_seed(self):
        self.write()
        self.search("--trials", 25)
        pruned = [trial for trial in self.trials() if trial["state"] == "pruned"]
        self.assertTrue(pruned)
        self.assertTrue(all(len(trial["losses"]) == 1 for trial in pruned))

    def test_a_failure_is_recorded_with_its_reason(self):
        self.write(high=100000)
        output = self.search("--trials", 12)
        failed = [trial for trial in self.trials() if trial["state"] == "fail"]
        self.assertTrue(failed)
        self.assertTrue(all(trial["params"]["model.width"] > 100 for trial in failed))
        self.assertEqual(failed[0]["failure"], "exit code 79: the training diverged")
        self.assertIn(f"{len(failed)} fail", output)

    def test_stopped_it_ends_with_75_and_the_settings_come_again(self):
        self.write()
        process = self.start("--trials", 4, TOY_SECONDS="60")
        deadline = time.monotonic() + 60
        while not (self.folder / "run/fit/z0/manifest.json").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        output = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 75, output)
        self.search("--trials", 4)
        trials = self.trials()
        self.assertEqual([trial["state"] for trial in trials[:2]], ["fail", "complete"])
        self.assertIn("stopped", trials[0]["failure"])
        self.assertEqual(trials[1]["model"], trials[0]["model"])

    def test_two_objectives_have_a_pareto_front(self):
        self.write(objectives="loss, nats")
        self.search("--trials", 5)
        trials = [trial for trial in self.trials() if trial["state"] == "complete"]
        for trial in trials:
            self.assertAlmostEqual(trial["values"][1], math.log(1 + trial["params"]["model.width"]))
        points = {tuple(trial["values"]) for trial in trials}
        front = sorted(p for p in points if not any(q[0] <= p[0] and q[1] <= p[1] and q != p for q in points))
        found = sorted((self.folder / "run/search/lo_fold0").glob("pareto*.ini")) or [self.folder / "run/search/lo_fold0/best.ini"]
        widths = [int(self.ini(path)["model.lo"]["width"]) for path in found]
        self.assertEqual({round(math.log(1 + width), 9) for width in widths}, {round(p[1], 9) for p in front})


@unittest.skipUnless(optuna and "UNIVERSE" in os.environ, "needs Optuna and a universe")
class Tiny(Case):
    def test_networks_of_a_tiny_universe(self):
        end_to_end = HERE.parents[1] / "tests/end_to_end"
        subprocess.run(["cp", "-r", os.environ["UNIVERSE"], self.folder / "run"], check=True)
        text = (end_to_end / "tiny.ini").read_text().replace("@run@", str(self.folder / "run"))
        (self.folder / "config.ini").write_text(text)
        (self.folder / "space.ini").write_text("[search]\nmodel = small\n[space]\ntrain.rate_origin = float 1e-5 1e-2 log\nmodel.aggregator_width = int 4 16 log\n")
        self.search("--trials", 3, program=os.environ["SETSZ"])
        trials = self.trials("small_fold0")
        self.assertEqual([trial["state"] for trial in trials], ["complete"] * 3)
        # Trial 0 is the network that the reference run has trained.
        notes = json.loads((Path(os.environ["UNIVERSE"]) / "train/z0/small/fold0/seed1/manifest.json").read_text())["about"]["notes"]
        self.assertAlmostEqual(trials[0]["values"][0], notes["last_validation_ratio"])
        best = self.folder / "run/search/small_fold0/best.ini"
        subprocess.run([os.environ["SETSZ"], "check", best], check=True, capture_output=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
