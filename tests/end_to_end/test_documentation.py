# SPDX-License-Identifier: BSD-3-Clause
"""What README, docs and configurations tell people to type is accepted by the program, and what is cheap works.

Every command line is parsed by setsz itself (with --help behind it); files, keys, sections, stages, tests and links
that are named exist. Commands on an example configuration are run on the small universe.
"""

import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import unittest
from pathlib import Path

import numpy
from harness import SETSZ, Case, setsz

TREE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "tests"))
import centre_limit  # noqa: E402
import figures  # noqa: E402
BUILD = Path(SETSZ).parent
PAGES = sorted([TREE / "README.md", TREE / "CONTRIBUTING.md", *TREE.glob("docs/**/*.md")])
EXAMPLES = sorted(TREE.glob("configs/**/*.ini"))  # their heads have commands, too
# Files of the reader, and what stands for them in the small universe.
CONFIGURATIONS = {"CONFIG", "CONFIG.ini", "mine.ini", "my.ini", "configs/mine.ini", "configs/demo.ini", "configs/tng300.ini"}
RUNS = ("runs/mine", "demo")
OPERATORS = {"&&", "||", ";", "|", "&", ">", ">>", "<"}


def code_lines(page):
    """Lines of code: of fenced blocks, of blocks that are indented, of comments of a configuration, and spans in the text."""
    text = page.read_text()
    if page.suffix == ".ini":
        yield from (line[1:].strip() for line in text.replace("\\\n#", " ").splitlines() if line.startswith("#   "))
        return
    fences = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
    for language, block in fences.findall(text):
        if language in ("bash", "sh", ""):
            yield from block.replace("\\\n", " ").splitlines()
    rest = fences.sub("", text)
    yield from (line.strip() for line in rest.replace("\\\n", " ").splitlines() if line.startswith("    "))
    yield from re.findall(r"`([^`\n]+)`", "\n".join(line for line in rest.splitlines() if not line.startswith("    ")))


def commands(line):
    """[["mpirun", "-n", "4", "setsz", "run"], ...] of a line of shell; nothing if it is none."""
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:  # a quote that nothing closes: text, not shell
        return []
    groups = itertools.groupby(words, lambda word: word in OPERATORS)
    return [list(group) for is_operator, group in groups if not is_operator]


def every_command(page):
    return [command for line in code_lines(page) for command in commands(line)]


def arguments_of_setsz(command):
    """What follows the program; nothing if the program is another, or no command follows."""
    at = next((i for i, word in enumerate(command) if word.rsplit("/", 1)[-1] == "setsz"), None)
    launchers = ("mpirun", "srun", "setsz")
    if at is None or command[0].rsplit("/", 1)[-1] not in launchers:
        return None
    arguments = command[at + 1:]
    return arguments if arguments and re.fullmatch("-?-?[a-z]+", arguments[0]) else None


def is_placeholder(word):
    return bool(re.search(r"[A-Z]{2}|\$|\.\.\.|<|^[A-Z]$", word))


def values_of(arguments, option):
    for i, word in enumerate(arguments):
        if word == option and i + 1 < len(arguments):
            yield arguments[i + 1]
        elif word.startswith(option + "="):
            yield word.split("=", 1)[1]


class Keys:
    """Sections and keys, from the program."""

    def __init__(self):
        self.keys, self.families, section, family = {}, set(), None, False
        for line in setsz("options", "--ini").output.splitlines():
            family = re.match(r"# \[(\w+)\.NAME\]", line)
            if family:
                self.families.add(family[1])
            elif line.startswith("["):
                section = line.strip("[]")
                self.keys[section] = set()
            elif section and re.match(r"\w+ =", line):
                self.keys[section].add(line.split(" =")[0])

    def fault(self, section, key):
        """Why there is no such key; nothing if there is."""
        base, _, member = section.partition(".")
        if base not in self.keys or (member and base not in self.families):
            return f"no section [{section}]"
        return "" if key in self.keys[base] else f"no key [{base}] {key}"


