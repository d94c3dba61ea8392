"""What starting a command loads: held by the modules, as seconds say little of a busy machine."""

import subprocess
import sys

import pytest

# Each takes .1 to .6 s to load and is needed for one job.
HEAVY = {
    "scrapy", "twisted", "trafilatura", "datasette", "pyarrow", "duckdb", "distributed", "playwright",
    "pypdfium2", "docx", "openpyxl",
}  # fmt: skip


def loaded(code):
    code = f"import sys; {code}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_no_command_loads_what_only_its_work_needs():
    code = (
        "import io, contextlib\n"
        "from crawler.cli import COMMANDS, main\n"
        "for name in COMMANDS:\n"
        "    before = set(sys.modules)\n"
        "    with contextlib.redirect_stdout(io.StringIO()): main([name, '--help'])\n"
        f"    heavy = {HEAVY!r} & (set(sys.modules) - before)\n"
        "    if heavy: sys.exit(f'{name} loads {heavy}')\n"
        "print()"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["crawl", "search", "serve", "status", "history", "cite", "sql", "runs"])
def test_the_daily_commands_know_their_options_without_the_archive(name):
    code = f"import io, contextlib; from crawler.cli import main; main(['{name}', '--help'])"
    assert not {"lxml", "sqlite_utils", "yaml", "crawler.run"} & loaded(code)


def test_a_crawl_begins_without_what_it_ends_with():
    known = loaded("import crawler.run")
    assert not {"trafilatura", "rensa", "datasette"} & known
    assert not {name for name in known if name.startswith(("archive.web", "crawler.ingest", "scrapy.spider"))}
    assert not {
        "crawler.reconcile", "crawler.summary", "crawler.expecting", "crawler.accounting",
        "archive.drift.watching",
    } & known  # fmt: skip


def test_collecting_goes_on_after_the_start():
    code = (
        "import gc, inspect; from crawler.starting import quick_start; stack = inspect.stack\n"
        "with quick_start(): assert not gc.isenabled() and inspect.stack()[0].function == '<module>'\n"
        "assert gc.isenabled() and inspect.stack is stack"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
