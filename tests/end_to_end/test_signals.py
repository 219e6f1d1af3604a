# SPDX-License-Identifier: BSD-3-Clause
"""USR1, TERM, Ctrl-C and hang-up in every stage: 75 within seconds, an answer at once, the same products afterwards."""

import os
import shutil
import signal
import subprocess
import time
import unittest
from pathlib import Path

from harness import Case, hashes, read_until, start

# Makes the stage take long enough to be stopped in its middle.
LONG = {"mock": ("mock.particle_mass=4e9", "mock.gas_cells_per_particle=1"), "fit": ("fit.starts=1000",),
        "train": ("train.epochs=100000",)}


def kill_ranks(process, number):
    """The ranks of a launcher, without the launcher: as srun does."""
    ranks = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False).stdout.split()
    for rank in ranks:
        os.kill(int(rank), number)


class Signals(Case):
    @classmethod
    def setUpClass(cls):
        cls.reference = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"

    def stop(self, stage, number, ranks=2):
        run = self.folder / "run"
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(self.reference, run, copy_function=shutil.copy2)
        shutil.rmtree(run / stage)
        settings = [word for setting in LONG.get(stage, ()) for word in ("--set", setting)]
        process = start(ranks, "run", self.configuration("tiny.ini", run=run), "--stage", stage, *settings)
        output = read_until(process, ": starts")
        time.sleep(0.7)
        begin = time.monotonic()
        kill_ranks(process, number)
        output += process.communicate(timeout=60)[0]
        seconds = time.monotonic() - begin
        print(f"{stage}: {signal.Signals(number).name}: code {process.returncode} after {seconds:.1f} s", flush=True)
        return process.returncode, seconds, output

    def test_stages_leave_within_seconds_and_say_what_is_saved(self):
        for stage, saved in (("mock", False), ("fit", True), ("train", True)):
            for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                code, seconds, output = self.stop(stage, number)
                self.assertEqual(code, 75, f"{stage}\n{output}")
                self.assertLess(seconds, 10, output)  # the launcher takes one or two of them
                self.assertIn("signal received", output)
                self.assertIn("the work so far is saved" if saved else "saves nothing before its end", output)
                self.assertEqual(output.count("setsz: error"), 0, output)

    def test_fit_goes_on_where_it_was_stopped(self):
        run = self.folder / "run"
        shutil.copytree(self.reference, run, copy_function=shutil.copy2)
        shutil.rmtree(run / "fit")
        configuration = self.configuration("tiny.ini", run=run)
        more = ("--set", "fit.starts=300", "--stage", "fit")
        self.succeeds("run", configuration, *more, ranks=2)
        expected = hashes(run)
        shutil.rmtree(run / "fit")
        process = start(2, "run", configuration, *more)
        read_until(process, ": starts")
        time.sleep(0.5)
        kill_ranks(process, signal.SIGUSR1)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 75)
        result = self.succeeds("run", configuration, *more, ranks=3)
        self.assertIn("resumed after", result.output)
        self.assertEqual(hashes(run), expected)


if __name__ == "__main__":
    unittest.main(verbosity=2)
