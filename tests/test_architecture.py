"""The house rules that a machine can hold: who may import whom, how long things get, what they say."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 300
# A test file may tell a longer story.
LONGEST_TEST = 400
LONGEST_FUNCTION = 60

# A module imports from its own rung or from rungs above it in these lists, never from below; the crawler
# imports the archive, never the reverse. A new module needs its place here before it can be merged.
ARCHIVE_LADDER = (
    "records errors attached",
    "vietnamese jurisdictions issuers urls digests software addresses",
    "warc schema lock folder counting",
    "database",
    "places portal_files fixity premis ledger ledger_links store files runs remote",
    "revisions search status due drift",
    "near_duplicates attribution dying alerts",
    "reading verify backup backup_remote repair restoring audit metrics",
    "export merge",
    "web",
    "commands cli __main__",
)
CRAWLER_LADDER = (
    "repairing charset atoms selecting dom tables demo settings connecting stamps",
    "platforms blocks feeds soft files",
    "registry registry_file registry_fields body trim titles published attribution zones evidence "
    "chrome templates placing links listing",
    "layout extraction parts page",
    "tally manners exchange yields spelling conditional restated renamed reading passing readers rereading "
    "judging multipage groups gates schemes chains robots recrawl commit frontier learning robots_turns "
    "portals_kept reextract",
    "wire middlewares browser",
    "starting session accounting journal visit rendering attaching sharing plans last_chance conducting "
    "expecting telling completeness reconcile run probing "
    "summary scheduling spiders "
    "ingest rebuild verifying mending",
    "cluster",
    "commands cli",
)

SOURCES = sorted(path for folder in ("archive", "crawler") for path in (ROOT / folder).rglob("*.py"))
ALL = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py")), ROOT / "run.py"]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in ALL}


def test_test_files_have_names_of_their_own():
    """pytest imports them by name alone: of two files of one name the second is not collected."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def short(path):
    return str(path.relative_to(ROOT))


MODULES = {name_of(path): path for path in SOURCES}


def imported(nodes):
    """Yield (line, module) for each import of ours: `from archive import urls` names archive.urls."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield node.lineno, whole if whole in MODULES else node.module


def place(module):
    """Return where a module stands: (package, rung), or None for what is not ours."""
    package, _, rest = module.partition(".")
    if package not in ("archive", "crawler"):
        return None
    # The two packages themselves are their public face: the archive's names everything it reads with.
    first = rest.partition(".")[0] or {"archive": "reading", "crawler": "charset"}[package]
    ladder = ARCHIVE_LADDER if package == "archive" else CRAWLER_LADDER
    for rung, names in enumerate(ladder):
        if first in names.split():
            return package, rung
    pytest.fail(f"{module} has no place in the import ladder of tests/test_architecture.py")


def test_imports_climb_the_ladder():
    wrong = []
    for name, path in MODULES.items():
        package, rung = place(name)
        for line, module in imported(ast.walk(TREES[path])):
            other = place(module)
            if other is None or (package == "crawler" and other[0] == "archive"):
                continue
            if other[0] != package or other[1] > rung:
                wrong.append(f"{short(path)}:{line} imports {module}")
    assert wrong == []


def test_nothing_imports_in_a_circle():
    graph = {
        name: {module for _, module in imported(TREES[path].body) if module in MODULES and module != name}
        for name, path in MODULES.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"import circle: {' → '.join(error.args[1])}")


def test_relative_imports_and_stars_are_not_used():
    bad = [
        f"{short(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.ImportFrom) and (node.level or any(alias.name == "*" for alias in node.names))
    ]
    assert bad == []


def test_files_stay_short():
    counts = {short(path): path.read_text(encoding="utf-8").count("\n") for path in ALL}
    limit = {name: LONGEST_TEST if name.startswith("tests") else LONGEST_FILE for name in counts}
    assert {name: count for name, count in counts.items() if count > limit[name]} == {}


def test_functions_stay_short():
    lengths = {
        f"{short(path)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in ALL
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_every_module_says_what_it_is():
    silent = [
        short(path) for path in ALL if TREES[path].body and len(ast.get_docstring(TREES[path]) or "") < 15
    ]
    assert silent == []


def test_all_is_sorted_and_names_what_is_there():
    wrong = []
    for path in SOURCES:
        for node in TREES[path].body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                names = ast.literal_eval(node.value)
                # ruff's order: constants, then classes, then the rest.
                kinds = [(not name.isupper(), not name[0].isupper(), name) for name in names]
                if any(one >= other for one, other in pairwise(kinds)):
                    wrong.append(f"{short(path)}: __all__ is not sorted")
                module = import_module(name_of(path))
                wrong += [f"{short(path)}: no {name}" for name in names if not hasattr(module, name)]
    assert wrong == []


# Written in two parts so that these lines are not what they look for.
SILENCED = re.compile(r"#\s*(?:no" + r"qa|type:\s*ig" + r"nore|pra" + r"gma: no cover)[^#]*(?P<reason>#.*)?$")
NOT_HERE = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|/ro" + r"ot/|/home/\w|/tmp/\w|/wo" + r"rk/")
TEXT = {".py", ".md", ".yml", ".toml", ".cfg", ".lock", ".html", ".css", ".js", ".sql", ".txt", ".json"}


def test_silenced_checks_give_their_reason():
    bad = []
    for path in ALL:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = SILENCED.search(line)
            if found and len((found["reason"] or "").strip("# ")) < 6:
                bad.append(f"{short(path)}:{number}: {line.strip()}")
    assert bad == []


def test_no_machine_and_no_promise_is_left_behind():
    found = []
    for folder in ("archive", "crawler", "docs", "tests", "."):
        paths = (ROOT / folder).glob("*") if folder == "." else (ROOT / folder).rglob("*")
        for path in (path for path in paths if path.suffix in TEXT and path.is_file()):
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            found += [
                f"{short(path)}:{number}: {line.strip()[:120]}"
                for number, line in enumerate(lines, 1)
                if NOT_HERE.search(line)
            ]
    assert found == []


def test_nothing_is_called_utils():
    assert [name for name in MODULES if re.search(r"\b(?:utils?|helpers?|misc|items)$", name)] == []
