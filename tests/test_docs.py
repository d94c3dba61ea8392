"""What the documents say is true: every command is named, every example parses, the lock files agree."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from archive.errors import KhoCongError
from crawler.cli import COMMANDS, cli

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

TYPED = re.compile(
    r"^(?:\$ )?(?:python3 run\.py|uv run khocong|khocong) (?P<words>.*?)(?:\s{2,}#.*)?$", re.MULTILINE
)
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def typed():
    """Return every command line of README's code blocks, without the program's name."""
    found = [match["words"] for block in FENCE.findall(README) for match in TYPED.finditer(block)]
    return [words for words in found if not words.startswith(("test", "help"))]


def test_readme_names_every_command():
    assert [name for name in COMMANDS if f"khocong {name}" not in README and f"`{name}" not in README] == []


@pytest.mark.parametrize("words", sorted(set(typed())))
def test_readme_examples_parse(words):
    name, *arguments = shlex.split(words)
    with click.Context(cli, info_name="khocong") as parent:
        command = cli.get_command(parent, name)
        assert command is not None, f"README shows `khocong {name}`, which is not a command"
        if arguments != ["--help"]:
            try:
                command.make_context(name, arguments, parent=parent)
            except (click.UsageError, KhoCongError) as error:
                pytest.fail(f"khocong {words}: {error}")


def test_readme_shows_enough_examples():
    names = {words.split()[0] for words in typed()}
    assert {"demo", "crawl", "search", "serve", "status"} <= names


def test_first_screen_has_the_two_commands():
    first_screen = "\n".join(README.splitlines()[:40])
    assert "python3 run.py demo" in first_screen
    assert "python3 run.py test" in first_screen
    assert re.search(r"run\.py crawl \S+", first_screen)


@pytest.mark.parametrize("name", ["SECURITY.md", "docs/reliability.md"])
def test_promises_name_tests_that_are_there(name):
    """A promise that no test holds is a wish: each `test_…` and each path that is named exists."""
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", text))
    written = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) >= 10
    assert [one for one in sorted(named) if f"def {one}(" not in written] == []
    paths = set(re.findall(r"`((?:tests|docs|benchmarks|deploy)/[\w./-]+)`", text))
    assert [one for one in sorted(paths) if not (ROOT / one).exists()] == []


def test_readme_links_lead_somewhere():
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_changelog_knows_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{PROJECT['version']}]" in changelog or "## [Unreleased]" in changelog


def test_licence_is_whole():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["license"] == "Apache-2.0"
    for part in ("Version 2.0, January 2004", "9. Accepting Warranty", "APPENDIX: How to apply"):
        assert part in text


def locked(name):
    """Return {package: version} of a lock file; every entry must carry a hash."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.findall(r"^([\w.-]+)==([\w.]+)(.*?)(?=^\w|\Z)", text, re.MULTILINE | re.DOTALL)
    assert all("--hash=sha256:" in rest for _, _, rest in entries)
    return {canonicalize_name(package): version for package, version, _ in entries}


def test_lock_files_hold_what_the_project_asks_for():
    run, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    assert run.items() <= dev.items(), "the two lock files disagree"
    for lock, asked in ((run, PROJECT["dependencies"]), (dev, PROJECT["optional-dependencies"]["dev"])):
        for requirement in map(Requirement, asked):
            assert requirement.specifier, f"{requirement} has no lower bound"
            assert requirement.specifier.contains(lock[canonicalize_name(requirement.name)], prereleases=True)


def test_lock_files_name_no_index():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index" not in text
        assert "--find-links" not in text


def test_run_py_explains_itself():
    done = subprocess.run(
        [sys.executable, ROOT / "run.py", "--help"], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0
    assert "python3 run.py test" in done.stdout
    nothing = subprocess.run([sys.executable, ROOT / "run.py"], capture_output=True, check=False)
    assert nothing.returncode == 2


def test_ci_runs_the_same_command():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "python3 run.py test" in script.read_text(encoding="utf-8")
