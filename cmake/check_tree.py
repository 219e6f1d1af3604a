#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks the shape of the source tree: include directions, kinds of files in a stage, names, sizes,
casts, SPDX lines, MPI and libtorch only where they belong. --headers BUILD, after a build: every header
compiles alone (it has been compiled first in its own source, or it is compiled now)."""

import argparse
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from function_lengths import function_lengths  # noqa: E402  (beside this file)

ROOT = Path(__file__).resolve().parent.parent

# Layer of a file = its longest matching prefix; a layer may include what its list names.
LAYERS = {
    "pipeline/base/": ["pipeline/base/"],
    "pipeline/run/": ["pipeline/base/", "pipeline/run/"],
    "io/": ["pipeline/base/", "io/"],
    "model/": ["pipeline/base/", "io/", "model/"],
    "stages/": ["pipeline/base/", "pipeline/run/", "io/", "model/", "stages/"],
    "pipeline/app/": ["pipeline/", "io/", "model/", "stages/"],
    "tests/": ["pipeline/", "io/", "model/", "stages/", "tests/"],
}
GENERATED = ("git_revision.hpp",)  # by the build
MAX_LINES = 500  # of a source file; tests and tables may be longer
MAX_LINES_TEST = 800
MAX_FUNCTION_LINES = 60  # tests may be longer
MAX_CASTS_PER_1000_LINES = 12
MAX_BYTES = 300_000  # of any file: data belongs elsewhere

# Rooms that stages share, each with the rooms that it may use. All other folders are one stage each:
# a stage includes itself and the shared rooms, never another stage.
SHARED_ROOMS = {"common": ["common"], "halos": ["common", "halos"]}
# In a stage's folder, <s>_stage, <s>_options, <s>_work and <product>_file know ranks, files and options; all other
# files are kernels, which include none of these.
ADAPTER = re.compile(r"_(stage|work|file)\.[ch]pp$")
NOT_IN_KERNELS = ("pipeline/base/comm.hpp", "pipeline/base/option_list.hpp", "pipeline/run/", "io/h5")

HEADING = re.compile(r"^##? .+$", re.MULTILINE)
FILE_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*\.[ch]pp$")
CAST = re.compile(r"\b(static|reinterpret|const|dynamic)_cast<")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
FIRST_INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.M)
TORCH = re.compile(r"^\s*#\s*include\s+<(torch|ATen|c10|caffe2)/", re.M)
MPI_HEADER = re.compile(r"^\s*#\s*include\s+<mpi.h>", re.M)
MPI_CALL = re.compile(r"\bMPI_(I?[Ss]end|I?[Rr]ecv|Bcast|I?[Aa]ll|Reduce|Gather|Scatter|Exscan|Scan|"
                      r"Barrier|Wait|File_|Win_|Comm_split|Comm_dup)\w*\s*\(")
TYPE = re.compile(r"^(?:struct|class|enum class) (\w+)\b(?!::)[^;({]*\{", re.M)  # in the namespace, not in a type
SPDX = "SPDX-License-Identifier: BSD-3-Clause"
WITHOUT_SPDX = (".md", ".json", ".png", ".txt.in", ".gitignore", ".clang-format", "LICENSE", "VERSION", ".list", ".csv",
                "configs/default.ini")  # generated


def layer_of(path):
    fitting = [prefix for prefix in LAYERS if path.startswith(prefix)]
    return max(fitting, key=len) if fitting else None


def tracked_files():
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = listing.stdout.decode().split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def check_stage_file(name, includes):
    """Siblings do not know each other, and kernels are pure functions."""
    _, room, file = name.split("/")
    allowed = SHARED_ROOMS.get(room, [room, *SHARED_ROOMS])
    kernel = (room not in SHARED_ROOMS and not ADAPTER.search(file)
              and not file.startswith(f"{room}_options."))
    for included in includes:
        parts = included.split("/")
        if parts[0] == "stages" and (len(parts) < 3 or parts[1] not in allowed):
            yield f'{name}: #include "{included}": a stage includes no other stage (share it in common or halos)'
        elif kernel and (included.startswith(NOT_IN_KERNELS) or ADAPTER.search(included)):
            yield (f'{name}: #include "{included}": a kernel knows no ranks, files or options '
                   "(they belong into <s>_stage, <s>_options, <s>_work or <product>_file)")


def check_house(names):
    """The rules for stages, functions and casts."""
    sources = [name for name in names if name.endswith((".cpp", ".hpp"))]
    for name in sources:
        text = (ROOT / name).read_text()
        if not name.startswith("tests/"):
            yield from check_functions(name, text)
        if name.startswith("stages/") and name.count("/") == 2:
            yield from check_stage_file(name, INCLUDE.findall(text))
    yield from check_casts(sources)
    yield from check_types(sources)


def check_functions(name, text):
    for function, line, length in function_lengths(text):
        if length > MAX_FUNCTION_LINES:
            yield f"{name}:{line}: {function} has {length} lines (at most {MAX_FUNCTION_LINES}); split it"


def check_types(names):
    """A type of one name in two headers: the linker keeps one of their destructors, without a word."""
    places = {}
    for name in names:
        if name.endswith(".hpp") and not name.startswith("tests/"):
            for type_name in TYPE.findall((ROOT / name).read_text()):
                places.setdefault(type_name, []).append(name)
    for type_name, headers in places.items():
        if len(headers) > 1:
            yield f"{headers[1]}: {type_name} is also defined in {headers[0]}; rename one of them"


def check_headings(name, text):
    """A part of a page that stands there twice: a heading would be no target of a link."""
    headings = HEADING.findall(text)
    for heading in sorted({heading for heading in headings if headings.count(heading) > 1}):
        yield f"{name}: the heading '{heading}' stands there twice"


def check_casts(names):
    """All sources together: conversions belong into pipeline/base/number.hpp, or into better types."""
    texts = [(ROOT / name).read_text() for name in names]
    lines = sum(text.count("\n") for text in texts)
    casts = sum(len(CAST.findall(text)) for text in texts)
    if casts > MAX_CASTS_PER_1000_LINES * lines / 1000:
        yield f"{casts} casts in {lines} lines (at most {MAX_CASTS_PER_1000_LINES} per 1000)"


def check_file(name):
    path = ROOT / name
    data = path.read_bytes()
    if len(data) > MAX_BYTES:
        yield f"{name}: {len(data)} bytes (at most {MAX_BYTES}); keep data out of the repository"
        return
    text = data.decode("utf-8", "replace")
    head = "\n".join(text.splitlines()[:3])
    foreign = name.startswith(("tests/golden/", "tests/fuzz/corpus/"))
    if not name.endswith(WITHOUT_SPDX) and not foreign and SPDX not in head:
        yield f"{name}: the line '{SPDX}' is missing at the head"
    if name.endswith(".md"):
        yield from check_headings(name, text)
    if not name.endswith((".cpp", ".hpp")):
        return
    limit = MAX_LINES_TEST if name.startswith("tests/") else MAX_LINES
    n_lines = text.count("\n")
    if n_lines > limit:
        yield f"{name}: {n_lines} lines (at most {limit}); split it"
    if name.endswith(".hpp") and "#pragma once" not in text:
        yield f"{name}: '#pragma once' is missing"
    if not FILE_NAME.match(path.name):
        yield f"{name}: file names are snake_case"
    layer = layer_of(name)
    for included in INCLUDE.findall(text):
        beside = name.startswith("tests/") and (path.parent / included).is_file()
        if beside or included in GENERATED:
            continue
        if not (ROOT / included).is_file():
            yield f'{name}: #include "{included}" does not start at the root of the repository'
        elif layer and not included.startswith(tuple(LAYERS[layer])):
            yield f'{name}: #include "{included}" points upwards (allowed: {", ".join(LAYERS[layer])})'
    if not name.startswith(("model/", "tests/")) and TORCH.search(text):
        yield f"{name}: libtorch belongs into model/ only"
    mpi_allowed = ("pipeline/base/comm", "pipeline/app/main", "tests/")
    if not name.startswith(mpi_allowed) and (MPI_HEADER.search(text) or MPI_CALL.search(text)):
        yield f"{name}: MPI calls belong into pipeline/base/comm only; use Comm"


def compiles_alone(header, command):
    source = f'#include "{header}"\n#include "{header}"\n'
    done = subprocess.run(command, cwd=ROOT, input=source, capture_output=True, text=True)
    return [] if done.returncode == 0 else [f"{header}: does not compile alone:\n{done.stderr[:2000]}"]


def headers_compiled_first(commands):
    """Headers that the first line of code of their own source includes: the build has proved these.

    Not where headers are precompiled, which come before."""
    for entry in commands:
        source = Path(entry["file"])
        if "cmake_pch" not in entry["command"] and source.is_relative_to(ROOT):
            header = str(source.relative_to(ROOT).with_suffix(".hpp"))
            first = FIRST_INCLUDE.search(source.read_text())
            if first and first[1] == header:
                yield header


def check_headers(build):
    """Compiles each header alone, with all include folders of the build."""
    compiler, flags = None, {}  # a dict keeps the order
    commands = json.loads((Path(build) / "compile_commands.json").read_text())
    for entry in commands:
        words = shlex.split(entry["command"])
        compiler = next(word for word in words if "ccache" not in word)
        for i, word in enumerate(words):
            if word.startswith(("-I", "-D", "-std")):
                flags[(word,)] = True
            elif word == "-isystem":
                flags[(word, words[i + 1])] = True
    command = [compiler, *(word for flag in flags for word in flag), "-fsyntax-only", "-x", "c++", "-"]
    jobs = []
    proved = set(headers_compiled_first(commands))
    for header in (name for name in tracked_files() if name.endswith(".hpp") and name not in proved):
        if not TORCH.search((ROOT / header).read_text()):
            jobs.append((header, command))
    if not jobs:
        return ["no headers found"]
    print(f"headers: {len(proved)} compiled first in their sources, {len(jobs)} compiled now")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda job: compiles_alone(*job), jobs)
    return [problem for problems in found for problem in problems]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--headers", metavar="BUILD", help="also compile every header alone")
    arguments = parser.parse_args()
    if arguments.headers:
        problems = check_headers(arguments.headers)
    else:
        names = tracked_files()
        problems = [problem for name in names for problem in check_file(name)]
        problems += check_house(names)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
