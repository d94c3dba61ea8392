"""The drills of docs/running.md are followed line by line; what deploy/ holds is checked by its own tools."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.portal.crawling import crawl, environment
from tests.portal.replay import Replay
from tests.portal.sites import small_site

ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
UNITS = sorted((ROOT / "deploy" / "systemd").glob("khocong-*.*"))
# What is known of systemd's own exposure rating: 0 is best, 10 worst; an ordinary service has 9.6.
MOST_EXPOSED = 2.0


def drills():
    blocks = re.findall(r"^```sh\n# drill: (.+?)\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)
    return [(name, lines.strip().splitlines()) for name, lines in blocks]


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """Return a function that runs a line of the docs as a user's shell would."""
    folder = tmp_path_factory.mktemp("drill")
    programs = folder / "bin"
    programs.mkdir()
    (programs / "khocong").write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -m crawler.cli "$@"\n', encoding="utf-8"
    )
    (programs / "khocong").chmod(0o755)
    kho = folder / "kho"
    with Replay(small_site(8)) as site:
        assert crawl(site.origin, kho).returncode == 0
    env = {
        **environment(kho), "PATH": f"{programs}:{os.environ['PATH']}", "KHO": str(kho),
        "COPY": str(folder / "copy"), "BACK": str(folder / "back"), "PYTHONPATH": str(ROOT),
    }  # fmt: skip

    def run(line):
        return subprocess.run(["/bin/sh", "-c", line], env=env, capture_output=True, text=True, check=False)

    return run


def test_the_drills_work_as_they_are_written(shell):
    told = drills()
    assert [name.split(",")[0] for name, _ in told] == ["copy", "the database is lost"]
    for name, lines in told:
        for line in lines:
            done = shell(line)
            assert done.returncode == 0, f"{name}: {line}\n{done.stdout}{done.stderr}"
    counted = shell('khocong sql "SELECT count(*) FROM articles" --archive "$BACK"')
    assert "8" in counted.stdout.split()


def test_a_copy_that_is_not_whole_is_not_passed_off_as_good(shell, tmp_path):
    assert shell('khocong backup "$COPY-2" --archive "$KHO"').returncode == 0
    shell('f=$(ls "$COPY-2"/warc/*.warc.gz | head -1); printf XXXX | dd of="$f" bs=1 seek=600 conv=notrunc')
    assert shell('khocong verify --archive "$COPY-2"').returncode == 1


@pytest.fixture
def analyze():
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("no systemd-analyze on this machine")
    return found


def installed(folder, paths):
    """Copy units with a program that exists on this machine."""
    for path in paths:
        text = path.read_text(encoding="utf-8").replace("/opt/khocong/.venv/bin/khocong", "/bin/true")
        (folder / path.name).write_text(text, encoding="utf-8")
    return [str(folder / path.name) for path in paths]


def test_the_units_are_right(analyze, tmp_path):
    assert len(UNITS) == 6
    units = installed(tmp_path, UNITS)
    done = subprocess.run(
        [analyze, "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "unit", [path for path in UNITS if path.suffix == ".service"], ids=lambda path: path.stem
)
def test_the_units_are_hardened(analyze, tmp_path, unit):
    text = unit.read_text(encoding="utf-8")
    assert "User=khocong" in text
    assert not re.search(r"(?i)password|secret|token", text)
    [name] = installed(tmp_path, [unit])
    done = subprocess.run(
        [analyze, "security", "--offline=yes", name], capture_output=True, text=True, check=False
    )
    rating = re.search(r"exposure level.*: ([\d.]+)", done.stdout)
    if rating is None:
        pytest.skip(f"this systemd-analyze does not rate files: {done.stderr.strip()[:80]}")
    assert float(rating[1]) <= MOST_EXPOSED


def test_the_compose_file_keeps_its_schema():
    path = ROOT / "deploy" / "compose.yml"
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_container_has_more_rights_than_it_needs():
    services = yaml.safe_load((ROOT / "deploy" / "compose.yml").read_text(encoding="utf-8"))["services"]
    assert set(services) == {"schedule", "web", "proxy", "backup", "verify"}
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["user"] == "10001:10001", name
        assert service["cap_drop"] == ["ALL"], name
        assert "privileged" not in service
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ())), name


def test_the_image_is_made_of_what_is_here_and_runs_as_a_user():
    lines = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8").splitlines()
    copied = [word for line in lines if line.startswith("COPY") for word in line.split()[1:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert "USER khocong" in lines
    assert lines.index("USER khocong") < lines.index('ENTRYPOINT ["khocong"]')
    assert any("--require-hashes" in line for line in lines)


def test_the_example_schedule_is_right(tmp_path):
    example = ROOT / "deploy" / "schedule.example.yml"
    done = subprocess.run(
        [
            sys.executable, "-m", "crawler.cli", "schedule", "--check", "--config", str(example), "--archive",
            str(tmp_path / "kho"),
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_files_that_the_docs_name_exist():
    named = set(re.findall(r"deploy/[\w./*-]+", DOCS)) - {
        "deploy/data/archive",
        "deploy/data/backup",
        "deploy/data",
    }
    assert [name for name in named if not list(ROOT.glob(name.rstrip(".")))] == []
