# SPDX-License-Identifier: BSD-3-Clause
"""`cmake --install` into a prefix and the Debian package: are they complete, and do they work from there?"""

import ast
import datetime
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["BUILD"])
VERSION = (TREE / "VERSION").read_text().strip()


def output(*command, **keywords):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **keywords)
    if done.returncode:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}")
    return done.stdout


class Version(unittest.TestCase):
    """VERSION is what CMake and pip read; files for others repeat it."""

    def test_all_places_agree(self):
        places = {
            "CITATION.cff": r"^version: (\S+)$",
            "packaging/spack/packages/setsz/package.py": r'version\("(.*)"\)',
        }
        for path, pattern in places.items():
            self.assertEqual(re.findall(pattern, (TREE / path).read_text(), re.MULTILINE), [VERSION], path)
        self.assertIn(f"setsz@{VERSION}", (TREE / "packaging/spack/packages/setsz/package.py").read_text())
        sections = re.findall(r"^## (.*)$", (TREE / "CHANGELOG.md").read_text(), re.MULTILINE)
        released = [title for title in sections if title != "Unreleased"]
        self.assertTrue(released)
        version, date = released[0].split(" - ")
        self.assertEqual(version, VERSION)
        datetime.date.fromisoformat(date)
        self.assertEqual(re.findall(r"^date-released: (\S+)$", (TREE / "CITATION.cff").read_text(), re.MULTILINE), [date])

    def test_files_for_others_can_be_read(self):
        ast.parse((TREE / "packaging/spack/packages/setsz/package.py").read_text())
        try:
            import yaml
        except ImportError:
            self.skipTest("needs python3-yaml")
        citation = yaml.safe_load((TREE / "CITATION.cff").read_text())
        # What version 1.2.0 of the format requires, and the values that it accepts.
        self.assertEqual((citation["cff-version"], citation["type"]), ("1.2.0", "software"))
        self.assertLessEqual(set(citation), {"abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers", "keywords", "license",
                                             "license-url", "message", "preferred-citation", "references", "repository", "repository-artifact", "repository-code", "title", "type", "url", "version"})
        self.assertIsInstance(citation["date-released"], datetime.date)  # YYYY-MM-DD
        self.assertEqual(str(citation["version"]), VERSION)
        self.assertIn("BSD 3-Clause", (TREE / "LICENSE").read_text())
        self.assertEqual(citation["license"], "BSD-3-Clause")
        self.assertLessEqual({"cff-version", "message", "title", "authors"}, set(citation))
        article = citation["preferred-citation"]
        self.assertLessEqual({"type", "title", "authors"}, set(article))
        self.assertTrue(all(set(person) <= {"family-names", "given-names", "orcid", "affiliation", "name"} for person in citation["authors"] + article["authors"]))
        self.assertIn("numpy", yaml.safe_load((TREE / "packaging/environment.yml").read_text())["dependencies"])


