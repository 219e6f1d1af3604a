# SPDX-License-Identifier: BSD-3-Clause
"""The settings of a cluster, from jobs/site.ini or the file that SETSZ_SITE names."""

import configparser
import os
import shlex
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import program  # noqa: E402  (of jobs/)

KEYS = {"program", "launcher", "setup", "options", "partition", "nodes", "cores", "memory_mb", "max_hours", "wish_hours"}
STAGE_KEYS = {"options", "nodes", "cores", "memory_mb", "max_hours", "wish_hours"}


def fail(message):
    print("submit.sh: " + message, file=sys.stderr)
    sys.exit(78)


class Site:
    def __init__(self, root):
        self.path = os.environ.get("SETSZ_SITE", os.path.join(root, "jobs", "site.ini"))
        self.parser = configparser.ConfigParser(interpolation=None)
        if os.path.exists(self.path):
            with open(self.path) as file:
                try:
                    self.parser.read_file(file)
                except configparser.Error as error:
                    fail("{}".format(error))
        elif "SETSZ_SITE" in os.environ:
            fail("SETSZ_SITE names '{}', which does not exist".format(self.path))
        self.check_keys()
        self.program = self.text("program") or program.default()
        # Open MPI needs pmix; `srun --mpi=list` shows what a site has.
        self.launcher = shlex.split(self.text("launcher") or "srun --mpi=pmix")

    def check_keys(self):
        for section in self.parser.sections():
            known = KEYS if section == "site" else STAGE_KEYS
            for key in self.parser[section]:
                if key not in known:
                    fail("{}: [{}] {}: unknown key; expected one of {}".format(self.path, section, key, ", ".join(sorted(known))))

    def warn_of_unknown(self, stages):
        """A section may belong to a stage that this configuration has not, or be a mistake."""
        for section in self.parser.sections():
            if section != "site" and section not in stages and section != "report":
                print("submit.sh: {}: this configuration has no stage '{}'".format(self.path, section), file=sys.stderr)

    def text(self, key, stage=None):
        """Of a stage, or else of the site; "" where it is not set."""
        for section in (stage, "site"):
            if section and self.parser.has_option(section, key):
                return self.parser.get(section, key).strip()
        return ""

    def number(self, key, stage=None):
        text = self.text(key, stage)
        try:
            return float(text) if text else None
        except ValueError:
            fail("{}: {} = {} is not a number".format(self.path, key, text))

    def options(self, stage):
        """Those for all jobs, then those of the stage, which win."""
        own = self.parser.get(stage, "options", fallback="") if stage else ""
        return shlex.split(self.parser.get("site", "options", fallback="")) + shlex.split(own)

    def setup(self):
        """Bash lines that every job runs first."""
        quoted = " ".join(shlex.quote(word) for word in self.launcher)
        lines = [self.text("setup"), "SETSZ=" + shlex.quote(os.path.abspath(self.program)), "launcher=({})".format(quoted)]
        return "\n".join(line for line in lines if line) + "\n"
