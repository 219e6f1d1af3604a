# SPDX-License-Identifier: BSD-3-Clause
"""From the products of `setsz plan --json` to jobs: which become one job array, and who waits for whom."""

import collections


class Job:
    """Products of one stage that run as one SLURM job: an array if there are several."""

    def __init__(self, stage, resources):
        self.stage = stage
        self.key = stage  # a name within the chain
        self.tasks = {}  # index in the array -> product
        self.after = []  # (job, index): tasks that must be complete before any task of this job
        self.pairwise = []  # arrays: task i waits for task i of each
        self.nodes, self.ntasks = resources
        self.memory_bytes = self.limit_seconds = 0.0  # of a task of MPI, of the job
        self.memory_factor = self.time_factor = 1.0  # that the user asked for
        self.notes = set()

    def is_array(self):
        return len(self.tasks) > 1

    def add(self, index, product, placement):
        self.tasks[index] = product
        self.memory_bytes = max(self.memory_bytes, placement["memory_bytes"])
        self.limit_seconds = max(self.limit_seconds, placement["limit_seconds"])
        if placement["requeues"]:
            self.notes.add("requeues itself")


def needs_of(products):
    """Product -> products to be made that it needs directly: not those that others of them need, too."""
    pending = {p["id"] for p in products if p["state"] != "complete"}
    behind = {}  # product -> all that it needs, directly or not
    needs = {}
    for product in products:  # in an order in which inputs come before their users
        direct = [other for other in product["waits_for"] if other in pending]
        implied = set().union(*(behind[other] for other in direct)) if direct else set()
        behind[product["id"]] = implied.union(direct)
        needs[product["id"]] = [other for other in direct if other not in implied]
    return needs


class ChainBuilder:
    """Products that are ready at the same time, of one stage and with equal resources, become arrays: those
    that need the same tasks, and those each of which needs the tasks of its own index in other arrays."""

    def __init__(self, products, max_array_size):
        self.pending = [p for p in products if p["state"] != "complete"]
        self.needs = needs_of(products)
        self.max_array_size = max_array_size
        self.place = {}  # product -> (job, index)
        self.jobs = []

    def build(self):
        waiting = list(self.pending)
        while waiting:
            ready = [p for p in waiting if all(n in self.place for n in self.needs[p["id"]])]
            stage = ready[0]["stage"]
            batch = [p for p in ready if p["stage"] == stage]
            by_resources = collections.OrderedDict()
            for product in batch:
                resources = (product["job"]["nodes"], product["job"]["tasks"])
                by_resources.setdefault(resources, []).append(product)
            for resources, products in by_resources.items():
                self.make_jobs(stage, resources, products)
            done = {p["id"] for p in batch}
            waiting = [p for p in waiting if p["id"] not in done]
        self.name_jobs()
        return self.jobs

    def make_jobs(self, stage, resources, products):
        rest = self.make_pairwise(stage, resources, products)
        by_needs = collections.OrderedDict()
        for product in rest:
            tasks = tuple(self.place[need] for need in self.needs[product["id"]])
            by_needs.setdefault(tasks, []).append(product)
        for tasks, group in by_needs.items():
            for first in range(0, len(group), self.max_array_size):
                job = Job(stage, resources)
                job.after = list(tasks)
                for index, product in enumerate(group[first:first + self.max_array_size]):
                    self.add(job, index, product)
                self.jobs.append(job)

    def make_pairwise(self, stage, resources, products):
        """Makes what corresponds task by task; returns the other products."""
        groups = collections.OrderedDict()  # arrays -> [(index, product)]
        for product in products:
            places = [self.place[need] for need in self.needs[product["id"]]]
            indices = {index for _, index in places}
            if places and len(indices) == 1 and all(job.is_array() for job, _ in places):
                groups.setdefault(tuple(job for job, _ in places), []).append((indices.pop(), product))
        taken = set()
        for arrays, members in groups.items():
            if len(members) < 2 or len({index for index, _ in members}) < len(members):
                continue
            job = Job(stage, resources)
            job.pairwise = list(arrays)
            for index, product in members:
                self.add(job, index, product)
                taken.add(product["id"])
            self.jobs.append(job)
        return [p for p in products if p["id"] not in taken]

    def add(self, job, index, product):
        job.add(index, product["id"], product["job"])
        self.place[product["id"]] = (job, index)

    def name_jobs(self):
        count = collections.Counter(job.stage for job in self.jobs)
        seen = collections.Counter()
        for job in self.jobs:
            seen[job.stage] += 1
            if count[job.stage] > 1:
                job.key = "{}-{}".format(job.stage, seen[job.stage])


def jobs_of(products, max_array_size=1000):
    """The jobs of all products that are not complete, in an order in which they can be submitted."""
    return ChainBuilder(products, max_array_size).build()


def whole_or_tasks(after):
    """[(job, index)] -> [(job, index or None)]: an array all of whose tasks are meant is named as a whole."""
    indices = collections.OrderedDict()
    for job, index in after:
        indices.setdefault(job, set()).add(index)
    for job, wanted in indices.items():
        if wanted == set(job.tasks):
            yield job, None
        else:
            for index in sorted(wanted):
                yield job, index
