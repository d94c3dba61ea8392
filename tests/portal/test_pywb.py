"""pywb, another's replay system, indexes and replays our WARC and WACZ files: every capture of a crawl.

pywb is under the GPL and pins old libraries: it runs as a process of its own, from an environment of its own
that is made once (tests/outside.py).
"""

import http.client
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from archive.digests import payload_digest
from tests.outside import pywb_programs
from tests.portal.crawling import ROOT, crawl, query
from tests.portal.foreign_files import HOST, Warc, page
from tests.portal.replay import Replay, load_warc
from tests.portal.taught import taught_site
from tests.portal.test_ingest import KHOCONG, ingest


@pytest.fixture(scope="module")
def programs() -> Path:
    """The folder of pywb's programs."""
    return pywb_programs()


@contextmanager
def pywb(programs: Path, folder: Path, *added: object) -> Iterator[int]:
    """pywb with one collection, on a port of its own."""
    for words in (["init", "kho"], ["add", *map(str, added)]):
        done = subprocess.run(
            [programs / "wb-manager", *words],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [programs / "wayback", "-p", str(port), "-b", "127.0.0.1"], cwd=folder,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield port
    finally:
        running.kill()
        running.wait()


CAPTURES = "SELECT url, captured_at, status, payload_digest, body_digest FROM captures ORDER BY 2"


@pytest.mark.parametrize("name", ["taught", "wordpress"])
def test_every_capture_of_a_crawl_is_replayed(programs, shared_dir, tmp_path, name) -> None:
    archive = tmp_path / "archive"
    site = taught_site(20) if name == "taught" else load_warc(shared_dir / "captures" / "wordpress.warc.gz")
    with Replay(site) as replay:
        for _ in range(2):  # the second run brings revisits
            assert crawl(replay.origin + "/", archive).returncode == 0
    captures = query(archive, CAPTURES)
    assert len(captures) > 20
    with pywb(programs, tmp_path, "kho", *sorted((archive / "warc").glob("*.warc.gz"))) as port:
        wrong = [one for row in captures if (one := replayed(port, captures, *row))]
    assert wrong == []


def test_a_wacz_is_replayed_by_its_own_index(programs, tmp_path) -> None:
    """By name: for a bare address pywb's keys are other than those of the SURT library, and ours."""
    archive, warc = tmp_path / "archive", Warc()
    for number in range(12):
        title = f"Bài viết số {number} của phường"
        warc.add(f"{HOST}/tin-tuc/bai-{number}.html", page(title), f"2020-01-02T03:04:{number:02d}Z")
    ingest(archive, warc.save(tmp_path / "a.warc.gz"), "--workers", 0)
    file = tmp_path / "kho.wacz"
    subprocess.run(
        [*KHOCONG, "export", "wacz", "--archive", str(archive), "-o", str(file)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    captures = query(archive, CAPTURES)
    with pywb(programs, tmp_path, "--unpack-wacz", "kho", file) as port:
        assert [one for row in captures if (one := replayed(port, captures, *row))] == []


def replayed(port: int, captures: list, url: str, at: str, status: int, payload: str, body: str) -> str:
    """Return what is wrong with the replay of one capture, "" if nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", f"/kho/{digits(at)}id_/{quote(url, safe=':/?&=%,;+~@!$()*#')}")
    answer = connection.getresponse()
    digest = payload_digest(answer.read())
    connection.close()
    if status == 304 or (answer.status == status and digest in (payload, body)):
        return ""  # for a 304 nothing was sent: the replay shows the capture it refers to
    # pywb tells captures apart by the second, and takes /tin and /tin/ for one: it shows either. A redirect
    # from one to the other would lead back to itself there: it shows the nearest that does not.
    twins = [
        row
        for row in captures
        if row[0].rstrip("/") == url.rstrip("/") and (digits(row[1]) == digits(at) or status in (301, 302))
    ]
    if any(answer.status == row[2] and digest in row[3:] for row in twins):
        return ""
    return f"{url} {at}: {answer.status} for {status}, or another body"


def digits(at: str) -> str:
    """The 14 digits of a time."""
    return "".join(filter(str.isdigit, at))[:14]
