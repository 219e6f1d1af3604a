# SPDX-License-Identifier: BSD-3-Clause
"""A clock for jobs that share a machine with other work: it tells one that hangs from one that is starved."""

import time
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired

STEP = 0.1  # seconds between two looks


def family(pid):
    """A process and all below it."""
    yield pid
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in path.read_text().split():
                yield from family(int(child))


class OwnTime:
    """Time passes for a job that works and for one that hangs, asleep or spinning, but not for one that waits for a processor: of
    the seconds in which its processes want one, the share counts in which they have it (Linux: /proc/PID/schedstat)."""

    def __init__(self, process):
        self.process, self.looks = process, []  # (s since 1970, {pid: (seconds on a processor, seconds of waiting for it)})
        self.look()

    def look(self):
        known = dict(self.looks[-1][1]) if self.looks else {}
        for pid in family(self.process.pid):
            with suppress(OSError):
                used, waited, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
                known[pid] = int(used) * 1e-9, int(waited) * 1e-9
        self.looks.append((time.time(), known))

    def seconds(self, since=0):
        """Own seconds from a moment [s since 1970], or from the start, to the last look."""
        end, after = self.looks[-1]
        begin, before = next((look for look in self.looks if look[0] >= since), self.looks[-1])
        passed = end - (begin if since == 0 else min(since, end))
        spent = [(used - before.get(pid, (0, 0))[0], waited - before.get(pid, (0, 0))[1]) for pid, (used, waited) in after.items()]
        wanted = sum(used + waited for used, waited in spent)
        waiting = sum(waited for _, waited in spent) / wanted if wanted else 0
        awake = min(passed, max(used + waited for used, waited in spent)) if spent else 0
        return passed - waiting * awake

    def communicate(self, limit):
        """What the process prints until it ends; TimeoutExpired after `limit` own seconds."""
        while True:
            try:
                output, _ = self.process.communicate(timeout=STEP)
                self.look()
                return output
            except TimeoutExpired:
                self.look()
                if self.seconds() > limit:
                    raise
