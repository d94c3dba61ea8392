"""pywb, another's replay system, indexes and replays our WARC and WACZ files: every capture of a crawl.

pywb is under the GPL and pins old libraries: it runs as a process of its own, from an environment of its own
that KHOCONG_PYWB names (`python3 -m venv E && E/bin/pip install pywb`, KHOCONG_PYWB=E/bin).
"""

import http.client
import os
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from archive.digests import payload_digest
from tests.portal.crawling import ROOT, crawl, query
from tests.portal.replay import Replay, load_warc
from tests.portal.taught import taught_site
from tests.portal.test_ingest import KHOCONG

PYWB = Path(os.environ.get("KHOCONG_PYWB", "/nowhere"))
pytestmark = pytest.mark.skipif(
    not (PYWB / "wb-manager").exists(), reason="KHOCONG_PYWB names no environment with pywb"
)


@pytest.fixture(scope="module", params=["taught", "wordpress"])
def archive(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pywb")
    if request.param == "taught":
        site = taught_site(20)
    else:
        site = load_warc(request.getfixturevalue("shared_dir") / "captures" / "wordpress.warc.gz")
    with Replay(site) as replay:
        for _ in range(2):  # the second run brings revisits
            assert crawl(replay.origin + "/", folder / "archive").returncode == 0
    done = subprocess.run(
        [*KHOCONG, "export", "wacz", "--archive", str(folder / "archive"), "-o", str(folder / "x.wacz")],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "archive"


@pytest.mark.parametrize("form", ["warc", "wacz"])
def test_every_capture_is_replayed(archive, tmp_path, form) -> None:
    def manage(*arguments: object) -> None:
        done = subprocess.run(
            [PYWB / "wb-manager", *map(str, arguments)], cwd=tmp_path, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    manage("init", "kho")
    if form == "warc":
        manage("add", "kho", *sorted((archive / "warc").glob("*.warc.gz")))
    else:
        manage("add", "--unpack-wacz", "kho", archive.parent / "x.wacz")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [PYWB / "wayback", "-p", str(port), "-b", "127.0.0.1"], cwd=tmp_path,
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
        captures = query(
            archive, "SELECT url, captured_at, status, payload_digest, body_digest FROM captures ORDER BY 2"
        )
        assert len(captures) > 20
        wrong = [one for row in captures if (one := replayed(port, *row))]
        assert wrong == []
    finally:
        running.kill()
        running.wait()


def replayed(port: int, url: str, at: str, status: int, payload: str, body: str) -> str:
    """Return what is wrong with the replay of one capture, "" if nothing."""
    digits = "".join(filter(str.isdigit, at))[:14]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", f"/kho/{digits}id_/{quote(url, safe=':/?&=%,;+~@!$()*#')}")
    answer = connection.getresponse()
    got = answer.read()
    connection.close()
    if status == 304:
        return ""  # nothing was sent: the replay shows the capture it refers to
    if answer.status != status:
        return f"{url} {at}: {answer.status}, not {status}"
    return "" if payload_digest(got) in (payload, body) else f"{url} {at}: another body"
