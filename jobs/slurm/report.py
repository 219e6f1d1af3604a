#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What became of a chain of jobs: report.py CHAIN. Writes CHAIN/report.txt and report.json, and submits again what ran
out of memory or time if `submit.sh --retry` asked for it."""

import json
import os
import shlex
import subprocess
import sys

sys.dont_write_bytecode = True
import slurm  # noqa: E402  (beside this file)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MORE = 2  # times the memory or time, where it was too little
KILLED, SETSZ_OUT_OF_MEMORY = 137, 71


def load(path, default):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return default


def records_of(chain, job, index):
    try:
        with open("{}/records/{}.{}.jsonl".format(chain, job["key"], index)) as file:
            return [json.loads(line) for line in file]
    except (OSError, ValueError):
        return []


class Task:
    """One product of the chain."""

    def __init__(self, chain, job, index, product, complete, states):
        self.product, self.job, self.complete = product, job, complete
        name = "{}_{}".format(job["id"], index) if job["array"] else job["id"]
        self.log = "{}/logs/{}-{}.log".format(chain, job["key"], name)
        self.records = records_of(chain, job, index)
        self.starts = sum(1 for record in self.records if record["event"] == "start")
        self.state = states.get(name, "")
        self.error = load("{}/records/{}.{}.error.json".format(chain, job["key"], index), {})
        self.code, self.cause = (0, "complete") if complete else self.find_cause()

    def find_cause(self):
        if not self.records:
            return 0, "cancelled" if self.state == "CANCELLED" and not self.job["waits_for"] else "not run"
        last = self.records[-1]
        code = last["code"]
        if self.state == "OUT_OF_MEMORY" or code in (KILLED, SETSZ_OUT_OF_MEMORY):
            return code or SETSZ_OUT_OF_MEMORY, "memory"
        if self.state == "TIMEOUT" or (last["event"] == "terminated" and self.ran_to_the_limit(last)):
            return code or 75, "time"
        if last["event"] == "end" and code != 0:
            return code, "failed"
        return code or 75, "cancelled" if last["event"] == "terminated" or self.state == "CANCELLED" else "vanished"

    def ran_to_the_limit(self, last):
        began = [record["time"] for record in self.records if record["event"] == "start"][-1]
        return last["time"] - began > self.job["limit_seconds"] - 60

    def text(self):
        return {"complete": "complete", "not run": "not run", "cancelled": "cancelled", "memory": "OUT OF MEMORY",
                "time": "TIME LIMIT", "failed": "FAILED, code %d" % self.code,
                "vanished": "ended without a word (state %s)" % (self.state or "unknown")}[self.cause]


def tasks_of(chain, description):
    products = [product for job in description["jobs"] for product in job["tasks"].values()]
    answer = subprocess.run([description["program"], "status", *description["settings"], "--exactly", ",".join(products), "--json"],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    listed = json.loads(answer.stdout.decode())["products"] if answer.returncode == 0 else []
    complete = {product["id"] for product in listed if product["state"] == "complete"}
    states = slurm.states([job["id"] for job in description["jobs"]])
    return [Task(chain, job, index, product, product in complete, states)
            for job in description["jobs"] for index, product in job["tasks"].items()]


def megabytes(number):
    return "{:.0f} MB".format(number / 1e6)


def seconds_text(number):
    return "{:.1f} s".format(number) if number < 60 else "{}:{:02d}:{:02d}".format(int(number) // 3600, int(number) // 60 % 60, int(number) % 60)


def table(tasks, run):
    rows = [("product", "state", "starts", "tasks", "time", "memory/task", "asked", "SLURM job")]
    for task in tasks:
        about = load("{}/{}/manifest.json".format(run, task.product), {}).get("about", {}) if task.complete else {}
        memory = about.get("notes", {}).get("peak_memory_bytes", {}).get("max")
        rows.append((task.product, task.text(), str(task.starts), str(about.get("ranks", "-")),
                     seconds_text(about["seconds"]) if "seconds" in about else "-", megabytes(memory) if memory else "-",
                     megabytes(task.job["memory_bytes"]), task.job["id"]))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def explain(task):
    """What failed, with figures and the log."""
    lines = ["{}: {}".format(task.product, task.text())]
    if task.cause == "memory":
        lines.append("  asked for {} in each of {} tasks; SLURM or the kernel ended it when it took more".format(
            megabytes(task.job["memory_bytes"]), task.job["ntasks"]))
    elif task.cause == "time":
        lines.append("  the limit was {}; it was started {} time(s)".format(seconds_text(task.job["limit_seconds"]), task.starts))
    if task.error.get("message"):
        lines.append("  " + task.error["message"])
    return lines + ["  log: " + task.log]


def more_of(tasks):
    """Options of submit.sh that ask for more of what was too little."""
    words = []
    for cause, option in (("memory", "--more-memory"), ("time", "--more-time")):
        short = {task.job["stage"]: task.job["more_" + cause] for task in tasks if task.cause == cause}
        for stage, factor in short.items():
            words += [option, "{}={:g}".format(stage, MORE * factor)]
    return words


def next_words(description, tasks):
    """The same call again, with more memory and time where they were short."""
    words = list(description["arguments"])
    where = words.index("--") if "--" in words else len(words)
    return words[:where] + more_of(tasks) + words[where:]


def advice(tasks, command):
    causes = {task.cause for task in tasks}
    if causes == {"complete"}:
        return ["all products are complete"]
    lines = []
    if "failed" in causes:
        lines.append("correct what the messages name; products that are complete are kept")
    if causes & {"cancelled", "vanished", "not run"} and not causes & {"failed", "memory", "time"}:
        lines.append("the work that was saved is kept")
    return lines + ["next: " + command]


def submit_again(description, words):
    """One try fewer; the later of two options wins."""
    retry = description["retry"] - 1
    where = words.index("--") if "--" in words else len(words)
    return subprocess.run(["python3", ROOT + "/jobs/slurm/submit.py", *words[:where], "--retry", str(retry), *words[where:]],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)


def main(chain):
    description = load(chain + "/chain.json", None)
    if description is None:
        sys.exit("report.py: '{}/chain.json' is missing or damaged".format(chain))
    tasks = tasks_of(chain, description)
    words = next_words(description, tasks)
    lines = table(tasks, description["run"])
    for task in tasks:
        if task.cause not in ("complete", "not run"):
            lines += explain(task)
    lines += advice(tasks, "jobs/submit.sh " + " ".join(shlex.quote(word) for word in words))
    again = None
    if description["retry"] > 0 and {task.cause for task in tasks} & {"memory", "time"}:
        again = submit_again(description, words)
        lines += ["submitted again with more:" if again.returncode == 0 else "could not be submitted again:", again.stdout.rstrip()]
    text = "\n".join(lines) + "\n"
    with open(chain + "/report.txt", "w") as file:
        file.write(text)
    rows = [{"id": t.product, "job": t.job["id"], "cause": t.cause, "code": t.code, "starts": t.starts, "log": t.log} for t in tasks]
    with open(chain + "/report.json", "w") as file:
        json.dump({"products": rows, "next": words}, file, indent=1)
    print(text, end="")
    sys.exit(next((task.code for task in tasks if task.code), 0 if all(task.complete for task in tasks) else 75))


if __name__ == "__main__":
    main(sys.argv[1])
