# SPDX-License-Identifier: BSD-3-Clause
"""A tiny universe through all stages: the same on any number of ranks, once, and after interruptions."""

import json
import os
import shutil
import signal
import subprocess
import time
import unittest
from pathlib import Path

from harness import HERE, Case, hashes, manifests, products, read_until, setsz, start

ALL_STAGES = next(line.split("=")[1].replace(",", " ").split()
                  for line in (HERE / "tiny.ini").read_text().splitlines() if line.startswith("stages"))


class Pipeline(Case):
    @classmethod
    def setUpClass(cls):
        """The reference: one undisturbed run on two ranks, shared by the tests below."""
        cls.shared = Path(os.environ["SETSZ_TEST_FOLDER"])
        cls.reference = cls.shared / "universe"

    def tiny(self, run):
        return self.configuration("tiny.ini", run=run)

    def test_every_stage_left_a_product(self):
        stages = {name.split("/")[0] for name in manifests(self.reference)}
        self.assertEqual(stages, set(ALL_STAGES))
        for stage, manifest in manifests(self.reference).items():
            self.assertTrue(manifest["outputs"], stage)

    def test_the_same_products_on_1_2_3_ranks(self):
        expected = hashes(self.reference)  # made on two
        for ranks in (1, 3):
            run = self.folder / f"np{ranks}"
            self.succeeds("run", self.tiny(run), ranks=ranks, timeout=300)
            self.assertEqual(hashes(run), expected, f"on {ranks} ranks")

    def test_a_second_run_skips_everything(self):
        before = {name: os.stat(self.reference / name).st_mtime_ns for name in products(self.reference)}
        result = self.succeeds("run", self.tiny(self.reference), ranks=2)
        self.assertIn("up to date", result.output)
        self.assertLess(result.seconds, 10)
        after = {name: os.stat(self.reference / name).st_mtime_ns for name in products(self.reference)}
        self.assertEqual(after, before)

    def test_the_options_that_were_used_can_be_run_again(self):
        result = self.succeeds("run", self.reference / "used.ini")
        self.assertEqual(result.output.count("up to date"), 2 * len(manifests(self.reference)))  # at its turn, and in the summary
        used = (self.reference / "used.ini").read_text()
        self.assertIn("[model.small]", used)
        self.assertIn("fill_cut = 4", used)  # a default

    def test_status_and_verify_find_everything_complete(self):
        status = self.succeeds("status", self.tiny(self.reference))
        for stage in ALL_STAGES:
            self.assertIn(stage, status.output)
        self.assertNotIn("stale", status.output)
        self.assertNotIn("missing", status.output)
        self.succeeds("verify", self.reference)

    def test_the_plan_tells_how_much_is_written(self):
        plan = self.succeeds("plan", self.tiny(self.folder / "new"))
        units = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}
        planned = {}
        for line in plan.output.splitlines():
            words = line.split()
            if len(words) > 5 and words[1] == "missing":
                planned[words[0]] = float(words[4]) * units[words[5]]
        written = {stage: sum(output["bytes"] for output in manifest["outputs"])
                   for stage, manifest in manifests(self.reference).items()}
        self.assertEqual(set(planned), set(written))
        for stage, size in written.items():  # each file costs a little beside its values
            self.assertLess(size, 1.15 * planned[stage] + 32768 * (1 + len(manifests(self.reference)[stage]["outputs"])), stage)
        self.assertLess(sum(planned.values()), 1.5 * sum(written.values()))

    def test_the_plan_tells_how_much_memory_is_used(self):
        plan = self.succeeds("plan", self.tiny(self.folder / "new"), "--ranks", "2", "--all", "--json")
        planned = {product["id"]: product["job"]["estimated_memory_bytes"] for product in json.loads(plan.output)["products"]}
        peaks = {name: manifest["about"]["notes"]["peak_memory_bytes"]["max"] for name, manifest in manifests(self.reference).items()}
        self.assertEqual(set(planned), set(peaks))
        for name, peak in peaks.items():  # a job asks for 1.3 times the plan and 200 MB
            self.assertLess(peak, 1.25 * planned[name], name)

    def test_the_plan_of_stages_without_networks_is_not_below_their_memory(self):
        run = self.folder / "run"
        chosen = (self.tiny(run), "--only", "mock,catalog,extract,voxelize,fit,paint/z0/gas.256", "--set", "paint.n_grid=256")
        plan = self.succeeds("plan", *chosen, "--all", "--json")
        planned = {product["id"]: product["job"]["estimated_memory_bytes"] for product in json.loads(plan.output)["products"]}
        self.succeeds("run", *chosen)
        peaks = {name: manifest["about"]["notes"]["peak_memory_bytes"]["max"] for name, manifest in manifests(run).items()}
        self.assertEqual(set(planned), set(peaks))
        for name, peak in peaks.items():
            self.assertLess(peak, planned[name], name)
            self.assertLess(planned[name], 1.5 * peak, name)

    def test_a_stage_that_fails_stops_only_those_that_need_it(self):
        run, others = self.folder / "run", self.folder / "scores.json"
        subprocess.run(["cp", "-r", self.reference, run], check=True)
        # Scores of another run that compare refuses: of other voxels.
        scores = json.loads((run / "evaluate/z0/small/seed1/scores.json").read_text())
        for cluster in scores["clusters"]:
            cluster["voxels"] += 1
        others.write_text(json.dumps(scores))
        for stage in ("compare", "paint", "sky"):
            shutil.rmtree(run / stage)
        result = self.fails(65, "run", self.tiny(run), "--set", f"compare.also={others}", ranks=2, words=("compare/z0",))
        self.assertIn("warning: failed: compare/z0", result.output)
        self.assertEqual({name.split("/")[0] for name in manifests(run)}, set(ALL_STAGES) - {"compare"})

    def test_a_changed_option_makes_what_depends_on_it_stale(self):
        status = setsz("status", self.tiny(self.reference), "--set", "voxelize.n_voxels=24")
        lines = {line.split()[0]: line for line in status.output.splitlines() if line.startswith("  ") and line[2] != " "}
        self.assertIn("voxelize.n_voxels: 16 -> 24", status.output)
        stale = {name.split("/")[0] for name, line in lines.items() if "stale" in line}
        self.assertIn("voxelize", stale)
        self.assertIn("fit", stale)
        self.assertNotIn("extract", stale)

    def test_a_flipped_bit_is_found(self):
        run = self.folder / "run"
        subprocess.run(["cp", "-r", self.reference, run], check=True)
        victim = run / "voxelize/z0/pressure.h5"
        data = bytearray(victim.read_bytes())
        data[len(data) // 2] ^= 16
        victim.write_bytes(data)
        result = self.fails(65, "verify", run, words=("1 of",))
        self.assertIn("voxelize/z0/pressure.h5", result.output)

    def test_interrupted_and_resumed_on_other_ranks_it_is_the_same(self):
        expected = hashes(self.reference)
        run = self.folder / "run"
        configuration = self.tiny(run)
        stopped = []
        for attempt in range(40):
            # Told to stop soon after a stage starts; a little later each time, so that it advances.
            process = start(2 + attempt % 2, "run", configuration, "--set", "run.checkpoint_minutes=0.001")
            output = read_until(process, ": starts")
            time.sleep(0.05 + 0.5 * attempt)
            process.send_signal(signal.SIGUSR1)
            output += process.communicate(timeout=60)[0]
            if process.returncode == 0:
                break
            self.assertEqual(process.returncode, 75, output)
            stopped.append(output)
        self.assertEqual(process.returncode, 0, "it never got to the end")
        self.assertGreater(len(stopped), 2, "it was hardly ever interrupted")
        self.assertEqual(hashes(run), expected)

    def test_two_jobs_on_one_directory(self):
        run = self.folder / "run"
        configuration = self.tiny(run)
        long = ("--set", "train.epochs=100000")  # still at work when the second one has started
        first = start(2, "run", configuration, *long)
        while not list(run.rglob("*.part")) and first.poll() is None:
            time.sleep(0.02)
        self.fails(73, "run", configuration, *long, ranks=1, words=("held by",))
        first.send_signal(signal.SIGUSR1)
        output, _ = first.communicate(timeout=60)
        self.assertIn(first.returncode, (0, 75), output)


if __name__ == "__main__":
    unittest.main(verbosity=2)
