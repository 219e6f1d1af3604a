#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Progress is one live line only if a terminal shows it; in files and pipes it is lines, also under mpirun."""
import os
import pty
import select
import subprocess
import sys
import tempfile
import time

PROBE = os.environ["PROBE"]
MPIRUN = f"{os.environ['MPIEXEC']} -n 1"
log = tempfile.mkstemp()[1]
environment = {name: value for name, value in os.environ.items() if name != "SETSZ_PROGRESS"} | {"TERM": "xterm"}


def in_terminal(command, variables):
    """What a shell command prints to the terminal that controls it."""
    process, master = pty.fork()
    if process == 0:
        os.execvpe("bash", ["bash", "-c", command], variables)
    text, end = b"", time.monotonic() + 30
    while time.monotonic() < end:
        if not select.select([master], [], [], 0.2)[0]:
            continue
        try:
            piece = os.read(master, 1000)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        text += piece
    os.close(master)
    os.waitpid(process, 0)
    return text.decode()


def in_pipe(command, variables):
    return subprocess.run(["bash", "-c", command], env=variables, text=True, timeout=30, capture_output=True).stdout


cases = (
    (in_terminal, PROBE, {}, "live"),
    (in_terminal, f"{PROBE} | cat", {}, "lines"),
    (in_terminal, PROBE, {"TERM": "dumb"}, "lines"),
    (in_terminal, PROBE, {"SETSZ_PROGRESS": "lines"}, "lines"),
    (in_terminal, f"{MPIRUN} {PROBE}", {}, "live"),
    (in_terminal, f"{MPIRUN} bash -c '{PROBE}; true'", {}, "live"),
    (in_terminal, f"{MPIRUN} {PROBE} >{log}; cat {log}", {}, "lines"),
    (in_terminal, f"{MPIRUN} bash -c '{PROBE}; true' >{log}; cat {log}", {}, "lines"),
    (in_terminal, f"{MPIRUN} {PROBE} | cat", {}, "lines"),
    (in_pipe, PROBE, {}, "lines"),
    (in_pipe, PROBE, {"SETSZ_PROGRESS": "live"}, "live"),
    (in_pipe, f"{MPIRUN} {PROBE}", {}, "lines"),
    (in_pipe, f"{MPIRUN} {PROBE}", {"SETSZ_PROGRESS": "live"}, "live"),
)
failures = 0
for where, command, variables, expected in cases:
    found = where(command, environment | variables).strip()
    if found != expected:
        failures += 1
        print(f"FAILED: {where.__name__}: {command} {variables}: found '{found}', expected '{expected}'")
os.remove(log)
print(f"{len(cases)} cases, {failures} failures")
sys.exit(1 if failures else 0)
