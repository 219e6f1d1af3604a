#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Searches settings of a model with Optuna; see --help and docs/search.md."""

import argparse
import configparser
import fcntl
import hashlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

sys.dont_write_bytecode = True
import program  # noqa: E402  (beside this file)

ROOT = Path(__file__).resolve().parents[1]
USAGE, CONFIG, STOPPED, UNAVAILABLE, HELD = 64, 78, 75, 69, 73
PATIENCE_SECONDS, PAUSE_SECONDS = 1800, 5  # with a product that another job holds

DESCRIPTION = """Tries settings of one model and keeps the best by validation. A trial trains the networks of one fold (its seeds, one
after the other) in the run directory of CONFIG, as a model of its own; all else is shared. The score is the median over the validation
clusters of that fold of loss / benchmark (Thiele et al. 2022, Eq. 8), the mean over seeds; clusters that the fold tests have no say. Trial 0 has
the settings of CONFIG, so the best is never worse than they are. Called again, the search goes on; called several times at once, the
processes share one study."""

EPILOG = """examples:
  jobs/search.py configs/search/moments.ini configs/swift_box.ini --trials 40
  jobs/search.py SPACE.ini CONFIG.ini --fold 2 --trials 40       # nested: a search for each fold
  jobs/search.py SPACE.ini CONFIG.ini --trials 0                 # only write what was found
  jobs/search.py SPACE.ini CONFIG.ini --storage postgresql://me@host/optuna
  sbatch --array=0-7 --time=4:00:00 --signal=B:USR1@300 --wrap 'exec jobs/search.py SPACE.ini CONFIG.ini --trials 200'
Needs Optuna (apt install python3-optuna, or pip install optuna), and h5py for the objective `nats`."""


def leave(code, message):
    print(f"search.py: {message}", file=sys.stderr)
    sys.exit(code)


