# SPDX-License-Identifier: BSD-3-Clause
"""A disk that fills up or breaks on one of the ranks, or a rank that is killed, at one system call after the other.

All ranks end within seconds with 74 and the cause (the killed ones with their launcher), and outputs are
untouched; afterwards the same command, on one rank, makes the same products. By default some points of some
stages. With FAULT_POINTS=N (the label `slow`) every fault at up to N points of every stage, on 1, 2 and 3 ranks;
N = 0: at every call; FAULT_STAGES="train sky" chooses stages, FAULT_RANKS="1 3" numbers of ranks. Points come in
rounds, spread evenly over the calls and denser from round to round, until all are tried or FAULT_MINUTES are over;
FAULT_CALLS="55-75" tries these calls instead, FAULT_REPEAT=30 each of them so often."""

import errno
import os
import shutil
import signal
import struct
import time
import unittest
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from harness import Case, note_figures, every_stage, hashes, products, setsz

SHIM = os.environ["FAULT_SHIM"]
ALL_STAGES = "FAULT_POINTS" in os.environ
POINTS = int(os.environ.get("FAULT_POINTS", "2"))
MINUTES = float(os.environ.get("FAULT_MINUTES", "inf"))
CALLS = os.environ.get("FAULT_CALLS", "")
REPEAT = int(os.environ.get("FAULT_REPEAT", "1"))
SECONDS = 20  # of the run's own time, from the fault to the end; far below the watchdog's 600

FAULTS = {"full disk": errno.ENOSPC, "quota": errno.EDQUOT, "I/O error": errno.EIO, "killed": 0}
# What each stage makes anew; of the two models of every_stage.ini the one with more to write.
PRODUCTS = ("mock/z0", "catalog/z0", "extract/z0", "voxelize/z0", "moments/z0", "fit/z0/fold0", "train/z0/small/fold0/seed1",
            "residuals/z0/small/fold0", "predict/z0/drawn/fold0/seed1", "evaluate/z0/drawn/seed1", "compare/z0",
            "paint/z0/drawn", "sky/drawn")