def configuration_lines(page):
    """(section, key) of examples of configurations; and of `[section] key` in the text."""
    text = page.read_text()
    for block in re.findall(r"^```ini\n(?:[^`]*)^```|(?:^    .*\n|^\n)+", text, re.MULTILINE):
        section = None
        for line in block.splitlines():
            if head := re.match(r"\s*\[([\w.]+)\]\s*$", line):
                section = head[1]
            elif section and (key := re.match(r"\s*(\w+) = ", line)):
                yield section, key[1]
    yield from re.findall(r"`\[([a-z]+(?:\.\w+)?)\] (\w+)(?: = [^`]*)?`", text)


def anchors(page):
    """As GitHub makes them of headings; and <a name>."""
    text = page.read_text()
    heads = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", head) for head in re.findall(r"^#+ (.*)$", text, re.MULTILINE)]
    slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
    return slugs | set(re.findall(r'<a name="([^"]*)"', text))


class Written(unittest.TestCase):
    def test_explanations_of_keys_fit_a_terminal(self):
        self.assert_none(line for line in setsz("options").output.splitlines() if len(line) > 80)

    def assert_none(self, faults):
        self.assertEqual(sorted(set(faults)), [])

    def test_command_lines_are_accepted(self):
        faults, tried = [], set()
        for page in PAGES + EXAMPLES:
            for command in every_command(page):
                arguments = arguments_of_setsz(command)
                if arguments is None or tuple(arguments) in tried or arguments[0].startswith("--"):
                    continue
                tried.add(tuple(arguments))
                if arguments[0] in ("help", "options"):
                    result = setsz(*[word for word in arguments if not is_placeholder(word)])
                else:
                    result = setsz(*arguments, "--help")
                if result.code != 0:
                    faults.append(f"{page.relative_to(TREE)}: setsz {' '.join(arguments)}: {result.output}")
        self.assertGreater(len(tried), 40)
        self.assert_none(faults)

    def test_files_keys_and_stages_of_command_lines_exist(self):
        keys, stages = Keys(), set(re.findall(r"^  ([a-z]+)", setsz("help", "pipeline").output, re.MULTILINE))
        faults = []
        for page in PAGES + EXAMPLES:
            for command in every_command(page):
                where = f"{page.relative_to(TREE)}: {' '.join(command)}"
                runs = arguments_of_setsz(command) is not None or command[0].startswith("jobs/")
                for word in command if runs else ():
                    path = word.split("=")[-1]
                    if re.match(r"(configs|jobs|packaging)/\w", path) and not is_placeholder(path) and path not in CONFIGURATIONS | {"jobs/site.ini"} and not (TREE / path).exists():
                        faults.append(f"{where}: no file {path}")
                for setting in values_of(command, "--set") if runs else ():
                    section, _, key = setting.split("=")[0].rpartition(".")
                    if not is_placeholder(setting.split("=")[0]) and setting != "section.key=value" and (fault := keys.fault(section, key)):
                        faults.append(f"{where}: {fault}")
                for option in ("--stage", "--from", "--until"):
                    for value in values_of(command, option) if runs else ():
                        faults += [f"{where}: no stage {name}" for name in value.split(",") if name not in stages | {"a", "b"} and not is_placeholder(name)]
        self.assert_none(faults)

    def test_keys_of_examples_exist(self):
        keys, faults, n = Keys(), [], 0
        for page in PAGES:
            for section, key in configuration_lines(page):
                n += 1
                if section not in ("search", "space") and (fault := keys.fault(section, key)):
                    faults.append(f"{page.relative_to(TREE)}: {fault}")
        self.assertGreater(n, 100)
        self.assert_none(faults)

    def test_scripts_have_the_options_that_are_named(self):
        scripts = "".join(path.read_text() for path in TREE.glob("jobs/**/*") if path.suffix in (".sh", ".py", ".sbatch"))
        faults = []
        for page in PAGES:
            for command in every_command(page):
                if not re.match(r"jobs/[\w/]+\.(sh|py)$", command[0]):
                    continue
                own = itertools.takewhile(lambda word: word != "--", command[1:])
                faults += [f"{page.relative_to(TREE)}: {' '.join(command)}: {word}" for word in own
                           if word.startswith("--") and word.split("=")[0] not in scripts]
        self.assert_none(faults)

    def test_tests_that_are_named_exist(self):
        names = re.findall(r"Test +#\d+: (\S+)", subprocess.run(["ctest", "--test-dir", BUILD, "-N"], capture_output=True, text=True, check=True).stdout)
        self.assertGreater(len(names), 50)
        faults = []
        for page in PAGES:
            for command in every_command(page):
                if command[0] in ("ctest", "jobs/test.sh"):
                    faults += [f"{page.relative_to(TREE)}: {' '.join(command)}" for pattern in values_of(command, "-R")
                               if not any(re.search(pattern.replace("\\|", "|"), name) for name in names)]
        self.assert_none(faults)

    def test_tests_of_faults_exist(self):
        sources = {path: path.read_text() for suffix in ("cpp", "py") for path in (TREE / "tests").rglob(f"*.{suffix}")}
        known = set()
        for path, text in sources.items():
            known |= {".".join(names) for names in re.findall(r"^TEST(?:_F|_P)?\((\w+), (\w+)\)", text, re.MULTILINE)}
            known |= {f"{path.stem}.{name}" for name in re.findall(r"^ *def test_(\w+)\(", text, re.MULTILINE)}
            known |= {f"{path.stem}.{name}" for name in re.findall(r'^    Fault\("([^"]+)"', text, re.MULTILINE)}
        rows = [line for line in (TREE / "docs/faults.md").read_text().splitlines() if line.startswith("|")]
        named = re.findall(r"`([^`]+\.[^`]+)`", "\n".join(rows))
        self.assertGreater(len(named), 100)
        self.assert_none([name for name in named if name not in known])

    def test_links_lead_somewhere(self):
        faults = []
        for page in PAGES:
            for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", page.read_text())):
                path, _, anchor = link.partition("#")
                if re.match(r"[a-z]+:", path):
                    continue
                target = (page.parent / path).resolve() if path else page
                if not target.exists():
                    faults.append(f"{page.relative_to(TREE)}: {link}")
                elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                    faults.append(f"{page.relative_to(TREE)}: {link} (no such heading)")
        self.assert_none(faults)