class Prefix(unittest.TestCase):
    def check(self, prefix, documents):
        """\\param documents: where the pages are under the prefix"""
        share = prefix / "share/setsz"
        self.assertFalse(list(share.rglob("*.pyc")) + list(share.rglob("site.ini")))
        self.assertIn(VERSION, output(prefix / "bin/setsz", "version"))
        for file in ("configs/demo.ini", "configs/search/moments.ini", "jobs/submit.sh", "jobs/slurm/stage.sbatch", "jobs/search.py", "jobs/figures/map.py", "python/setsz/run.py"):
            self.assertTrue((share / file).exists(), file)
        for file in ("README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "docs/formats.md", "docs/stages/train.md"):
            self.assertTrue((prefix / documents / file).exists(), file)
        self.assertTrue((prefix / "bin/setsz-learn").exists())
        # The program finds its second half; the scripts find the program, the reader is imported.
        output(prefix / "bin/setsz", "check", share / "configs/demo.ini", "--set", f"run.directory={prefix}/demo", env={**os.environ, "PATH": "/usr/bin:/bin"})
        self.assertIn("--trials", output(sys.executable, share / "jobs/search.py", "--help"))
        found = output(sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv[1]); import program; print(program.default())", share / "jobs")
        self.assertEqual(Path(found.strip()).resolve(), (prefix / "bin/setsz").resolve())
        here = output(sys.executable, "-c", "import setsz; print(setsz.__file__)", env={"PYTHONPATH": str(share / "python")})
        self.assertTrue(here.startswith(str(share)))

    def completions(self, prefix, line):
        """What the shell offers after a line."""
        words = line.split(" ")
        script = (f". {prefix}/share/bash-completion/completions/setsz; COMP_WORDS=({' '.join(repr(word) for word in words)}); "
                  f"COMP_CWORD={len(words) - 1}; _setsz; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        return output("bash", "-c", script).split()

    def zsh_completions(self, function, line):
        """What zsh would offer, of all beginnings: word:explanation, or words."""
        script = ("compadd() { print -l -- \"${(@)argv[argv[(I)--]+1,-1]}\" }; _describe() { print -l -- \"${(@P)4}\" }; _files() { print FILES }; "
                  f"words=(\"${{(@s: :)1}}\"); CURRENT=$#words; . {function}")
        return output("zsh", "-f", "-c", script, "zsh", line).splitlines()

    def check_zsh_completion(self, prefix, function):
        self.assertTrue(function.read_text().startswith("#compdef setsz\n"))
        if not shutil.which("zsh"):
            return
        output("zsh", "-n", function)
        setsz = prefix / "bin/setsz"
        self.assertIn("check:validate options and inputs; write nothing", self.zsh_completions(function, f"{setsz} "))
        self.assertIn("resume:stopping, resuming, and what is made again", self.zsh_completions(function, f"{setsz} help "))
        self.assertIn("voxelize", self.zsh_completions(function, f"{setsz} options "))
        self.assertIn("--force:discard unfinished work that does not match this configuration", self.zsh_completions(function, f"{setsz} run x.ini -"))
        self.assertLessEqual({"run.stages=", "voxelize.n_voxels="}, set(self.zsh_completions(function, f"{setsz} run x.ini --set ")))
        self.assertIn("paint", self.zsh_completions(function, f"{setsz} run {TREE}/configs/demo.ini --stage "))
        self.assertEqual(self.zsh_completions(function, f"{setsz} inspect "), ["FILES"])

    def check_completion(self, prefix):
        setsz = prefix / "bin/setsz"
        self.assertLessEqual({"run", "status", "options"}, set(self.completions(prefix, f"{setsz} ")))
        self.assertEqual(self.completions(prefix, f"{setsz} ru"), ["run"])
        self.assertEqual(self.completions(prefix, f"{setsz} help re"), ["report", "resume"])
        self.assertEqual(self.completions(prefix, f"{setsz} options vox"), ["voxelize"])
        self.assertEqual(self.completions(prefix, f"{setsz} run x.ini --fo"), ["--force"])
        self.assertEqual(self.completions(prefix, f"{setsz} run x.ini --set voxelize.n_vox"), ["voxelize.n_voxels="])
        self.assertEqual(self.completions(prefix, f"{setsz} run x.ini --set run.stag"), ["run.stages="])  # empty by default

    def check_manual(self, page):
        text = page.read_text()
        self.assertIn(f"setsz {VERSION}", text)
        for command in re.findall(r"^  setsz ([a-z]+)", output(BUILD / "setsz", "help"), re.MULTILINE):
            if command not in ("help", "version"):
                self.assertIn(f".SS {command}\n", text)
        self.assertIn(".SS resume\n", text)
        if shutil.which("groff"):
            shown = output("groff", "-man", "-Tascii", "-ww", page)
            self.assertNotIn("warning", shown)
            self.assertIn("--force", shown)


class Installed(Prefix):
    def test_the_installed_copy_is_complete_and_works(self):
        output(os.environ["CMAKE"], "--build", BUILD, "--target", "setsz_manual_page")
        with tempfile.TemporaryDirectory() as folder:
            prefix = Path(folder)
            output(os.environ["CMAKE"], "--install", BUILD, "--prefix", prefix, "--strip")
            self.check(prefix, "share/doc/setsz")
            self.check_completion(prefix)
            self.check_zsh_completion(prefix, prefix / "share/zsh/site-functions/_setsz")
            self.check_manual(prefix / "share/man/man1/setsz.1")


class DebianPackage(Prefix):
    def test_the_package_is_built_and_installed(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder, "root")
            output("cpack", "-G", "DEB", "--config", BUILD / "CPackConfig.cmake", "-B", folder)
            (package,) = Path(folder).glob("*.deb")
            about = output("dpkg-deb", "--info", package)
            self.assertIn(f"Version: {VERSION}", about)
            for library in ("libhdf5-openmpi", "libtorch", "openmpi-bin", "libfftw3"):
                self.assertIn(library, about)
            for part in ("updates", "info"):
                (root / "var/lib/dpkg" / part).mkdir(parents=True)
            (root / "var/lib/dpkg/status").touch()
            output("dpkg", "--force-depends", "--force-not-root", f"--log={folder}/log", f"--instdir={root}", f"--admindir={root}/var/lib/dpkg", "--install", package)
            self.check(root / "usr", "share/doc/setsz")
            self.check_completion(root / "usr")
            self.check_zsh_completion(root / "usr", root / "usr/share/zsh/vendor-completions/_setsz")
            (page,) = (root / "usr/share/man/man1").iterdir()
            self.check_manual(page)


if __name__ == "__main__":
    unittest.main(verbosity=2)
