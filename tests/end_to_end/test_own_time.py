# SPDX-License-Identifier: BSD-3-Clause
"""The clock of the other tests stands still for a job without a processor, and for no other one."""

import os
import subprocess
import time
import unittest

from own_time import STEP, OwnTime

SPIN = "while :; do :; done"


class OwnTimes(unittest.TestCase):
    def start(self, script):
        process = subprocess.Popen(["timeout", "60", "sh", "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return process

    def ages(self, script, seconds):
        """The own seconds of a script that does not end, and those that passed."""
        clock = OwnTime(self.start(script))
        while clock.looks[-1][0] < clock.looks[0][0] + seconds:
            time.sleep(STEP)
            clock.look()
        return clock.seconds(), clock.looks[-1][0] - clock.looks[0][0]

    def test_a_job_asleep_ages(self):
        own, passed = self.ages("sleep 30", 1)
        self.assertGreater(own, 0.8 * passed)

    def test_a_job_that_spins_on_a_processor_with_others_ages_by_its_share(self):
        all_processors = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(all_processors)})
        self.addCleanup(os.sched_setaffinity, 0, all_processors)
        for _ in range(3):
            self.start(SPIN)
        own, passed = self.ages(SPIN, 3)
        self.assertLess(own, 0.6 * passed)
        self.assertGreater(own, 0.02 * passed)

    def test_a_job_asleep_reaches_its_limit_and_keeps_what_it_has_printed(self):
        process = self.start("echo first; sleep 30")
        with self.assertRaises(subprocess.TimeoutExpired):
            OwnTime(process).communicate(limit=0.5)
        process.terminate()
        self.assertEqual(process.communicate()[0], "first\n")

    def test_only_what_follows_a_moment_counts(self):
        clock = OwnTime(self.start("sleep 1"))
        clock.communicate(limit=20)
        end = clock.looks[-1][0]
        self.assertLess(clock.seconds(since=end - 0.3), 0.31)
        self.assertEqual(clock.seconds(since=end + 1), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
