"""What the project is made of: licences, imports, advisories, wheel, bill of materials, addresses."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUN_LOCK = ROOT / "requirements.lock"

# A licence that is offered as one of several may be left: (tld: MPL-1.1 or GPL or LGPL).
COPYLEFT = re.compile(r"\b(?:A?GPL|Affero|GNU General Public)", re.IGNORECASE)
# Installed for the tests only and run as processes of their own; no line of ours imports them.
APART = {"surt", "text-unidecode"}
# What the standard library's own installer needs of the environment.
INSTALLERS = {"pip", "setuptools"}
# Needed by a package that does not say so, or read by name: no import of ours shows them.
UNIMPORTED = {
    "s3fs": "fsspec imports it for an s3:// address",
    "cdx-toolkit": "imported by name when Common Crawl is asked",
    "wayback": "imported by name when the Internet Archive is asked",
    "playwright": "scrapy-playwright's, named for its lower bound",
    "lxml-html-clean": "trafilatura's extra, which older pips skip",
}


def locked(path):
    return set(re.findall(r"^([\w.-]+)==", path.read_text(encoding="utf-8"), re.MULTILINE))


def declared(*extras):
    lists = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] for extra in extras)]
    return {canonicalize_name(Requirement(words).name) for words in sum(lists, [])}


def optional_extras():
    return [name for name in PROJECT["optional-dependencies"] if name not in ("dev", "bench")]


def imports(folder):
    """Yield (file, top-level module) for each import of ours, also those inside functions."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            else:
                continue
            yield from ((path, name.partition(".")[0]) for name in names)


def distributions_of(*folders):
    """Return {distribution: a file that imports it} of what is neither ours nor Python's own."""
    known = packages_distributions()
    ours = {"archive", "crawler", "tests", "benchmarks"}
    found = {}
    for folder in folders:
        for path, module in imports(folder):
            if module in ours or module in sys.stdlib_module_names:
                continue
            names = known.get(module) or [module]
            for name in names:
                found[canonicalize_name(name)] = path.relative_to(ROOT)
    return found


