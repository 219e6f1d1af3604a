# SPDX-License-Identifier: BSD-3-Clause
"""Runs the program as a user does, on any number of ranks, and looks at what it left behind."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from dataclasses import dataclass
from pathlib import Path

from own_time import OwnTime

SETSZ = os.environ.get("SETSZ", "build/ci/setsz")
MPIEXEC = os.environ.get("MPIEXEC", "mpirun")
HERE = Path(__file__).resolve().parent


@dataclass
class Result:
    code: int
    output: str  # stdout and stderr together
    seconds: float
    clock: OwnTime = None

    @property
    def errors(self):
        """Messages: a line that begins with "setsz: error" and what follows it up to the next."""
        return ["setsz: error" + part.split("\n---")[0] for part in self.output.split("setsz: error")[1:]]


def launch_command(ranks, arguments):
    program = [SETSZ, *map(str, arguments)]
    # Where the only rank has failed, there is nobody to wait for before killing the rest (two seconds).
    alone = ["--mca", "odls_base_sigkill_timeout", "0"] if ranks == 1 else []
    return program if ranks == 0 else [MPIEXEC, *alone, "-n", str(ranks), *program]


def start(ranks, *arguments):
    return subprocess.Popen(launch_command(ranks, arguments), stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)


def read_until(process, word):
    """What a process prints, up to the line with this word (or its end)."""
    output = ""
    for line in process.stdout:
        output += line
        if word in line:
            break
    return output


def setsz(*arguments, ranks=0, timeout=120):
    """ranks = 0: without a launcher, as `setsz status` is called. The timeout ends what hangs, not what waits for a processor."""
    begin = time.monotonic()
    process = start(ranks, *arguments)
    clock = OwnTime(process)
    try:
        output = clock.communicate(timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        raise AssertionError(f"no end after {timeout} s, {time.monotonic() - begin:.0f} s with those in which it waited for a "
                             f"processor: {arguments}\n{output}") from None
    return Result(process.returncode, output, time.monotonic() - begin, clock)


def products(run):
    """Every file under a final name in a run directory, without what is about the run itself."""
    run = Path(run)
    return sorted(str(path.relative_to(run)) for path in run.rglob("*")
                  if path.is_file() and is_product(path.relative_to(run)))


def is_product(path):
    return not any(part.startswith(".") or part.endswith((".part", ".journal", ".log")) or part == "journal"
                   for part in path.parts) and path.name not in ("manifest.json", "used.ini")


def manifests(run):
    return {str(path.parent.relative_to(run)): json.loads(path.read_text())
            for path in sorted(Path(run).rglob("manifest.json"))}


def hashes(run):
    """{"catalog/z0/clusters.h5": "..."}: what each product holds, whenever and however it was made.

    Without compare: it tells what the trainings cost, which differs from run to run."""
    return {f"{product}/{output['file']}": output["content"] for product, manifest in manifests(run).items()
            for output in manifest["outputs"] if not product.startswith("compare/")}


def every_stage():
    """A complete run of every_stage.ini, made once for the tests under `slow`."""
    shared = Path(os.environ["SETSZ_TEST_FOLDER"])
    run, configuration = shared / "every_stage", shared / "every_stage.ini"
    if not run.exists():
        configuration.write_text((HERE / "every_stage.ini").read_text().replace("@run@", str(run)))
        result = setsz("run", configuration, ranks=2, timeout=300)
        assert result.code == 0, result.output
    return run


def note_figures(test, **row):
    """What was measured, or tried and how it ended, for tables of the documentation (tests/figures.py)."""
    print(json.dumps(row), flush=True)
    folder = Path(os.environ["SETSZ_FIGURES"])
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / f"{test}.jsonl", "a") as file:
        file.write(json.dumps(row) + "\n")


class Case(unittest.TestCase):
    """A test with a folder of its own, removed afterwards (kept if SETSZ_KEEP is set)."""

    longMessage = True
    maxDiff = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="setsz-test-"))
        if not os.environ.get("SETSZ_KEEP"):
            self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def configuration(self, name="tiny.ini", **replace):
        """A copy of a configuration of this folder; @run@ and the like are replaced."""
        text = (HERE / name).read_text()
        for key, value in replace.items():
            self.assertIn(f"@{key}@", text)
            text = text.replace(f"@{key}@", str(value))
        path = self.folder / name
        path.write_text(text)
        return path

    def succeeds(self, *arguments, **keywords):
        result = setsz(*arguments, **keywords)
        self.assertEqual(result.code, 0, f"{arguments}\n{result.output}")
        return result

    def fails(self, code, *arguments, words=(), **keywords):
        """One message, from one rank, with everything in it that the user needs."""
        result = setsz(*arguments, **keywords)
        self.assertEqual(result.code, code, f"{arguments}\n{result.output}")
        self.assertEqual(len(result.errors), 1, f"one message wanted:\n{result.output}")
        for word in words:
            self.assertIn(word, result.errors[0])
        return result
