#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Submits what a configuration lacks as SLURM jobs; see `submit.sh --help`."""

import argparse
import json
import math
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import slurm  # noqa: E402  (beside this file)
from chain import jobs_of, whole_or_tasks  # noqa: E402
from site_settings import Site  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
USAGE, MISSING, UNAVAILABLE, DOES_NOT_FIT, HELD = 64, 66, 69, 71, 73
# setsz needs some of it to save its state before the time limit.
SIGNAL_SECONDS = 300
MIB = 1024 * 1024

DESCRIPTION = """Submits one SLURM job for each stage of a configuration that has products to make; several products of a
stage are one job array. A job waits for the products that it needs and for nothing else. Products that are complete get no
job, so calling it again is safe. Resources come from `setsz plan` for the nodes of the partition, with margins; --dry-run
shows them. Nothing is submitted if a stage cannot fit; if SLURM refuses a job, those before it are cancelled. Jobs stop
at a checkpoint before their time limit and requeue themselves. The last job reports."""

EPILOG = """examples:
  jobs/submit.sh configs/tng300.ini --dry-run
  jobs/submit.sh configs/tng300.ini --mail me@here.edu -- --partition=compute --account=me
  jobs/submit.sh configs/tng300.ini --from train --for 'train=--partition=long --time=48:00:00'
  jobs/submit.sh configs/paper/all.ini --only train/z0/local --more-memory train=2
Settings of a cluster are read from jobs/site.ini (see docs/clusters.md)."""


def leave(code, message):
    print("submit.sh: " + message, file=sys.stderr)
    sys.exit(code)


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.print_usage(sys.stderr)
        leave(USAGE, message)