@cache
def licences():
    done = subprocess.run(
        [sys.executable, "-m", "piplicenses", "--from=mixed", "--format=json", "--with-system"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return {canonicalize_name(row["Name"]): row["License"] for row in json.loads(done.stdout)}


def test_no_copyleft_in_what_runs():
    of = licences()
    wanted = {canonicalize_name(name) for name in locked(RUN_LOCK)}
    bad = {
        name: of[name]
        for name in sorted(wanted & set(of))
        if COPYLEFT.search(of[name]) and not re.search(r"\bOR\b|\bMPL", of[name])
    }
    assert bad == {}
    assert len(wanted & set(of)) >= 60, "the licences of most of the locked packages are to be seen here"
    unknown = [name for name in wanted & set(of) if of[name] == "UNKNOWN"]
    assert unknown == []


def test_no_copyleft_is_imported_by_anything_of_ours():
    of = licences()
    imported = distributions_of("archive", "crawler", "tests", "benchmarks")
    bad = {name: str(path) for name, path in imported.items() if COPYLEFT.search(of.get(name, ""))}
    assert bad == {}
    assert not APART & set(imported)


def test_what_is_imported_is_asked_for_and_the_reverse():
    """No import rests on a package that only happens to come along, and none is asked for in vain."""
    asked = declared(*optional_extras())
    imported = distributions_of("archive", "crawler")
    # Scrapy's own engine and parts: asked for as Scrapy, whose public interface they are.
    of_scrapy = {"twisted", "itemadapter", "w3lib", "parsel", "pyopenssl", "cryptography", "zope-interface"}
    # Datasette's parts in the same way, and what reads zoneinfo where the system has no zones.
    of_datasette = {"jinja2", "markupsafe", "uvicorn", "httpx", "pluggy"}
    stray = {name: str(path) for name, path in imported.items() if name not in asked}
    stray = {name: path for name, path in stray.items() if name not in of_scrapy | of_datasette}
    assert stray == {}
    assert sorted(asked - set(imported) - set(UNIMPORTED)) == []


def test_no_known_advisory():
    """`pip-audit` over the locked versions; it asks PyPI, and is skipped where that has no answer."""
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", "--requirement", str(RUN_LOCK)]
        + ["--disable-pip", "--no-deps", "--format", "json", "--progress-spinner", "off", "--timeout", "10"],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    try:
        rows = json.loads(done.stdout)["dependencies"]
    except ValueError:
        pytest.skip(f"PyPI's advisories cannot be asked here: {done.stderr.strip()[-200:]}")
    audited = [row for row in rows if "vulns" in row]
    if len(audited) < len(rows) // 2:
        pytest.skip(f"PyPI's advisories are not served here: {len(audited)} of {len(rows)} packages audited")
    found = {row["name"]: [entry["id"] for entry in row["vulns"]] for row in audited if row["vulns"]}
    assert found == {}


@pytest.fixture(scope="module")
def two_wheels(tmp_path_factory):
    """The project's wheel, built twice: from two folders, of files of two ages."""
    wheels = []
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if tracked.returncode:
        pytest.skip("no git checkout: what belongs to the project cannot be listed")
    names = [name for name in tracked.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    for turn, age in enumerate((0, 86_400 * 400)):
        root = tmp_path_factory.mktemp(f"build{turn}") / ("khocong" * (turn + 1))
        for name in names:
            if name.startswith(("archive/", "crawler/", "pyproject", "README", "LICENSE", "scrapy.cfg")):
                target = root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, target)
                os.utime(target, (1_700_000_000 + age, 1_700_000_000 + age))
        out = root.parent / "out"
        subprocess.run(
            [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
            + ["--no-index", "--wheel-dir", str(out), str(root)],
            check=True,
            capture_output=True,
            # The modes of what the build writes follow the umask, and stand in the file.
            umask=0o022,
            env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
        )
        wheels.extend(out.glob("*.whl"))
    return wheels


def test_the_wheel_is_the_same_wherever_it_is_built(two_wheels):
    first, second = two_wheels
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_the_wheel_holds_the_project_and_nothing_else(two_wheels):
    from zipfile import ZipFile

    names = ZipFile(two_wheels[0]).namelist()
    assert "crawler/portals/angiang/chaudoc.yml" in names or any(
        name.startswith("crawler/portals/angiang/") for name in names
    )
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.startswith("archive/web/templates/") for name in names)
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"archive", "crawler", next(top for top in tops if top.endswith(".dist-info"))}
    assert [name for name in names if name.endswith((".pyc", ".db", ".warc.gz"))] == []


def test_bill_of_materials(tmp_path):
    """`run.py sbom` writes CycloneDX: every locked package with version and hashes, the same each time."""
    out = [tmp_path / "one.json", tmp_path / "two.json"]
    for path in out:
        subprocess.run(
            [sys.executable, ROOT / "run.py", "sbom", str(path)],
            check=True,
            capture_output=True,
            cwd=tmp_path,
        )
    assert out[0].read_bytes() == out[1].read_bytes()
    bill = json.loads(out[0].read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "khocong"
    listed = {canonicalize_name(part["name"]): part for part in bill["components"]}
    assert {canonicalize_name(name) for name in locked(RUN_LOCK)} <= set(listed)
    assert [name for name, part in listed.items() if not part["version"]] == []
    assert [
        name for name, part in listed.items() if not part.get("externalReferences", part.get("hashes"))
    ] == []


WATCH = """
import os, sys

def watch(event, arguments):
    if event == "socket.connect":
        address = arguments[1]
    elif event == "socket.getaddrinfo":
        address = (arguments[0], arguments[1])
    elif event == "socket.gethostbyname":
        address = (arguments[0], 0)
    elif event == "socket.sendto":
        address = arguments[1]
    elif event == "subprocess.Popen":
        address = ("program", str(arguments[0]))
    else:
        return
    host = address[0] if isinstance(address, tuple) else address
    with open(os.environ["KHOCONG_WATCH"], "a", encoding="utf-8") as log:
        log.write(f"{event}\\t{host if isinstance(host, str) else repr(host)}\\t{address!r}\\n")

sys.addaudithook(watch)
"""


def test_nothing_but_the_portal_is_contacted(tmp_path):
    """A whole demo, crawl and all: every address connected to and every name asked for is loopback."""
    watcher = tmp_path / "watcher"
    watcher.mkdir()
    (watcher / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    log = tmp_path / "contacts.txt"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(watcher), str(ROOT)]),
        "KHOCONG_WATCH": str(log),
    }
    done = subprocess.run(
        [sys.executable, "-m", "crawler.cli", "demo", "--no-serve", "--archive", str(tmp_path / "kho")],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in log.read_text(encoding="utf-8").splitlines()]
    contacts = [row for row in rows if row[0] != "subprocess.Popen"]
    programs = {Path(row[2].split("'")[-2]).name for row in rows if row[0] == "subprocess.Popen"}
    assert [row for row in contacts if row[0] == "socket.connect"], "the watcher saw nothing"
    loopback = re.compile(r"127\.0\.0\.1|::1|localhost|/.*|None")
    assert [row for row in contacts if not loopback.fullmatch(row[1])] == []
    assert {name for name in programs if not name.startswith("python")} <= {"git", "uname"}
