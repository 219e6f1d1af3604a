# SPDX-License-Identifier: BSD-3-Clause
"""A run directory on a file system without locks, without reserved space, and with nodes that believe for 30 seconds
what a name was when they last looked (nfs_shim.c): an old NFS, as far as one host can play it."""

import os
import unittest
from pathlib import Path

from harness import Case, note_figures, hashes, read_until, setsz, start

SHIM = os.environ["NFS_SHIM"]


class NfsLike(Case):
    reference = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"

    def setUp(self):
        super().setUp()
        self.run = self.folder / "run"
        os.environ.update(LD_PRELOAD=SHIM, NFS_FOLDER=f"{self.run}", NFS_SECONDS="30")

        def back():
            for key in ("LD_PRELOAD", "NFS_FOLDER", "NFS_SECONDS"):
                del os.environ[key]
        self.addCleanup(back)

    def test_the_same_products_on_1_2_3_ranks(self):
        for ranks in (0, 2, 3):
            configuration = self.configuration(run=self.run)
            result = setsz("run", configuration, ranks=ranks)
            self.assertEqual(result.code, 0, result.output)
            self.assertIn("has no locks; this job locks the whole run directory", result.output)
            self.assertEqual(hashes(self.run), hashes(self.reference))
            self.succeeds("verify", self.run)
            self.assertEqual(sorted(self.run.rglob("*.part")), [])
            self.assertFalse((self.run / ".lock.exclusive").exists())
            note_figures("nfs_like", fault="no locks, no reserved space, old attributes", where="all stages", ranks=max(ranks, 1),
                         outcomes={"same": 1})
            os.rename(self.run, self.folder / f"done{ranks}")

    def test_a_second_job_is_refused_and_a_dead_one_is_named(self):
        configuration = self.configuration(run=self.run)
        first = start(0, "run", configuration)
        read_until(first, "locks the whole run directory")
        refused = self.fails(73, "run", configuration, words=("is held by a process on", "this file system has no locks", ".lock.exclusive"))
        self.assertNotIn("resumed", refused.output)
        first.kill()
        first.communicate()
        # Nobody can know here that it is gone.
        self.fails(73, "run", configuration, words=("if that job is gone, remove",))
        (self.run / ".lock.exclusive").unlink()
        self.succeeds("run", configuration)
        self.assertEqual(hashes(self.run), hashes(self.reference))
        note_figures("nfs_like", fault="second job without locks", where="all stages", ranks=1, outcomes={"refused": 2})


if __name__ == "__main__":
    unittest.main(verbosity=2)