def parse(arguments):
    own, _, for_sbatch = split_at(arguments, "--")
    parser = Parser(prog="submit.sh", description=DESCRIPTION, epilog=EPILOG, usage="submit.sh CONFIG.ini [OPTION]... [-- SBATCH_OPTION...]",
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", metavar="CONFIG.ini")
    parser.add_argument("--stages", "--stage", dest="stages", metavar="a,b", help="only these stages, instead of those in [run] stages")
    parser.add_argument("--from", dest="first", metavar="STAGE", help="this stage and those after it")
    parser.add_argument("--until", dest="last", metavar="STAGE", help="this stage and those before it")
    parser.add_argument("--only", action="append", default=[], metavar="ID", help="only these products and those below them; may be repeated")
    parser.add_argument("--set", action="append", default=[], metavar="section.key=value", help="override a key of the configuration; may be repeated")
    parser.add_argument("--force", action="store_true", help="discard unfinished work that does not match this configuration")
    parser.add_argument("--dry-run", action="store_true", help="show the jobs; submit nothing")
    parser.add_argument("--for", dest="per_stage", action="append", default=[], metavar="STAGE=OPTIONS",
                        help="options of sbatch for the jobs of a stage; they win over those behind --")
    parser.add_argument("--more-memory", action="append", default=[], metavar="[STAGE=]FACTOR", help="so many times the memory of the plan")
    parser.add_argument("--more-time", action="append", default=[], metavar="[STAGE=]FACTOR", help="so many times the time limit of the plan")
    parser.add_argument("--retry", type=int, default=0, metavar="N",
                        help="up to N times, the last job submits again what ran out of memory or time, with twice as much")
    parser.add_argument("--mail", metavar="ADDRESS", help="SLURM sends a mail there when the last job ends")
    options = parser.parse_args(own)
    options.sbatch = for_sbatch
    options.per_stage = [text.partition("=") for text in options.per_stage]
    if not all(stage and words.startswith("-") for stage, _, words in options.per_stage):
        leave(USAGE, "--for needs STAGE=OPTIONS: --for 'train=--partition=long --time=48:00:00'")
    options.per_stage = [(stage, shlex.split(words)) for stage, _, words in options.per_stage]
    options.more_memory = factors(options.more_memory, "--more-memory")
    options.more_time = factors(options.more_time, "--more-time")
    if any("\n" in text for text in own):
        leave(USAGE, "an argument contains a line break")
    return options


def split_at(words, separator):
    where = words.index(separator) if separator in words else len(words)
    return words[:where], separator, words[where + 1:]


def factors(texts, name):
    """["2", "train=3"] -> {None: 2, "train": 3}."""
    table = {}
    for text in texts:
        stage, _, factor = text.rpartition("=")
        try:
            table[stage or None] = float(factor)
        except ValueError:
            leave(USAGE, "{} {}: expected a number, or STAGE=NUMBER".format(name, text))
    return table


def factor_of(table, stage):
    return table.get(stage, table.get(None, 1.0))


def program_arguments(options):
    """What all commands of setsz get: the configuration and its changes."""
    words = [options.config]
    for setting in options.set:
        words += ["--set", setting]
    return words


def selection(options):
    words = []
    for name, value in (("--stage", options.stages), ("--from", options.first), ("--until", options.last)):
        words += [name, value] if value else []
    for product in options.only:
        words += ["--only", product]
    return words


def ask(site, *words):
    """A command of setsz with --json. Its message goes to the terminal, its exit code is ours."""
    process = subprocess.run([site.program, *words, "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    if process.returncode != 0:
        sys.exit(process.returncode)
    return json.loads(process.stdout.decode())


class Cluster:
    """Resources of stages: of the site, of SLURM's partition, changed by options."""

    def __init__(self, site, options):
        self.site, self.options = site, options
        self.machines = {}  # partition -> slurm.Machine

    def sbatch_options(self, stage):
        words = self.site.options(stage) + self.options.sbatch
        for name, more in self.options.per_stage:
            words = words + more if name == stage else words
        return words

    def partition(self, stage):
        return slurm.option_value(self.sbatch_options(stage), "--partition", "-p") or self.site.text("partition")

    def machine(self, stage):
        partition = self.partition(stage)
        known = {key: self.site.number(key, stage) for key in ("nodes", "cores", "memory_mb", "max_hours")}
        if partition not in self.machines:
            if None in known.values():
                self.machines[partition] = slurm.machine_of(partition or slurm.default_partition())
            else:
                self.machines[partition] = slurm.Machine(partition, 0, 0, 0, 0)
        found = self.machines[partition]
        seconds = found.max_seconds if known["max_hours"] is None else 3600 * known["max_hours"]
        return slurm.Machine(found.partition, int(known["nodes"] or found.nodes), int(known["cores"] or found.cores),
                             known["memory_mb"] or found.memory_mb, seconds)

    def plan_options(self, stage):
        machine = self.machine(stage)
        # A factor on the memory leaves less of a node to the plan.
        memory = machine.memory_mb * MIB / 1e6 / factor_of(self.options.more_memory, stage)
        words = ["--nodes", str(machine.nodes), "--cores", str(machine.cores), "--node-memory", "%.0f" % memory]
        if machine.max_seconds:
            words += ["--max-hours", "%.6f" % (machine.max_seconds / 3600)]
        wish = self.site.number("wish_hours", stage)
        return words + (["--wish-hours", "%g" % wish] if wish else [])


def planned_products(site, cluster, options):
    """All products that were asked for. Stages may be meant for different machines; each is planned on its own."""
    common = program_arguments(options) + selection(options)
    stages = [stage["name"] for stage in ask(site, "stages", *common)["stages"]]
    site.warn_of_unknown(stages)
    chosen, answers = [], {}
    for stage in dict.fromkeys(stages):
        words = tuple(cluster.plan_options(stage))
        if words not in answers:
            answers[words] = ask(site, "plan", *common, *words)
        chosen.append((stage, answers[words]))
    run = chosen[0][1]["run"]
    by_stage = {stage: answer for stage, answer in chosen}
    order = [product["id"] for product in chosen[0][1]["products"]]
    found = {p["id"]: p for stage, answer in by_stage.items() for p in answer["products"] if p["stage"] == stage}
    return run, [found[product] for product in order]


def refuse_what_cannot_run(products):
    selected = {product["id"] for product in products}
    for product in products:
        if "unknown" in product:
            leave(MISSING, "{}: {}; nothing was submitted".format(product["id"], product["unknown"]))
        outside = [other for other in product.get("waits_for", []) if other not in selected]
        if outside:
            leave(MISSING, "{} needs {}, which is not complete and was not asked for; nothing was submitted".format(
                product["id"], ", ".join(outside)))
        refusal = product.get("job", {}).get("does_not_fit")
        if refusal:
            leave(DOES_NOT_FIT, "{} {}; nothing was submitted".format(product["id"], refusal))


def minutes(seconds):
    return max(1, int(math.ceil(seconds / 60)))


def clock(seconds):
    return "{}:{:02d}:00".format(minutes(seconds) // 60, minutes(seconds) % 60)


def scaled(words, job):
    """The user's own limits, times the factors that were asked for: put behind them, so that they win."""
    more = []
    time_limit = slurm.option_value(words, "--time", "-t")
    if time_limit and job.time_factor != 1:
        more.append("--time=%d" % minutes(job.time_factor * slurm.seconds_of(time_limit)))
    for name in ("--mem", "--mem-per-cpu"):
        memory = slurm.option_value(words, name, None)
        if memory and job.memory_factor != 1:
            more.append("%s=%dM" % (name, math.ceil(job.memory_factor * slurm.bytes_of(memory) / MIB)))
    return more


def set_resources(jobs, cluster, options):
    """The plan's, times the factors that were asked for, and what options of sbatch change."""
    for job in jobs:
        machine = cluster.machine(job.stage)
        job.memory_factor, job.time_factor = factor_of(options.more_memory, job.stage), factor_of(options.more_time, job.stage)
        job.memory_bytes *= job.memory_factor
        job.limit_seconds *= job.time_factor
        if machine.max_seconds:
            job.limit_seconds = min(job.limit_seconds, machine.max_seconds)
        words = cluster.sbatch_options(job.stage)
        job.options = words = words + scaled(words, job)
        job.threads = int(slurm.option_value(words, "--cpus-per-task", "-c") or 1)
        memory, time_limit = slurm.option_value(words, "--mem-per-cpu", None), slurm.option_value(words, "--time", "-t")
        if memory:
            job.memory_bytes = job.threads * slurm.bytes_of(memory)
        if time_limit:
            job.limit_seconds = slurm.seconds_of(time_limit)


def sbatch_words(chain, job, cluster):
    """Options of sbatch, without the dependencies; the user's come last and win."""
    partition = cluster.site.text("partition")
    early = min(SIGNAL_SECONDS, int(job.limit_seconds) // 3) if job.limit_seconds else SIGNAL_SECONDS
    words = ["--job-name=setsz-" + job.key, "--requeue", "--open-mode=append", "--nodes=%d" % job.nodes,
             "--ntasks=%d" % job.ntasks, "--time=%d" % minutes(job.limit_seconds), "--signal=B:USR1@%d" % early]
    if not any(slurm.option_value(job.options, name, None) for name in ("--mem", "--mem-per-gpu")):  # sbatch takes one of them
        words.append("--mem-per-cpu=%dM" % math.ceil(job.memory_bytes / MIB / job.threads))
    words += ["--partition=" + partition] if partition else []
    words += ["--output={}/logs/{}-%{}.log".format(chain, job.key, "A_%a" if job.is_array() else "j")]
    words += ["--array=" + ",".join(str(index) for index in job.tasks)] if job.is_array() else []
    return words + job.options


def dependency(job, ids):
    """[] for a job that waits for nothing."""
    kinds = []
    tasks = [ids[other.key] if index is None or not other.is_array() else "{}_{}".format(ids[other.key], index)
             for other, index in whole_or_tasks(job.after)]
    if tasks:
        kinds.append("afterok:" + ":".join(tasks))
    if job.pairwise:
        kinds.append("aftercorr:" + ":".join(ids[other.key] for other in job.pairwise))
    # Jobs that wait for a failed job leave the queue instead of waiting for ever.
    return ["--dependency=" + ",".join(kinds), "--kill-on-invalid-dep=yes"] if kinds else []


def waits_text(job):
    texts = [other.key if index is None or not other.is_array() else "{}[{}]".format(other.key, index)
             for other, index in whole_or_tasks(job.after)]
    return ", ".join(texts + ["{}[same]".format(other.key) for other in job.pairwise]) or "-"


def product_text(job):
    names = list(job.tasks.values())
    return names[0] if len(names) == 1 else "{} ... {} ({})".format(names[0], names[-1], len(names))


def print_table(jobs, cluster, ids):
    rows = [("job", "id", "nodes x tasks", "memory/task", "time", "waits for", "products")]
    for job in jobs:
        products = product_text(job) + ("; " + "; ".join(sorted(job.notes)) if job.notes else "")
        rows.append((job.key, ids.get(job.key, "-"), "{} x {}".format(job.nodes, math.ceil(job.ntasks / job.nodes)),
                     "{:.0f} MB".format(job.memory_bytes / 1e6), clock(job.limit_seconds), waits_text(job), products))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    for row in rows:
        print("  ".join([cell.ljust(width) for cell, width in zip(row, widths)] + [row[-1]]))
    for machine in sorted({cluster.machine(job.stage) for job in jobs}, key=str):
        limit = ", at most {} a job".format(clock(machine.max_seconds)) if machine.max_seconds else ""
        print("for {} nodes of {} cores and {:.0f} MiB{}{}; memory is 1.3 times the estimate + 200 MB, time three times, "
              "unless options say otherwise".format(machine.nodes, machine.cores, machine.memory_mb,
                                                " (partition {})".format(machine.partition) if machine.partition else "", limit))


def refuse_second_chain(run):
    """The jobs of an earlier submission make the same products."""
    folder = os.path.join(run, "jobs")
    queued = None
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        try:
            with open(os.path.join(folder, name, "chain.json")) as file:
                ids = [job["id"] for job in json.load(file)["jobs"]]
        except (OSError, ValueError):
            continue
        queued = slurm.queued_ids() if queued is None else queued
        alive = [job for job in ids if job in queued]
        if alive:
            leave(HELD, "jobs of this run directory are in the queue; wait for them, or cancel them: scancel " + " ".join(alive))


def make_folder(run):
    name = time.strftime("%Y%m%d-%H%M%S")
    for more in [""] + ["-%d" % i for i in range(2, 100)]:
        chain = os.path.join(os.path.abspath(run), "jobs", name + more)
        try:
            os.makedirs(os.path.join(chain, "logs"))
        except FileExistsError:
            continue
        except OSError as error:
            leave(HELD, "cannot write in the run directory: {}".format(error))
        os.makedirs(os.path.join(chain, "records"))
        return chain
    return leave(HELD, "cannot make a folder in {}/jobs".format(run))


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def write_chain(chain, jobs, site, options):
    """What the jobs read when they run."""
    write(chain + "/setup.sh", site.setup())
    write(chain + "/arguments", "".join(word + "\n" for word in program_arguments(options)))
    if options.force:
        write(chain + "/force", "")
    for job in jobs:
        write("{}/{}.tasks".format(chain, job.key), "".join("{} {}\n".format(i, p) for i, p in job.tasks.items()))


def describe(chain, jobs, ids, run, site, options, arguments):
    """For the last job, and for a second submission."""
    rows = [{"key": job.key, "id": ids.get(job.key, ""), "stage": job.stage, "array": job.is_array(), "tasks": job.tasks,
             "ntasks": job.ntasks, "memory_bytes": job.memory_bytes, "limit_seconds": job.limit_seconds,
             "more_memory": job.memory_factor, "more_time": job.time_factor,
             "waits_for": sorted({other.key for other in job.pairwise + [other for other, _ in job.after]})} for job in jobs]
    write(chain + "/chain.json", json.dumps({"run": os.path.abspath(run), "program": os.path.abspath(site.program),
                                             "settings": program_arguments(options), "arguments": arguments,
                                             "retry": options.retry, "jobs": rows}, indent=1) + "\n")


def report_words(chain, cluster, ids, options):
    words = ["--job-name=setsz-report", "--ntasks=1", "--mem-per-cpu=500M", "--time=15", "--requeue", "--open-mode=append",
             "--output={}/report.log".format(chain), "--dependency=afterany:" + ":".join(ids.values())]
    if options.mail:
        words += ["--mail-type=END", "--mail-user=" + options.mail]
    partition = cluster.site.text("partition")
    return words + (["--partition=" + partition] if partition else []) + cluster.sbatch_options("report")


def ask_slurm_first(jobs, cluster, folder):
    """SLURM accepts jobs that can never run on its nodes; asked for the time of their start, it refuses them."""
    asked = set()
    for job in jobs:
        words = tuple(word for word in sbatch_words(folder, job, cluster) if not word.startswith(("--job-name", "--output", "--array")))
        if words in asked:
            continue
        asked.add(words)
        try:
            slurm.call("sbatch", "--test-only", *words, ROOT + "/jobs/slurm/stage.sbatch", folder, job.key)
        except slurm.Refused as error:
            raise slurm.Refused("{}: {}".format(job.key, error))


class Interrupted(Exception):
    pass


class Interruptions:
    """Signals are noted; the program asks between two commands of SLURM."""

    def __init__(self):
        self.seen = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.note)

    def note(self, *_):
        self.seen = True

    def check(self):
        if self.seen:
            raise Interrupted("interrupted")


def submit_all(chain, jobs, cluster, options, ids, interruptions, describe_now):
    """Jobs that wait for nothing are held until all others are submitted; then they are released together."""
    first = []
    for job in jobs:
        after = dependency(job, ids)
        hold = [] if after else ["--hold"]
        ids[job.key] = slurm.submit(sbatch_words(chain, job, cluster) + after + hold + [ROOT + "/jobs/slurm/stage.sbatch", chain, job.key])
        first += [] if after else [ids[job.key]]
        interruptions.check()
    report = slurm.submit(report_words(chain, cluster, ids, options) + [ROOT + "/jobs/slurm/report.sbatch", ROOT, chain])
    ids["report"] = report
    describe_now()
    interruptions.check()
    slurm.call("scontrol", "release", ",".join(first))


def submit_or_cancel(chain, jobs, cluster, options, ids, describe_now):
    """All or nothing, also where this program is interrupted."""
    try:
        submit_all(chain, jobs, cluster, options, ids, Interruptions(), describe_now)
    except (slurm.Refused, Interrupted, OSError) as error:
        made = list(ids.values())
        if made:
            subprocess.run(["scancel", *made], stdin=subprocess.DEVNULL)
        shutil.rmtree(chain, ignore_errors=True)
        leave(UNAVAILABLE, "{}; {}".format(error, "nothing was submitted" if not made else "the {} submitted before it {} cancelled".format(
            "job" if len(made) == 1 else "%d jobs" % len(made), "is" if len(made) == 1 else "are")))


def main(arguments):
    options = parse(arguments)
    site = Site(ROOT)
    if not os.access(options.config, os.R_OK):
        leave(MISSING, "cannot read the configuration '{}'".format(options.config))
    if not os.access(site.program, os.X_OK):
        leave(MISSING, "cannot run '{}'; build it with jobs/build.sh or set SETSZ".format(site.program))
    cluster = Cluster(site, options)
    try:
        run, products = planned_products(site, cluster, options)
        refuse_what_cannot_run(products)
        jobs = jobs_of(products, slurm.max_array_size())
        if not jobs:
            print("all {} products are complete; nothing to submit".format(len(products)))
            return
        set_resources(jobs, cluster, options)
        if not options.dry_run:
            refuse_second_chain(run)
        ask_slurm_first(jobs, cluster, run)
        if options.dry_run:
            print_table(jobs, cluster, {})
            return
    except (slurm.Refused, OSError) as error:
        leave(UNAVAILABLE, str(error) + "; nothing was submitted")
    chain, ids = make_folder(run), {}
    write_chain(chain, jobs, site, options)
    submit_or_cancel(chain, jobs, cluster, options, ids,
                     lambda: describe(chain, jobs, ids, run, site, options, arguments))
    print_table(jobs, cluster, ids)
    complete = len(products) - sum(len(job.tasks) for job in jobs)
    if complete:
        print("{} of {} products are complete and get no job".format(complete, len(products)))
    print("report: job {}, {}/report.txt".format(ids["report"], os.path.relpath(chain)))


if __name__ == "__main__":
    main(sys.argv[1:])
