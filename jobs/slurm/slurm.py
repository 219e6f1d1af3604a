# SPDX-License-Identifier: BSD-3-Clause
"""The commands of SLURM, asked for fields, never for text made for people."""

import collections
import os
import re
import subprocess


class Refused(Exception):
    """A command of SLURM failed; its message."""


def call(*words):
    # In a session of its own, so that Ctrl-C ends our program between two commands, never one of them.
    process = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             universal_newlines=True, start_new_session=True)
    if process.returncode != 0:
        raise Refused("{}: {}".format(words[0], process.stderr.strip() or "exit code %d" % process.returncode))
    return process.stdout


def seconds_of(text):
    """"1-02:03:04", "02:03:04", "03:04" or "3" (minutes), as SLURM writes times; 0 where there is no limit."""
    if not re.match(r"^[0-9:-]+$", text):
        return 0
    days, _, clock = text.rpartition("-")
    parts = [int(part) for part in clock.split(":")]
    if days:
        parts += [0] * (3 - len(parts))  # days-hours
    elif len(parts) == 1:
        parts = [0, parts[0], 0]
    elif len(parts) == 2:
        parts = [0] + parts
    return ((int(days or 0) * 24 + parts[0]) * 60 + parts[1]) * 60 + parts[2]


def bytes_of(text):
    """"1500M", "4G" or "1500", as SLURM writes memory."""
    unit = {"K": 1, "M": 2, "G": 3, "T": 4}.get(text[-1:].upper())
    return float(text[:-1] if unit else text) * 1024 ** (unit or 2)


def option_value(words, long_name, short_name):
    """The last value that these options of sbatch give to one of them, or None."""
    value = None
    for i, word in enumerate(words):
        if word in (long_name, short_name):
            value = words[i + 1] if i + 1 < len(words) else None
        elif word.startswith(long_name + "="):
            value = word[len(long_name) + 1:]
        elif short_name and word.startswith(short_name) and not word.startswith("--"):
            value = word[len(short_name):]
    return value


def default_partition():
    for line in call("sinfo", "--noheader", "--format=%P").split():
        if line.endswith("*"):
            return line[:-1]
    raise Refused("sinfo: there is no default partition; choose one: -- --partition=NAME")


Machine = collections.namedtuple("Machine", "partition nodes cores memory_mb max_seconds")


def machine_of(partition):
    """The most common kind of node among those of a partition that work."""
    kinds = collections.Counter()
    words = ["sinfo", "--noheader", "--partition=" + partition]
    for line in call(*words, "--Node", "--format=%c|%m|%T").split():
        cores, memory, state = line.split("|")
        if not re.match(r"^(down|drain|fail|unknown|maint|future|power)", state):
            kinds[(int(cores.rstrip("+")), int(memory.rstrip("+")))] += 1
    if not kinds:
        raise Refused("sinfo: no node of the partition '{}' is up".format(partition))
    (cores, memory), nodes = max(kinds.items(), key=lambda kind: kind[0][0] * kind[1])
    limits, most = call(*words, "--format=%l|%s").split()[0].split("|")
    most = most.rpartition("-")[2]
    if most.isdigit():
        nodes = min(nodes, int(most))
    return Machine(partition, nodes, cores, memory, seconds_of(limits))


def max_array_size():
    for line in call("scontrol", "show", "config").splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "MaxArraySize":
            return max(1, int(value))
    return 1


def submit(words):
    """The id of the new job."""
    return call("sbatch", "--parsable", *words).strip().partition(";")[0]


def queued_ids():
    """This user's jobs that are in the queue; an array by its first id."""
    return set(call("squeue", "--noheader", "--user=%d" % os.getuid(), "--format=%F").split())


def states(ids):
    """Task "ID" or "ID_INDEX" -> state, as far as SLURM remembers: its database, or else its memory."""
    found = {}
    wanted = ["--jobs=" + ",".join(ids)]
    for words in (["squeue", "--noheader", "--states=all", "--array", "--format=%i|%T", *wanted],
                  ["sacct", "--noheader", "--parsable2", "--allocations", "--array", "--format=JobID,State", *wanted]):
        try:
            lines = call(*words).splitlines()
        except (Refused, OSError):
            continue
        for line in lines:
            task, _, state = line.partition("|")
            if state:
                found[task] = state.split()[0]  # "CANCELLED by 1000"
    return found
