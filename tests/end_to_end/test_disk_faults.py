# SPDX-License-Identifier: BSD-3-Clause
"""A disk that fills up or breaks on one of the ranks: all end within seconds with 74 and the cause,
and outputs are untouched; afterwards the same command makes the same products."""

import errno
import os
import shutil
import struct
import unittest
from pathlib import Path

from harness import Case, hashes, products, setsz

SHIM = os.environ["FAULT_SHIM"]
# All k instead of some (the label `slow`).
EVERY = bool(os.environ.get("FAULT_EVERY"))
POINTS = 8
SECONDS = 20  # far below the watchdog's 600


class DiskFaults(Case):
    @classmethod
    def setUpClass(cls):
        cls.reference = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"

    def before(self, *stages):
        """A run in which these stages are still to be done."""
        run = self.folder / "run"
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(self.reference, run, copy_function=shutil.copy2)
        for stage in stages:
            shutil.rmtree(run / stage, ignore_errors=True)
        return run

    def run_with_fault(self, run, configuration, stages, ranks, victim, at, error):
        """The result, and the number of calls that the victim made."""
        counter = self.folder / "count"
        counter.write_bytes(bytes(8))
        environment = {"LD_PRELOAD": SHIM, "FAULT_FOLDER": f"{run}/", "FAULT_RANK": str(victim), "FAULT_AT": str(at),
                       "FAULT_ERROR": str(error), "FAULT_COUNT": str(counter)}
        os.environ.update(environment)
        try:
            result = setsz("run", configuration, "--stage", ",".join(stages), ranks=ranks, timeout=SECONDS + 40)
        finally:
            for key in environment:
                del os.environ[key]
        return result, struct.unpack("q", counter.read_bytes())[0]

    def check(self, stages, ranks, victim, error):
        run = self.before(*stages)
        configuration = self.configuration("tiny.ini", run=run)
        others = products(run)
        result, n_calls = self.run_with_fault(run, configuration, stages, ranks, victim, 0, error)
        self.assertEqual(result.code, 0, result.output)
        self.assertGreater(n_calls, 0)
        expected = hashes(self.reference)
        self.assertEqual(hashes(run), expected)
        step = 1 if EVERY else max(1, n_calls // POINTS)
        slowest = 0
        for at in range(1, n_calls + 1, step):
            run = self.before(*stages)
            where = f"{','.join(stages)}, {ranks} ranks, rank {victim}, call {at} of {n_calls}, errno {error}"
            result, _ = self.run_with_fault(run, configuration, stages, ranks, victim, at, error)
            # The last calls remove locks and journals of a product that is complete.
            if result.code != 0:
                self.assertIn(result.code, (73, 74), f"{where}\n{result.output}")
                self.assertEqual(len(result.errors), 1, f"{where}\n{result.output}")
                self.assertIn(os.strerror(error), result.errors[0], where)
                if error == errno.ENOSPC and "sync" not in result.errors[0] and "rename" not in result.errors[0]:
                    self.assertIn("disk full", result.errors[0], where)
                self.assertIn("free", result.errors[0] if error == errno.ENOSPC else "free", where)
            self.assertLess(result.seconds, SECONDS, where)
            slowest = max(slowest, result.seconds)
            left = [name for name in products(run) if name not in others]
            for name in left:
                self.assertTrue(any(name.startswith(stage) for stage in stages), where)
            self.succeeds("run", configuration, "--stage", ",".join(stages), ranks=ranks)
            self.assertEqual(hashes(run), expected, where)
        print(f"{','.join(stages)}: {ranks} ranks, errno {error}: {n_calls} calls, slowest end {slowest:.1f} s", flush=True)

    def test_full_disk_on_one_of_three_ranks_in_extract(self):
        self.check(["extract"], 3, 1, errno.ENOSPC)

    def test_full_disk_on_rank_0_of_two_in_voxelize(self):
        self.check(["voxelize"], 2, 0, errno.ENOSPC)

    def test_io_error_on_the_last_of_two_ranks_in_voxelize(self):
        self.check(["voxelize"], 2, 1, errno.EIO)

    def test_io_error_on_the_only_rank_in_mock(self):
        self.check(["mock"], 1, 0, errno.EIO)

    def test_full_disk_while_a_network_is_saved(self):
        self.check(["train"], 2, 0, errno.ENOSPC)

    def test_quota_in_predict(self):
        self.check(["predict"], 2, 1, errno.EDQUOT)


class FullDisk(Case):
    def test_a_file_system_too_small_ends_at_once_on_1_2_3_ranks(self):
        """A real one, of each size at which a write can fail; needs root."""
        if os.geteuid() != 0:
            self.skipTest("only root can mount a file system")
        for ranks in (1, 2, 3):
            for kilobytes in (15800, 17800, 18500, 19000, 19500, 20000):
                place = self.folder / "disk"
                place.mkdir()
                if os.system(f"mount -t tmpfs -o size={kilobytes}k tmpfs {place}") != 0:
                    self.skipTest("mounting is not allowed here")
                try:
                    result = setsz("run", self.configuration("tiny.ini", run=place / "run"), ranks=ranks, timeout=120)
                finally:
                    os.system(f"umount {place}")
                    place.rmdir()
                where = f"{ranks} ranks, {kilobytes} kB\n{result.output}"
                if result.code == 0:
                    continue
                self.assertEqual(result.code, 74, where)
                self.assertEqual(len(result.errors), 1, where)
                self.assertIn("free", result.errors[0], where)
                self.assertLess(result.seconds, 60, where)
                print(f"{ranks} ranks, {kilobytes} kB: {result.seconds:.1f} s: {result.errors[0].splitlines()[0]}", flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
