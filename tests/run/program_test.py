#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How the program ends: exit codes, messages, signals, hangs, kills, on 1 and 3 ranks, around toy stages."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = os.environ["SETSZ_TOY"]
MPIEXEC = os.environ["MPIEXEC"]
failures = []


class Result:
    def __init__(self, code, output, seconds):
        self.code, self.output, self.seconds = code, output, seconds
        self.errors = [line for line in output.splitlines() if line.startswith("setsz: ")]


def command(ranks, *arguments):
    # Where the only rank has failed, there is nobody to wait for before killing the rest (two seconds).
    alone = ["--mca", "odls_base_sigkill_timeout", "0"] if ranks == 1 else []
    return ([MPIEXEC, *alone, "-n", str(ranks)] if ranks else []) + [PROGRAM, *arguments]


def run(ranks, *arguments, limit=40, **environment):
    start = time.monotonic()
    process = subprocess.run(command(ranks, *arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, timeout=limit, env=os.environ | environment)
    return Result(process.returncode, process.stdout, time.monotonic() - start)


def check(condition, what, result=None):
    if not condition:
        failures.append(what)
        print(f"FAILED: {what}" + (f" (code {result.code})\n{result.output}" if result else ""))


class Folder:
    """A configuration and a run directory of its own."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="setsz_program_")
        self.ini = os.path.join(self.path, "toy.ini")
        with open(self.ini, "w") as file:
            file.write(f"[run]\ndirectory = {self.path}/run\n[toy]\ncount = 12\n")
        self.sums = os.path.join(self.path, "run/sums/a/b/sums.h5")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def bytes(self):
        with open(self.sums, "rb") as file:
            return file.read()

    def nothing_final(self):
        return not os.path.exists(self.sums)


def sets(**options):
    return [f"--set={'run' if key in ('watchdog_seconds', 'log_level') else 'toy'}.{key}={value}"
            for key, value in options.items()]


def test_answers_without_configuration_or_mpi():
    for words, part in ((["--help"], "setsz run CONFIG.ini"), (["--version"], "(git "),
                        (["version"], "kernels of the network: "),
                        (["options"], "[toy]"), (["options", "--ini"], "[toy]"),
                        (["options", "--markdown"], "## [toy]")):
        result = run(0, *words)
        check(result.code == 0 and part in result.output, f"setsz {words}", result)


def test_keys_of_a_section():
    one = run(0, "options", "toy.factor").output
    check("  factor = " in one and "  count = " not in one and "[run]" not in one, "one key", Result(0, one, 0))
    for words in (["options", "toy"], ["options", "toy", "--ini"]):
        result = run(0, *words)
        check("factor = " in result.output and "[run]" not in result.output, f"setsz {words}", result)
    for wrong, near in (("tyo", "[toy]"), ("toy.cuont", "'count'")):
        result = run(0, "options", wrong)
        check(result.code == 64 and near in result.output, "the nearest one", result)


def test_wrong_usage_and_configuration():
    with Folder() as folder:
        for words, code, part in ((["rum"], 64, "'run'"), ([], 64, "--help"),
                                  (["run", folder.ini, "--stage", "sum"], 64, "'sums'"),
                                  (["run", "/no/such.ini"], 66, "/no/such.ini"),
                                  (["run", folder.ini, "--set", "toy.cuont=3"], 78, "'count'"),
                                  (["status", folder.ini, "--set", "toy.cuont=3"], 78, "'count'"),
                                  (["inspect", "/no/such.h5"], 66, "/no/such.h5"),
                                  (["verify", folder.path + "/nowhere"], 66, "nowhere")):
            result = run(0, *words)
            check(result.code == code and part in result.output and len(result.errors) == 1,
                  f"setsz {words} gives {code} and one message", result)
        result = run(3, "run", folder.ini, "--set", "toy.cuont=3")
        check(result.code == 78 and len(result.errors) == 1, "one message from three ranks", result)


def test_variables_of_the_environment():
    with Folder() as folder:
        setting = ["--set", "toy.file=$SETSZ_TEST_DATA/x.dat"]
        result = run(3, "run", folder.ini, *setting)
        check(result.code == 78 and len(result.errors) == 1 and "SETSZ_TEST_DATA is not set" in result.output
              and "$SETSZ_TEST_DATA/x.dat" in result.output, "a variable that is not set", result)
        for ranks in (1, 3):
            result = run(ranks, "run", folder.ini, *setting, SETSZ_TEST_DATA=folder.path + "/nowhere")
            check(result.code == 66 and folder.path + "/nowhere/x.dat" in result.output,
                  "a missing file is named in full", result)
        def on_node(ranks, value):
            return ["-n", str(ranks), "env", "SETSZ_TEST_DATA=" + folder.path + value, PROGRAM, "run",
                    folder.ini, *setting]
        two = subprocess.run([MPIEXEC, *on_node(1, "/a"), ":", *on_node(2, "/b")], timeout=40, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        check(two.returncode == 78 and "/b/x.dat', on rank 0 'file = " in two.stdout,
              "nodes with different environments", Result(two.returncode, two.stdout, 0))


def test_kernels_of_an_openblas_that_does_not_know_the_processor():
    flags = open("/proc/cpuinfo").read().split()
    better = "SkylakeX" if "avx512vl" in flags else "Haswell" if "avx2" in flags else None
    said = f"the kernels of Prescott; setsz chose OPENBLAS_CORETYPE = {better}"
    old = {"LD_PRELOAD": os.environ["SETSZ_OLD_OPENBLAS"]}
    os.environ.pop("OPENBLAS_CORETYPE", None)
    with Folder() as folder:
        for ranks in (0, 2):  # a launcher that starts ranks itself, too
            result = run(ranks, "run", folder.ini, "--force", **old)
            check(result.code == 0 and result.output.count(said) == (1 if better else 0) and
                  f"BLAS: {better or 'Prescott'}" in result.output, f"{ranks} ranks: other kernels", result)
        result = run(2, "run", folder.ini, "--force", OPENBLAS_CORETYPE="Nehalem", **old)
        check(result.code == 0 and "setsz chose" not in result.output and "BLAS: Nehalem" in result.output,
              "the user's own choice wins", result)
        for core, unit in (("skylakex", "avx512vl"), ("Zen", "avx2")):
            if unit in flags:
                continue
            for ranks in (0, 2):  # each rank on its own: before MPI starts
                result = run(ranks, "run", folder.ini, "--force", OPENBLAS_CORETYPE=core, **old)
                check(result.code == 78 and f"OPENBLAS_CORETYPE = {core}" in result.output and
                      "unset OPENBLAS_CORETYPE" in result.output, f"{ranks} ranks: {core} is refused", result)
            check(run(0, "status", folder.ini, OPENBLAS_CORETYPE=core, **old).code in (0, 1),
                  "what computes nothing is not refused")


def test_a_process_alone_needs_no_folder_of_open_mpi():
    """Processes that begin and end at the same time would take it away from each other."""
    with Folder() as folder:
        result = run(0, "run", folder.ini, TMPDIR=folder.ini + "/cannot_be")
        check(result.code == 0, "no folder for temporary files", result)
        result = run(1, "run", folder.ini, TMPDIR=folder.ini + "/cannot_be")
        check(result.code != 0, "where a launcher wants it, this test would notice", result)


def test_run_status_verify():
    with Folder() as folder:
        check("missing" in run(0, "status", folder.ini).output, "status: missing")
        result = run(0, "plan", folder.ini, "--ranks", "4")
        check(result.code == 0 and "on 4 ranks" in result.output, "plan", result)
        machine = ["--cores", "4", "--node-memory", "1000"]
        plan = json.loads(run(0, "plan", folder.ini, "--json", *machine).output)["products"]
        check([(p["id"], p["waits_for"]) for p in plan] == [("numbers", []), ("sums/a/b", ["numbers"])],
              "plan --json: who waits for whom")
        check(plan[0]["job"]["tasks"] == 1 and 200e6 < plan[0]["job"]["memory_bytes"] < 400e6 and
              plan[0]["job"]["limit_seconds"] == 900, "plan --json: tasks, memory, time limit")
        result = run(0, "plan", folder.ini, "--set", "toy.memory_bytes=2e9", *machine)
        check(result.code == 0 and "DOES NOT FIT" in result.output, "plan: too much memory", result)
        check(run(0, "plan", folder.ini, "--cores", "4").code == 64, "plan: half a machine")
        result = run(2, "check", folder.ini)
        check(result.code == 0 and not os.path.exists(folder.path + "/run"), "check writes nothing",
              result)
        for command in ("check", "run"):  # at once, not where the product is read
            result = run(2, command, folder.ini, "--set", "run.stages=sums")
            check(result.code == 78 and "sums/a/b: needs numbers, which is not complete, and [run] stages does not list "
                  "'numbers'" in result.output and not os.path.exists(folder.path + "/run/numbers"),
                  f"{command}: a list without a stage that makes what another one reads", result)
        result = run(3, "run", folder.ini)
        check(result.code == 0 and "3 ranks" in result.output and "summary" in result.output, "run",
              result)
        check("up to date" in run(1, "run", folder.ini).output, "second run skips")
        result = run(1, "run", folder.ini, "--set", "run.stages=sums", "--set", "toy.pause_ms=1")
        check(result.code == 0, "a list of stages that read what is complete", result)
        used = folder.path + "/run/used.ini"
        check("factor = 2\n" in open(used).read(), "used.ini has what the file leaves to the defaults")
        check(run(2, "run", used).output.count("up to date") >= 2, "used.ini can be run again")
        result = run(0, "status", folder.ini, "--set", "toy.factor=5")
        check("complete" in result.output and "toy.factor: 2 -> 5" in result.output,
              "status says what is stale and why", result)
        check(run(2, "verify", folder.path + "/run").code == 0, "verify: good")
        check(run(1, "verify", folder.ini).code == 0, "verify by configuration")
        check("value  float64 (12)" in run(0, "inspect", folder.path + "/run/numbers/numbers.h5").output
              or "value" in run(0, "inspect", folder.path + "/run/numbers/numbers.h5").output, "inspect")
        data = bytearray(folder.bytes())
        data[len(data) // 2] ^= 1
        with open(folder.sums, "wb") as file:
            file.write(data)
        result = run(2, "verify", folder.path + "/run")
        check(result.code == 65 and "sums.h5" in result.output, "verify: one flipped bit", result)


def test_listings_for_scripts():
    with Folder() as folder:
        def listing(*words):
            result = run(0, *words, "--json")
            check(result.code == 0, f"setsz {words}", result)
            return json.loads(result.output)

        directory = folder.path + "/run"
        check(run(0, "stages", folder.ini).output == "numbers\nsums\n", "stages, one a line")
        check(run(0, "stages", folder.ini, "--from", "sums").output == "sums\n", "the stages asked for")
        check(listing("stages", folder.ini) == {"run": directory, "stages": [
            {"name": "numbers", "instances": [{"id": "numbers", "outputs": ["numbers/numbers.h5"]}]},
            {"name": "sums", "instances": [{"id": "sums/a/b", "outputs": ["sums/a/b/sums.h5"]}]}]},
            "stages --json")
        check(listing("status", folder.ini) == {"run": directory, "complete": False, "products": [
            {"id": "numbers", "state": "missing", "reasons": [], "notes": []},
            {"id": "sums/a/b", "state": "missing", "reasons": ["waits for numbers"], "notes": []}]}, "status --json")
        run(1, "run", folder.ini)
        check(run(0, "status", folder.ini, "--exit-code").code == 0, "status --exit-code: complete")
        check(run(0, "status", folder.ini, "--exit-code", "--set", "toy.factor=5").code == 75, "status --exit-code: stale")
        check(run(0, "stages", folder.ini, "--instances").output == "numbers numbers\nsums sums/a/b\n", "stages --instances")
        check(listing("status", folder.ini)["complete"] is True, "status --json: complete")
        stale = listing("status", folder.ini, "--set", "toy.factor=5", "--stage", "sums")
        check(stale["complete"] is False and stale["products"] == [
            {"id": "sums/a/b", "state": "stale", "reasons": ["toy.factor: 2 -> 5"], "notes": []}], "status --json: stale")


def test_failures_on_one_rank():
    cases = (("agreed_error", 65, "unit 4 of 'toy.dat' is bad"),
             ("every_rank_error", 65, "unit 4 of 'toy.dat' is bad"),
             ("local_error", 65, "unit 4 of 'toy.dat' is bad"),
             ("exception", 70, "toy index 7"),
             ("memory", 71, "out of memory"),
             ("no_output", 70, "sums.h5.part"))
    with Folder() as folder:
        for fault, code, part in cases:
            for ranks in (3, 1) if fault == "local_error" else (3,):
                result = run(ranks, "run", folder.ini, *sets(fault=fault, fault_rank=1, fault_unit=4))
                name = f"{fault} on {ranks} ranks"
                check(result.code == code, f"{name}: exit code {code}", result)
                check(len(result.errors) == 1 and part in result.errors[0], f"{name}: one message", result)
                check(result.seconds < 10, f"{name}: under 10 s", result)
                check(folder.nothing_final() and "Nothing of this stage was published" in result.output,
                      f"{name}: nothing under a final name, and it is said", result)
                again = "would fail again: correct the input" if code == 65 else "to continue"
                check(again in result.output, f"{name}: says what comes next", result)
        result = run(2, "run", folder.ini)
        check(result.code == 0, "after all these failures the run goes on to its end", result)
    with Folder() as folder:
        result = run(3, "run", folder.ini, *sets(fault="terminate", fault_rank=1, fault_unit=4))
        check(result.code == 70 and len(result.errors) == 1 and "noexcept" in result.errors[0]
              and folder.nothing_final(), "std::terminate has a message and a code", result)


def test_killed_rank():
    with Folder() as whole, Folder() as killed:
        run(1, "run", whole.ini)
        for unit in (3, 8):
            result = run(3, "run", killed.ini, *sets(fault="kill", fault_rank=1, fault_unit=unit))
            check(result.code != 0 and result.seconds < 10, "a killed rank ends the job", result)
            check(killed.nothing_final(), "a killed rank leaves nothing under a final name")
        result = run(2, "run", killed.ini, "--set", "toy.factor=5")
        check(result.code == 78 and "--force" in result.output and "would fail again" in result.output
              and "continue" not in result.output, "a journal of other options is refused", result)
        result = run(2, "run", killed.ini)
        check(result.code == 0 and "resumes" in result.output, "the next run goes on", result)
        check(whole.bytes() == killed.bytes(), "kill and resume on other ranks: the same bytes")


def test_killed_again_and_again():
    """A job that dies before its first checkpoint is not started for ever, and may be started all the same."""
    with Folder() as folder:
        for _ in range(4):
            result = run(0, "run", folder.ini, *sets(fault="kill", fault_unit=0))
            check(result.code == -signal.SIGKILL, "killed before the first checkpoint", result)
        result = run(2, "run", folder.ini)
        check(result.code == 70 and len(result.errors) == 1 and "no progress in 4 starts" in result.output
              and folder.nothing_final(), "the fifth start is refused", result)
        result = run(2, "run", folder.ini, "--force")
        check(result.code == 0, "--force starts it", result)


def test_killed_at_every_step():
    """SIGKILL at each write, fsync, rename and unlink of a run: what has a final name is whole."""
    with Folder() as whole:
        run(0, "run", whole.ini)
        points = 0
        for k in range(1, 200):
            with Folder() as folder:
                words = ["run", folder.ini, *sets(commit_every=6)]
                result = run(0, *words, SETSZ_TOY_CRASH=str(k))
                if result.code == 0:
                    break
                points += 1
                check(result.code == -signal.SIGKILL, f"step {k}: killed", result)
                result = run(0, "verify", folder.path + "/run")
                check(result.code in (0, 66), f"step {k}: what is complete is good", result)
                result = run(0, *words)
                check(result.code == 0 and whole.bytes() == folder.bytes(), f"step {k}: the same bytes", result)
                check(not [f for _, _, files in os.walk(folder.path) for f in files if f.endswith(".part")],
                      f"step {k}: nothing half-written stays")
        check(points > 20, f"{points} steps to be killed at")


def test_hang():
    with Folder() as folder:
        for fault in ("hang", "stop"):
            result = run(2, "run", folder.ini,
                         *sets(fault=fault, fault_rank=1, fault_unit=4, watchdog_seconds=1.5))
            check(result.code == 70 and result.seconds < 12, f"a {fault} ends with 70", result)
            check("no progress" in result.output, f"a {fault} is named", result)
        check(run(2, "run", folder.ini).code == 0, "after a hang the run goes on")


def test_a_suspended_job_does_not_hang():
    with Folder() as folder:
        process = subprocess.Popen(command(0, "run", folder.ini, *sets(pause_ms=300, watchdog_seconds=1.5)),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = ""
        while "starts" not in said:
            said += process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        time.sleep(3)
        process.send_signal(signal.SIGCONT)
        said += process.communicate(timeout=60)[0]
        check(process.returncode == 0, "it goes on when it is woken", Result(process.returncode, said, 0))


def test_status_of_a_job_at_work():
    with Folder() as folder:
        process = subprocess.Popen(command(0, "run", folder.ini, *sets(pause_ms=1200, commit_every=1)),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        journal = folder.path + "/run/sums/a/b/journal/commit.json"
        end = time.monotonic() + 20
        while not os.path.exists(journal) and time.monotonic() < end:
            time.sleep(0.02)
        status = run(0, "status", folder.ini)
        check("running" in status.output and " of 12 units" in status.output and
              f"(process {process.pid})" in status.output and "2 products: 1 complete, 1 running" in status.output,
              "status: who makes it, since when, how far", status)
        state = json.loads(run(0, "status", folder.ini, "--json").output)["products"][1]
        check(state["state"] == "half done" and state["running"] and state["saved"].endswith(" of 12 units"),
              "the same for scripts")
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        said = ""
        while "signal received" not in said and time.monotonic() < start + 5:
            said += process.stdout.readline()
        check(time.monotonic() < start + 1, "Ctrl-C is answered before the unit is done")
        process.communicate(timeout=30)
        check(process.returncode == 75, "Ctrl-C gives 75")
        state = json.loads(run(0, "status", folder.ini, "--json").output)["products"][1]
        check("held_by" not in state and state["saved"], "half done, and nobody makes it")
        check("half done" in run(0, "status", folder.ini).output, "status: half done")


def test_signals():
    for name in (signal.SIGUSR1, signal.SIGTERM):
        with Folder() as whole, Folder() as folder:
            run(1, "run", whole.ini)
            # mpirun hands SIGUSR1 to its ranks; to SIGTERM it gives them two seconds.
            process = subprocess.Popen(command(2, "run", folder.ini, *sets(pause_ms=150, commit_every=4)),
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            journal = folder.path + "/run/sums/a/b/journal/commit.json"
            end = time.monotonic() + 20
            while not os.path.exists(journal) and time.monotonic() < end:
                time.sleep(0.02)
            process.send_signal(name)
            start = time.monotonic()
            output = process.communicate(timeout=30)[0]
            result = Result(process.returncode, output, time.monotonic() - start)
            if name == signal.SIGUSR1:
                check(result.code == 75 and result.seconds < 3, "SIGUSR1 gives 75 soon", result)
                check(len(result.errors) == 1 and "Run the same command again" in result.errors[0],
                      "SIGUSR1 says what to do", result)
            check(result.code != 0, f"{name.name} never gives 0", result)
            check(folder.nothing_final(), f"{name.name} leaves nothing under a final name")
            result = run(3, "run", folder.ini)
            check(result.code == 0 and "resumes" in result.output, f"{name.name}: resume", result)
            check(whole.bytes() == folder.bytes(), f"{name.name}: the same bytes")


def test_ctrl_c():
    """The first one waits for the end of a unit, the second one ends the program."""
    for name in (signal.SIGINT, signal.SIGHUP):
        with Folder() as folder:
            process = subprocess.Popen(command(0, "run", folder.ini, *sets(pause_ms=15000)), text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                       preexec_fn=lambda: [signal.signal(s, signal.SIG_DFL) for s in (signal.SIGINT, signal.SIGHUP)])
            for line in process.stdout:
                if "sums/a/b: starts" in line:
                    break
            time.sleep(0.5)
            process.send_signal(name)
            start = time.monotonic()
            answer = process.stdout.readline()
            check("signal received" in answer and time.monotonic() - start < 1, f"{name.name} is answered at once: {answer}")
            time.sleep(2)
            check(process.poll() is None, f"{name.name}: the unit goes on")
            process.send_signal(name)
            start = time.monotonic()
            output = process.communicate(timeout=20)[0]
            check(process.returncode == 75 and time.monotonic() - start < 2 and "second signal" in output,
                  f"a second {name.name} ends at once", Result(process.returncode, output, 0))
            check(folder.nothing_final(), "it leaves nothing under a final name")
    with Folder() as folder:  # as nohup does
        process = subprocess.Popen(command(0, "run", folder.ini, *sets(pause_ms=200)), text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        for line in process.stdout:
            if "sums/a/b: starts" in line:
                break
        process.send_signal(signal.SIGHUP)
        output = process.communicate(timeout=40)[0]
        check(process.returncode == 0, "nohup is respected: " + output)


def test_two_jobs():
    with Folder() as folder:
        first = subprocess.Popen(command(2, "run", folder.ini, *sets(pause_ms=300)),
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        end = time.monotonic() + 20
        while not os.path.exists(folder.path + "/run/sums/a/b/attempts.json") and time.monotonic() < end:
            time.sleep(0.02)
        second = run(1, "run", folder.ini)
        check(second.code == 73 and "held by" in second.output and "since" in second.output,
              "the second job is refused", second)
        # another instance of the same run directory may be worked on meanwhile
        other = run(1, "run", folder.ini, "--stage", "numbers")
        check(other.code in (0, 73), "an array job is not harmed", other)
        output = first.communicate(timeout=40)[0]
        check(first.returncode == 0, "the first job is unharmed: " + output)


def test_closed_output_and_lonely_copies():
    with Folder() as folder:
        line = " ".join(command(2, "run", folder.ini)) + " | head -1"
        subprocess.run(["bash", "-c", line], stdout=subprocess.DEVNULL, timeout=40)
        check("complete" in run(0, "status", folder.ini).output, "a closed output harms nothing")
        result = run(0, "run", folder.ini, SLURM_NTASKS="4")
        check(result.code == 64 and "srun --mpi=pmix" in result.output, "lonely copies are refused", result)


wanted = sys.argv[1] if len(sys.argv) > 1 else ""  # a part of a name, or ~part: all others
for name, test in list(globals().items()):
    if name.startswith("test_") and ((wanted[1:] not in name) if wanted.startswith("~") else wanted in name):
        start = time.monotonic()
        test()
        print(f"{name}: {time.monotonic() - start:.1f} s", flush=True)
print(f"{len(failures)} failures")
sys.exit(1 if failures else 0)
