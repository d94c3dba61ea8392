"""Runs `khocong crawl` as a user does, in a process of its own, and looks into what it left."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def command(url: str, archive: Path, *arguments: str, delay: float = 0) -> list[str]:
    return [
        sys.executable, "-m", "crawler.cli", "crawl", url, "--archive", str(archive), "--delay", str(delay),
        *arguments,
    ]  # fmt: skip


def environment(archive: Path) -> dict[str, str]:
    # What crawls tell one another about hosts goes beside the archive, not into the user's cache.
    return {**os.environ, "XDG_CACHE_HOME": str(archive.parent / "cache")}


def crawl(
    url: str, archive: Path, *arguments: str, delay: float = 0, timeout_s: float = 120, private: bool = True
) -> subprocess.CompletedProcess[str]:
    """Crawl to the end. Whatever happens, no traceback may be shown."""
    extra = ("--allow-private", *arguments) if private else arguments
    done = subprocess.run(
        command(url, archive, *extra, delay=delay), cwd=ROOT, env=environment(archive), capture_output=True,
        text=True, timeout=timeout_s, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def start(url: str, archive: Path, *arguments: str, delay: float = 0) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(url, archive, "--allow-private", *arguments, delay=delay), cwd=ROOT, env=environment(archive),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def query(archive: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{archive / 'archive.db'}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def states(archive: Path) -> dict[str, int]:
    return dict(query(archive, "SELECT state, count(*) FROM urls GROUP BY state"))