class Tables(Case):
    """tests/run_tables.py: tables of pages from products."""

    def table(self, name, *runs):
        command = [sys.executable, str(TREE / "tests/run_tables.py"), name, *map(str, runs), "--print"]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def test_pages_have_their_places(self):
        scripts = {"tests/run_tables.py": {"networks", "centres", "search"}, "tests/figures.py": {"faults", "seconds", "snapshots", "catalogues", "closure"}}
        text = "".join(page.read_text() for page in PAGES)
        for script, names in scripts.items():
            self.assertEqual(set(re.findall(f"<!-- {script}: (\\w+) -->", text)), names)

    def test_a_run_becomes_tables(self):
        universe = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"
        results = json.loads((universe / "compare/z0/results.json").read_text())
        found = self.table("networks", universe).stdout
        for model in results["models"]:
            low, high = model["L_opt_95"]
            self.assertIn(f"| `{model['model']}` | {model['L_opt']:.3f} ({low:.3f} to {high:.3f}) |", found)
        spectra = json.loads((universe / "paint/z0/small/spectra.json").read_text())["mean_y"]
        self.assertRegex(self.table("boxes", universe).stdout, rf"`z0/small` .* \| {spectra['painted'] / spectra['gas']:.3f} \|")

    def test_a_mock_run_becomes_centres(self):
        run = centre_limit.Run(Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe", "small")
        self.assertGreater(len(run.ids), 0)
        for centres in run.planted, run.network, run.filter, run.of_the_gas():
            self.assertEqual(centres.shape, (len(run.ids), 3))
            self.assertLess(numpy.linalg.norm(centres, axis=1).max(), 0.5)  # NaN is not less, either
        # Particles within R200 are two thirds to a half of those that are counted; each tells about 2 of a component.
        self.assertLess(abs(numpy.log(run.bounds * numpy.sqrt(run.particles))).max(), numpy.log(2))

    def test_a_search_becomes_a_table(self):
        folder = self.folder / "box/search/lo_fold1"
        folder.mkdir(parents=True)
        rows = (0, [0.8], 1), (7, None, 1), (5, [0.7], 6), (7, [0.75], 4)  # the configuration's settings, 7, have failed once
        trials = [{"params": {"model.width": width}, "values": values, "core_seconds": cost} for width, values, cost in rows]
        (folder / "trials.json").write_text(json.dumps({"study": "lo_fold1", "defaults": {"model.width": 7}, "trials": trials}))
        self.assertIn("| box | lo_fold1 | 3 | 0.750 | 0.700 | 12 |", self.table("search", self.folder / "box").stdout)

    def test_a_table_replaces_the_one_on_its_page(self):
        universe = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"
        page = self.folder / "validation.md"
        page.write_text("before\n<!-- tests/run_tables.py: networks -->\nold\n<!-- end -->\nafter\n")
        for _ in range(2):
            result = subprocess.run([sys.executable, str(TREE / "tests/run_tables.py"), "networks", str(universe), "--docs", str(self.folder)], capture_output=True, text=True)
            self.assertEqual(result.returncode, 0, result.stderr)
            text = page.read_text()
            self.assertRegex(text, r"^before\n<!-- tests/run_tables.py: networks -->\n\n\| loss[^<]*\n\n<!-- end -->\nafter\n$")
            self.assertNotIn("old", text)

    def test_seconds_of_faults_become_a_table_that_a_smaller_run_leaves(self):
        def lines(page, **times):
            rows = [{"fault": "killed", "where": stage, "ranks": 2, "outcomes": {"killed": 1}, "times": some} for stage, some in times.items()]
            (self.folder / "disk_faults.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
            return [figures.BEGIN.format("seconds"), *figures.times_table(self.folder, "\n".join(page)), figures.END]

        page = lines(["nothing"], fit=[[1, 2], [2, 9]], sky=[[0.5, 3]])
        self.assertIn("| all |  |  |  |  | 2.0 / 3.0 / 9.0 (3) |  |", page)
        self.assertIn("| fit |  |  |  |  | 2.0 / 5.5 / 9.0 (2) |  |", page)
        self.assertEqual(lines(page, fit=[[7, 7]]), page)
        again = lines(page, fit=[[4, 4]] * 3)
        self.assertIn("| all |  |  |  |  | 4.0 / 4.0 / 4.0 (3) |  |", again)
        self.assertIn("| sky |  |  |  |  | 3.0 / 3.0 / 3.0 (1) |  |", again)

    def test_what_is_not_there_is_named(self):
        for name, run, words in (("samples", self.folder, "nothing in"), ("boxes", self.folder / "none", "no run directory"), ("nothing", self.folder, "run_tables.py networks RUN")):
            result = self.table(name, run)
            self.assertEqual(result.returncode, 1)
            self.assertIn(words, result.stdout)


class Done(Case):
    """Commands on example configurations, run on the small universe, where all products are complete."""

    def setUp(self):
        super().setUp()
        self.reference = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"

    def on_the_small_universe(self, arguments):
        """The same on files that exist; nothing if a word stands for what only the reader has, or costs too much."""
        changes = arguments[0] in ("run", "check") and any(word.startswith(("--set", "--force", "--only")) for word in arguments)
        if changes or arguments[0] == "report":
            return None
        words = []
        for word in arguments:
            if word in CONFIGURATIONS:
                words.append(self.configuration("tiny.ini", run=self.reference))
            elif run := next((run for run in RUNS if word == run or word.startswith(run + "/")), None):
                words.append(str(self.reference) + word[len(run):])
            elif is_placeholder(word) or word.endswith(".ini"):
                return None
            else:
                words.append(word)
        return words

    def test_what_is_cheap_works(self):
        done = set()
        for page in PAGES:
            for command in every_command(page):
                arguments = arguments_of_setsz(command)
                words = self.on_the_small_universe(arguments) if arguments and len(arguments) > 1 else None
                if words is None or tuple(words) in done or not any(str(self.reference) in str(word) or str(word).endswith(".ini") for word in words):
                    continue
                missing = words[0] == "inspect" and not Path(words[1]).exists()
                if missing:
                    continue
                done.add(tuple(words))
                with self.subTest(f"{page.relative_to(TREE)}: setsz {' '.join(arguments)}"):
                    result = setsz(*words)
                    self.assertEqual(result.code, 0, result.output)
        self.assertGreater(len(done), 8)


if __name__ == "__main__":
    unittest.main()