def arguments():
    parser = argparse.ArgumentParser(description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("space", type=Path, help="INI file: [search] model, objectives; [space] what is tried")
    parser.add_argument("config", type=Path, help="configuration with [model.NAME]")
    parser.add_argument("--trials", type=int, default=30, help="of the study in all, finished ones included (default: 30)")
    parser.add_argument("--fold", type=int, default=0, help="whose validation clusters decide (default: 0)")
    parser.add_argument("--storage", help="URL of a database (default: SQLite, RUN/search/STUDY.db)")
    parser.add_argument("--study", help="name (default: MODEL_foldF)")
    parser.add_argument("--set", action="append", default=[], metavar="section.key=value", help="as of `setsz run`; may be repeated")
    parser.add_argument("--launcher", default="", help="such as 'mpirun -n 2' (default: one process)")
    parser.add_argument("--seed", type=int, default=1, help="of the proposals")
    parser.add_argument("--program", default=program.default())
    return parser.parse_args()


def read_ini(path):
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str
    try:
        parser.read_string(path.read_text())
    except (OSError, configparser.Error) as error:
        leave(CONFIG, f"'{path}': {error}")
    return parser


class Dimension:
    """`int LOW HIGH [log]`, `float LOW HIGH [log]` or `choice A B ...`, and the value of the configuration."""

    def __init__(self, key, text, default):
        kind, *words = text.split()
        self.key, self.kind, self.log = key, kind, words[-1:] == ["log"]
        if kind == "choice" and words:
            self.words = words
        elif kind in ("int", "float") and len(words) == 2 + self.log:
            self.low, self.high = (self.number(word) for word in words[:2])
        else:
            leave(CONFIG, f"[space] {key} = {text}: expected 'int LOW HIGH [log]', 'float LOW HIGH [log]' or 'choice A B ...'")
        self.default = default if kind == "choice" else self.number(default)
        if not (self.default in self.words if kind == "choice" else self.low <= self.default <= self.high):
            leave(CONFIG, f"[space] {key} = {text}: the configuration's {default} is not among these; trial 0 needs it")

    def number(self, text):
        try:
            return int(text) if self.kind == "int" else float(text)
        except ValueError:
            leave(CONFIG, f"[space] {self.key}: '{text}' is no {self.kind}")

    def suggest(self, trial):
        if self.kind == "choice":
            return trial.suggest_categorical(self.key, self.words)
        method = trial.suggest_int if self.kind == "int" else trial.suggest_float
        return method(self.key, self.low, self.high, log=self.log)


class Failure(Exception):
    """A trial that has no score; the text is its reason."""

    def __init__(self, code, reason):
        super().__init__(f"exit code {code}: {reason}" if code else reason)
        self.code = code


class Shared(Exception):
    """What all trials share cannot be made: no other trial would fare better."""

    def __init__(self, failure):
        super().__init__(f"what all trials share cannot be made: {failure}")
        self.code = failure.code


class Stop(Exception):
    """A signal, or exit code 75: the work is saved."""


class Search:
    def __init__(self, options):
        self.options = options
        space = read_ini(options.space)
        self.model = space.get("search", "model", fallback="")
        self.objectives = [word.strip() for word in space.get("search", "objectives", fallback="loss").split(",")]
        if self.objectives not in (["loss"], ["loss", "nats"]):
            leave(CONFIG, f"{options.space}: objectives = loss, or loss, nats")
        self.config = read_ini(options.config)
        if not self.config.has_section(f"model.{self.model}"):
            leave(CONFIG, f"{options.space}: model = {self.model}, which '{options.config}' does not have")
        defaults = configparser.ConfigParser(interpolation=None)
        defaults.optionxform = str
        defaults.read_string(self.setsz("options", "--ini").stdout)
        self.space = [Dimension(key, text, self.value(key, defaults)) for key, text in space.items("space")]
        self.defaults = {dimension.key: dimension.default for dimension in self.space}
        self.study_name = options.study or f"{self.model}_fold{options.fold}"
        self.run = Path(json.loads(self.setsz("stages", options.config, "--json", *self.settings()).stdout)["run"])
        self.folder = self.run / "search" / self.study_name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.child, self.stopping = None, False

    def settings(self):
        return [word for assignment in self.options.set for word in ("--set", assignment)]

    def value(self, key, defaults):
        """Of the configuration, the plain section and the program's defaults, in this order."""
        if not key.startswith(("model.", "train.")):
            leave(CONFIG, f"[space] {key}: only keys of [model] and [train] can be tried; all trials share the other products")
        family, name = key.split(".", 1)
        for parser, section in ((self.config, f"{family}.{self.model}"), (self.config, family), (defaults, family)):
            if parser.has_option(section, name):
                return parser.get(section, name)
        leave(CONFIG, f"[space] {key}: no such option; see `setsz options`")

    # ---- the program ------------------------------------------------------------------------
    def setsz(self, *words):
        try:
            done = subprocess.run([self.options.program, *map(str, words)], capture_output=True, text=True)
        except OSError as error:
            leave(UNAVAILABLE, f"cannot run '{self.options.program}' ({error.strerror}); build it with jobs/build.sh, or give --program or SETSZ")
        if done.returncode:
            leave(done.returncode, f"setsz {' '.join(map(str, words))}:\n{done.stderr.strip()}")
        return done

    def make(self, configuration, products):
        """Runs products; waits where another job holds one."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self.make_now(configuration, products)
            except Failure as failure:
                if failure.code != HELD or time.monotonic() > deadline:
                    raise
            time.sleep(PAUSE_SECONDS)

    def make_now(self, configuration, products):
        """The output of setsz goes to the log of the study."""
        error = self.folder / f"error.{os.getpid()}.json"
        error.unlink(missing_ok=True)
        exactly = [word for product in products for word in ("--exactly", product)]
        command = [*shlex.split(self.options.launcher), self.options.program, "run", str(configuration), *self.settings(), *exactly]
        with open(self.folder / "log", "a") as log:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "SETSZ_ERROR_FILE": str(error)})
            code = self.child.wait()
        self.child = None
        if code == STOPPED or self.stopping:  # a program that is still loading dies of the signal
            raise Stop
        if code:
            reason = json.loads(error.read_text())["message"] if error.exists() else f"see '{self.folder}/log'"
            raise Failure(code, reason)

    def stop(self, number, _):
        self.stopping = True
        if self.child is None:
            raise Stop
        self.child.send_signal(signal.SIGUSR1 if number == signal.SIGUSR1 else signal.SIGTERM)

    def plan(self, configuration):
        return json.loads(self.setsz("plan", configuration, "--json", *self.settings()).stdout)["products"]

    def prepare(self, configuration, networks):
        """What all trials share, and what only the networks of this model wait for; one process makes it, the others wait."""
        with locked(self.run / "search/prepare.lock"):
            by_id = {product["id"]: product for product in self.plan(configuration)}
            needed, open_ = set(), [other for network in networks for other in by_id[network]["waits_for"]]
            while open_:
                product = open_.pop()
                if product not in by_id:
                    stage = product.split("/")[0]
                    raise Shared(Failure(CONFIG, f"{product} is missing, and [run] stages of '{self.options.config}' does not list '{stage}'"))
                if product not in needed:
                    needed.add(product)
                    open_ += by_id[product]["waits_for"]
            if needed:
                try:
                    self.make(configuration, [product for product in by_id if product in needed])
                except Failure as failure:
                    raise Shared(failure) from None

    # ---- a trial ----------------------------------------------------------------------------
    def sections(self, name, values):
        """[model.NAME] and [train.NAME]: those of the model, with these values."""
        text = ""
        for family in ("model", "train"):
            keys = dict(self.config.items(f"{family}.{self.model}")) if self.config.has_section(f"{family}.{self.model}") else {}
            keys.update({key.split(".", 1)[1]: value for key, value in values.items() if key.startswith(family + ".")})
            text += f"\n[{family}.{name}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
        return text

    def network_name(self, values):
        """The same settings have the same products, also in another study or after a crash."""
        return f"{self.model}_{hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:10]}"

    def configuration(self, values):
        name = self.network_name(values)
        path = self.folder / f"{name}.ini"
        path.write_text(self.options.config.read_text().rstrip() + "\n" + self.sections(name, values))
        return path, name

    def __call__(self, trial):
        values = {dimension.key: dimension.suggest(trial) for dimension in self.space}
        configuration, name = self.configuration(values)
        trial.set_user_attr("model", name)
        try:
            return self.score(trial, values, configuration, name)
        except (Failure, Shared) as failure:
            trial.set_user_attr("failure", str(failure))
            raise
        except Stop:
            trial.set_user_attr("failure", "stopped on a signal; its settings wait as another trial")
            trial.study.enqueue_trial(trial.params)
            trial.study.stop()
            raise

    def score(self, trial, values, configuration, name):
        import optuna

        networks = [product["id"] for product in self.plan(configuration)
                    if product["id"].startswith("train/") and f"/{name}/fold{self.options.fold}/" in product["id"]]
        if not networks:
            raise Shared(Failure(CONFIG, f"'{self.options.config}' trains no network of [model.{self.model}] in fold {self.options.fold}"))
        self.prepare(configuration, networks)
        losses, nats, cost = [], [], 0.0
        for step, network in enumerate(networks):
            self.make(configuration, [network])
            about = json.loads((self.run / network / "manifest.json").read_text())["about"]
            losses.append(about["notes"]["last_validation_ratio"])
            cost += about["notes"]["cpu_seconds"]["mean"] * about["ranks"]
            trial.set_user_attr("core_seconds", cost)
            trial.set_user_attr("losses", losses)
            if len(self.objectives) == 2:
                nats.append(self.nats(configuration, network))
                continue
            trial.report(sum(losses) / len(losses), step)
            if step + 1 < len(networks) and values != self.defaults and trial.should_prune():
                raise optuna.TrialPruned
        loss = sum(losses) / len(losses)
        return loss if not nats else (loss, sum(nats) / len(nats))

    def nats(self, configuration, network):
        """KL(code given the gas, prior), mean over the validation clusters of the fold."""
        sys.path.insert(0, str(ROOT / "python"))
        import numpy
        import setsz

        product = network.replace("train/", "predict/", 1)
        added = ["predict.clusters=all", "predict.samples=0"]
        self.options.set += added
        try:
            self.make(configuration, [product])
        finally:
            self.options.set = self.options.set[: -len(added)]
        run = setsz.open_run(self.run)
        mean, variance = (run.read(product, "prediction.h5", f"latent_{part}") for part in ("mean", "log_variance"))
        rows = run.read(product, "prediction.h5", "cluster").values
        validation = run.clusters(product.split("/")[1])["split"].values[rows, self.options.fold] == 1
        kl = 0.5 * (mean.values**2 + numpy.exp(variance.values) - 1 - variance.values).sum(axis=1)
        return float(kl[validation].mean())

    # ---- the study --------------------------------------------------------------------------
    def study(self):
        import optuna

        url = self.options.storage or f"sqlite:///{self.folder.parent}/{self.study_name}.db"
        arguments_ = {"connect_args": {"timeout": 100}} if url.startswith("sqlite") else {}
        retry = optuna.storages.RetryFailedTrialCallback(max_retry=2)
        storage = optuna.storages.RDBStorage(url, engine_kwargs=arguments_, heartbeat_interval=60, grace_period=600, failed_trial_callback=retry)
        pruner = optuna.pruners.MedianPruner(n_startup_trials=5)
        with locked(self.folder.parent / "study.lock"):
            study = optuna.create_study(storage=storage, pruner=pruner, study_name=self.study_name,
                                        directions=["minimize"] * len(self.objectives), load_if_exists=True)
            self.require_same_configuration(study)
            # Each process proposes other settings, whether it goes on with a study or shares it.
            before = study.user_attrs.get("processes", 0)
            study.set_user_attr("processes", before + 1)
            study.sampler = optuna.samplers.TPESampler(seed=self.options.seed + 1000 * before, constant_liar=True)
            state = optuna.trial.TrialState
            if not any(self.is_default(trial) and trial.state not in (state.FAIL, state.PRUNED) for trial in study.trials):
                study.enqueue_trial(self.defaults)
        return study

    def is_default(self, trial):
        """Has it the settings of the configuration? One that waits has them in its attributes alone."""
        return trial.system_attrs.get("fixed_params", trial.params) == self.defaults

    def require_same_configuration(self, study):
        """Scores of one study compare only if all but the tried keys is the same."""
        now = self.fixed_settings()
        before = study.user_attrs.get("configuration")
        if before is None:
            study.set_user_attr("configuration", now)
            return
        changed = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
        if changed:
            first = ", ".join(f"{key} = {now.get(key, '(default)')} (was {before.get(key, '(default)')})" for key in changed[:3])
            leave(CONFIG, f"study '{self.study_name}' was begun with other settings, so that its scores do not compare: {first}"
                          f"{', ...' if changed[3:] else ''}. Set them back, or begin another study (--study NAME)")

    def fixed_settings(self):
        """{section.key: value} of the configuration and --set, without what is tried, other models, and where files are."""
        mine = {f"{family}.{self.model}" for family in ("model", "train")}
        settings = {f"{section}.{key}": value for section, items in self.config.items() for key, value in items.items()}
        settings.update(assignment.split("=", 1) for assignment in self.options.set if "=" in assignment)
        tried = {f"{section}.{key.split('.', 1)[1]}" for key in self.defaults for section in (key.split(".", 1)[0], f"{key.split('.', 1)[0]}.{self.model}")}
        about = ("run.", "sky.", "paint.", "compare.", "evaluate.", "predict.", "statement.", "snapshot.")
        return {key: value for key, value in settings.items() if key not in tried and not key.startswith(about)
                and not (re.match(r"(model|train)\.[^.]+\.", key) and key.rpartition(".")[0] not in mine)}

    def search(self, study):
        import optuna

        state = optuna.trial.TrialState
        # As the callback below, but before the first trial.
        if sum(trial.state.is_finished() for trial in study.trials) >= self.options.trials:
            return
        limit = optuna.study.MaxTrialsCallback(self.options.trials, states=(state.COMPLETE, state.PRUNED, state.FAIL))
        for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        study.optimize(self, callbacks=[limit, tell], catch=(Failure,))

    def best(self, study):
        """The best trial, or those of the Pareto front."""
        import optuna

        done = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
        if not done:
            leave(UNAVAILABLE, f"study '{self.study_name}': no trial has a score; failures are in '{self.folder}/trials.json'")
        return [study.best_trial] if len(self.objectives) == 1 else sorted(study.best_trials, key=lambda trial: trial.values)

    def write(self, study):
        table = [{"number": trial.number, "state": trial.state.name.lower(), "values": trial.values, "params": trial.params, **trial.user_attrs}
                 for trial in study.trials]
        (self.folder / "trials.json").write_text(json.dumps({"study": self.study_name, "objectives": self.objectives, "fold": self.options.fold, "defaults": self.defaults, "trials": table}, indent=1))
        best = self.best(study)
        for i, trial in enumerate(best):
            name = "best.ini" if len(best) == 1 else f"pareto{i}.ini"
            (self.folder / name).write_text(self.ready(study, trial))
            print(f"{self.folder / name}: trial {trial.number}, " + ", ".join(f"{what} {value:.4f}" for what, value in zip(self.objectives, trial.values)))
        own = [trial for trial in study.trials if self.is_default(trial)]
        scored = next((trial for trial in own if trial.values), own[0])
        print(f"settings of the configuration (trial {scored.number}): {scored.values or scored.user_attrs.get('failure')}")
        states = [trial.state.name.lower() for trial in study.trials]
        print(", ".join(f"{states.count(name)} {name}" for name in sorted(set(states)))
              + f"; {sum(trial.user_attrs.get('core_seconds', 0) for trial in study.trials):.0f} core-seconds of training")

    def ready(self, study, trial):
        """The configuration with these settings for the model, and how they were chosen."""
        text, inside = "", False
        for line in self.options.config.read_text().splitlines(keepends=True):
            if line.startswith("["):
                inside = line.strip() in (f"[model.{self.model}]", f"[train.{self.model}]")
            text += "" if inside else line
        tried = sum(other.state.is_finished() for other in study.trials)
        return (f"# Settings of [model.{self.model}]: trial {trial.number} of {tried} of jobs/search.py, study {self.study_name}; "
                f"{', '.join(self.objectives)} of validation: {', '.join(f'{value:.6g}' for value in trial.values)}\n"
                f"{text.rstrip()}\n{self.sections(self.model, trial.params)}")


def tell(_, trial):
    outcome = ", ".join(f"{value:.4f}" for value in trial.values) if trial.values else trial.user_attrs.get("failure", "")
    settings = ", ".join(f"{key} = {value}" for key, value in trial.params.items())
    print(f"trial {trial.number} {trial.state.name.lower()}: {outcome} ({settings})", flush=True)


@contextmanager
def locked(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main():
    search = Search(arguments())
    try:
        import optuna
    except ImportError:
        leave(UNAVAILABLE, "Python has no module 'optuna'; install it (apt install python3-optuna, or pip install optuna)")
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # `tell` says what is worth it
    study = search.study()
    try:
        search.search(study)
    except Stop:
        leave(STOPPED, "stopped; call it again to go on")
    except Shared as error:
        leave(error.code, str(error))
    search.write(study)


if __name__ == "__main__":
    main()
