# SPDX-License-Identifier: BSD-3-Clause
"""A control group that limits memory, as batch systems and containers make them: what cannot fit is refused before
anything runs, and a run that the kernel kills for its memory costs nothing."""

import os
import signal
import subprocess
import unittest
from pathlib import Path

from harness import Case, Result, note_figures, hashes, launch_command, products, read_until

MEGABYTE = 1 << 20


def own_group():
    """Of this process, where groups with a limit can be made below it, and the names of limit and usage; else nothing."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return Path("/sys/fs/cgroup/memory" + path), "memory.limit_in_bytes", "memory.usage_in_bytes"
        switched_on = Path(f"/sys/fs/cgroup{path}/cgroup.subtree_control")
        if number == "0" and switched_on.exists() and "memory" in switched_on.read_text().split():
            return switched_on.parent, "memory.max", "memory.current"
    return None


class Group:
    """A group below that of this process, in which others are started."""

    def __init__(self, test, megabytes):
        found = own_group()
        if not found:
            test.skipTest("this kernel has no control groups for memory, or they are not ours")
        parent, self.limit, self.usage = found
        self.folder = parent / f"setsz-test-{os.getpid()}"
        try:
            self.folder.mkdir()
            test.addCleanup(self.folder.rmdir)
            self.allow(megabytes * MEGABYTE)
        except OSError as error:
            test.skipTest(f"no control group can be made here: {error}")

    def allow(self, n_bytes):
        (self.folder / self.limit).write_text(str(n_bytes))

    def freeze_size(self, more=MEGABYTE // 4):
        """From now on what is in the group can only grow by a little."""
        self.allow(int((self.folder / self.usage).read_text()) + more)

    def start(self, *arguments, ranks=0):
        join = 'echo $$ >"$0" && exec "$@"'
        command = ["sh", "-c", join, str(self.folder / "cgroup.procs"), *launch_command(ranks, arguments)]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, start_new_session=True)

    def run(self, *arguments, ranks=0):
        process = self.start(*arguments, ranks=ranks)
        output, _ = process.communicate(timeout=120)
        return Result(process.returncode, output, 0)


class MemoryLimit(Case):
    reference = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"

    def test_what_cannot_fit_is_refused_before_anything_runs(self):
        group = Group(self, 150)
        for ranks in (0, 2):
            run = self.folder / f"run{ranks}"
            result = group.run("run", self.configuration(run=run), ranks=ranks)
            self.assertEqual(result.code, 71, result.output)
            self.assertEqual(len(result.errors), 1, result.output)
            for words in ("needs", "of this node, which has 157 MB", "smaller run.memory_mb"):
                self.assertIn(words, result.errors[0])
            self.assertEqual(products(run), [])
            note_figures("memory_limit", fault="a job with too little memory", where="control group",
                         ranks=max(ranks, 1), outcomes={"refused": 1})

    def test_a_run_that_is_killed_for_its_memory_goes_on(self):
        """The limit falls while it runs: what has passed the check before work may still be killed."""
        run = self.folder / "run"
        configuration = self.configuration(run=run)
        group = Group(self, 4096)
        killed = 0
        for stage in ("mock", "extract", "train", "sky"):
            group.allow(4096 * MEGABYTE)
            process = group.start("run", configuration, "--until", stage)
            output = read_until(process, f"{stage}/")
            group.freeze_size()
            output += process.communicate(timeout=120)[0]
            self.assertIn(process.returncode, (0, -signal.SIGKILL, 71), f"{stage}\n{output}")
            killed += process.returncode != 0
        self.assertGreater(killed, 0)
        note_figures("memory_limit", fault="killed for its memory", where="control group", ranks=1, outcomes={"killed": killed})
        group.allow(4096 * MEGABYTE)
        result = group.run("run", configuration)
        self.assertEqual(result.code, 0, result.output)
        self.assertEqual(hashes(run), hashes(self.reference))


if __name__ == "__main__":
    unittest.main(verbosity=2)