def some_of(n_calls):
    """The calls that fail: in the middle of as many stretches of equal length, or those that were asked for."""
    if CALLS:
        first, _, last = CALLS.partition("-")
        return [at for at in range(int(first), int(last or first) + 1) if at <= n_calls] * REPEAT
    n_points = n_calls if POINTS == 0 else min(POINTS, n_calls)
    return [1 + (2 * i + 1) * n_calls // (2 * n_points) for i in range(n_points)] * REPEAT


def coarse_first(points):
    """All of them, so that those up to any place lie about evenly among all (bits of the index reversed)."""
    width = max(len(points) - 1, 1).bit_length()
    return [points[i] for i in sorted(range(len(points)), key=lambda i: int(f"{i:0{width}b}"[::-1], 2))]


@contextmanager
def told_at_once():
    """unittest shows what was wrong at the end of a test, which may be hours later, or never."""
    try:
        yield
    except AssertionError as error:
        print(error, flush=True)
        raise


class UnderFire(Case):
    """Faults in a stage of a run that is complete but for this stage's product."""

    ini = "tiny.ini"
    reference = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"

    def before(self, product):
        run = self.folder / "run"
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(self.reference, run, copy_function=shutil.copy2)
        shutil.rmtree(run / product)
        return run

    def run_with_fault(self, run, product, ranks, victim, at, error):
        """The result, the number of calls that the victim made, and the seconds since the fault: own ones and all."""
        counter = self.folder / "count"
        counter.write_bytes(bytes(16))
        environment = {"LD_PRELOAD": SHIM, "FAULT_FOLDER": f"{run}/", "FAULT_RANK": str(victim), "FAULT_AT": str(at),
                       "FAULT_ERROR": str(error), "FAULT_COUNT": str(counter)}
        os.environ.update(environment)
        try:
            result = setsz(*self.command(run, product), ranks=0 if ranks == 1 else ranks)
        finally:
            for key in environment:
                del os.environ[key]
        n_calls, then = struct.unpack("qq", counter.read_bytes())
        seconds = (result.clock.seconds(then * 1e-9), result.clock.looks[-1][0] - then * 1e-9) if then else (0, 0)
        return result, n_calls, seconds

    def command(self, run, product):
        return "run", self.configuration(self.ini, run=run), "--stage", product.split("/")[0]

    def calls(self, product, ranks, victim):
        """The calls that the victim makes if none of them fails."""
        result, n_calls, _ = self.run_with_fault(self.before(product), product, ranks, victim, 0, 0)
        self.assertEqual(result.code, 0, result.output)
        self.assertEqual(hashes(self.folder / "run"), hashes(self.reference))
        return n_calls

    def check(self, product, ranks, victim, faults):
        for _ in self.rounds(product, ranks, victim, faults):
            pass

    def rounds(self, product, ranks, victim, faults, size=None):
        """Each fault at some points, `size` of them a round; a row of the table has all rounds so far."""
        n_calls = self.calls(product, ranks, victim)
        points = coarse_first(some_of(n_calls))
        size = size or max(len(points), 1)
        outcomes, times = {fault: Counter() for fault in faults}, {fault: [] for fault in faults}
        for first in range(0, len(points), size):
            for fault in faults:
                for at in points[first:first + size]:
                    where = f"{product}, {ranks} ranks, rank {victim}, call {at} of {n_calls}, {fault}"
                    outcome = "wrong"
                    with self.subTest(where), told_at_once():
                        outcome, seconds = self.one_fault(product, ranks, victim, at, FAULTS[fault], where)
                        times[fault].append([round(s, 2) for s in seconds])
                    outcomes[fault][outcome] += 1
                note_figures("disk_faults", fault=fault, where=product.split("/")[0], ranks=ranks, rank=victim, calls=n_calls,
                             outcomes=outcomes[fault], times=times[fault])
            yield

    def one_fault(self, product, ranks, victim, at, error, where):
        run = self.before(product)
        others = products(run)
        result, _, seconds = self.run_with_fault(run, product, ranks, victim, at, error)
        where = f"{where}\n{result.output}"
        if error == 0:
            self.assertIn(result.code, (-signal.SIGKILL, 128 + signal.SIGKILL), where)
        # The last calls remove locks and journals of a product that is complete.
        elif result.code != 0:
            self.assertIn(result.code, (73, 74), where)
            self.assertEqual(len(result.errors), 1, where)
            self.assertIn(os.strerror(error), result.errors[0], where)
            if error == errno.ENOSPC and not any(word in result.errors[0] for word in ("sync", "rename", "unlink")):
                self.assertIn("disk full", result.errors[0], where)
                self.assertIn("free", result.errors[0], where)
        self.assertLess(seconds[0], SECONDS, f"{seconds} s from the fault to the end\n{where}")
        for name in products(run):
            self.assertTrue(name in others or name.startswith(product), f"{name} is new\n{where}")
        again = self.succeeds(*self.command(run, product))
        self.assertEqual(hashes(run), hashes(self.reference), f"{where}\n{again.output}")
        self.succeeds("verify", run)
        self.assertEqual(sorted(run.rglob("*.part")), [], where)
        return {0: "complete", 73: "refused", 74: "refused"}.get(result.code, "killed"), seconds


@unittest.skipIf(ALL_STAGES, "the label `slow` tries them all")
class SomeStages(UnderFire):
    def test_full_disk_on_one_of_three_ranks_in_extract(self):
        self.check("extract/z0", 3, 1, ["full disk"])

    def test_io_error_on_the_last_of_two_ranks_in_voxelize(self):
        self.check("voxelize/z0", 2, 1, ["I/O error"])

    def test_io_error_on_the_only_rank_in_mock(self):
        self.check("mock/z0", 1, 0, ["I/O error"])

    def test_full_disk_and_death_while_a_network_is_saved(self):
        self.check("train/z0/small/fold0/seed1", 1, 0, ["full disk", "killed"])

    def test_quota_in_predict(self):
        self.check("predict/z0/small/fold0/seed1", 2, 1, ["quota"])


@unittest.skipUnless(ALL_STAGES, "with FAULT_POINTS")
class EveryStage(UnderFire):
    ini = "every_stage.ini"

    @classmethod
    def setUpClass(cls):
        cls.reference = every_stage()

    def test_every_fault_on_1_2_3_ranks(self):
        stages, sizes = (os.environ.get(name, "").split() for name in ("FAULT_STAGES", "FAULT_RANKS"))
        faults = ["full disk", "I/O error", "killed"]
        tries = [self.rounds(product, ranks, victim, faults, size=2)
                 for product in PRODUCTS if not stages or product.split("/")[0] in stages
                 for ranks, victim in ((1, 0), (2, 1), (3, 0)) if not sizes or str(ranks) in sizes]
        end = time.monotonic() + 60 * MINUTES
        while tries:
            for one in list(tries):
                if time.monotonic() > end:
                    return print(f"{len(tries)} stages and ranks have points left that were not tried")
                if next(one, "all") == "all":
                    tries.remove(one)


class FullDisk(Case):
    def test_a_file_system_too_small_ends_at_once(self):
        """A real one, of sizes at which a write can fail; needs root."""
        if os.geteuid() != 0:
            self.skipTest("only root can mount a file system")
        sizes = (15800, 17800, 18500, 19000, 19500, 20000)
        tried = [(ranks, size) for ranks in (1, 2, 3) for size in sizes] if ALL_STAGES else [(1, 19000), (3, 18500)]
        for ranks, kilobytes in tried:
            result = self.run_on_disk(ranks, kilobytes)
            where = f"{ranks} ranks, {kilobytes} kB\n{result.output}"
            outcome = "complete" if result.code == 0 else "refused"
            note_figures("disk_faults", fault="small file system", where="all stages", ranks=ranks, outcomes={outcome: 1})
            if result.code != 0:
                self.assertEqual(result.code, 74, where)
                self.assertEqual(len(result.errors), 1, where)
                self.assertIn("free", result.errors[0], where)
                self.assertLess(result.seconds, 60, where)

    def run_on_disk(self, ranks, kilobytes):
        place = self.folder / "disk"
        place.mkdir()
        if os.system(f"mount -t tmpfs -o size={kilobytes}k tmpfs {place}") != 0:
            self.skipTest("mounting is not allowed here")
        try:
            return setsz("run", self.configuration("tiny.ini", run=place / "run"), ranks=ranks, timeout=120)
        finally:
            os.system(f"umount {place}")
            place.rmdir()


class ReadOnlyDisk(Case):
    def test_a_disk_that_takes_nothing_ends_before_any_work(self):
        """Needs root, whom modes of files do not stop."""
        place = self.folder / "disk"
        place.mkdir()
        if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o ro,size=1m tmpfs {place}") != 0:
            self.skipTest("mounting is not allowed here")
        self.addCleanup(os.system, f"umount {place}")
        for ranks in (1, 3):
            self.fails(73, "run", self.configuration("tiny.ini", run=place / "run"), ranks=ranks,
                       words=(str(place / "run"), os.strerror(errno.EROFS)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
