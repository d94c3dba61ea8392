"""The sample files of warcio and pywb, made by many tools: every record is read, or named with its offset."""

import io
import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive.errors import WarcDamaged
from archive.warc.arc import Damage, Foreign
from archive.warc.foreign import records
from tests.outside import sample_files
from tests.portal.crawling import ROOT, query
from tests.portal.test_ingest import KHOCONG, verify


@pytest.fixture(scope="module")
def samples() -> list[Path]:
    found = sample_files()
    assert len(found) > 20
    return found


def read_by_warcio(path: Path) -> Counter:
    """Count the URLs of what warcio reads, until it stops."""
    seen: Counter = Counter()
    try:
        for record in ArchiveIterator(io.BytesIO(path.read_bytes()), no_record_parse=False):
            if url := record.rec_headers.get_header("WARC-Target-URI"):
                seen[record.rec_type, url.strip("<>")] += 1
    except Exception:  # whatever another's reader says of a damaged file, what it read before counts
        pass
    return seen


def test_every_record_is_read_or_named(samples) -> None:
    for path in samples:
        read: Counter = Counter()
        covered = 0
        try:
            for found in records(path):
                assert isinstance(found, Foreign | Damage)
                assert found.offset >= 0, path.name  # in a file packed as a whole, of what it unfolds to
                covered += 1
                if isinstance(found, Foreign):
                    read[found.type, found.url] += 1
                else:
                    assert found.detail
                    assert found.length > 0
        except WarcDamaged as error:
            covered += path.name in str(error)  # the file as a whole is named
        assert covered, path.name
        lacking = Counter({key: count for key, count in read_by_warcio(path).items() if key[0] != "warcinfo"})
        assert not lacking - read, (path.name, lacking - read)


def test_all_of_them_are_taken_in_at_once(samples, tmp_path) -> None:
    hosts = (
        "example.com",
        "www.iana.org",
        "httpbin.org",
        "iana.org",
        "www.example.com",
    )
    words = [word for host in hosts for word in ("--portal", host)]
    done = subprocess.run(
        [*KHOCONG, "ingest", *map(str, samples), *words, "--workers", "0", "--archive", str(tmp_path / "kho"),
         "--json"], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    takings = json.loads(done.stdout)
    assert len(takings) == len(samples), "none stops the run"
    assert sum(one["records"] for one in takings) > 300
    assert query(tmp_path / "kho", "SELECT count(*) > 50 FROM captures") == [(1,)]
    unread = [one["name"] for one in takings if not one["records"]]
    issues = query(
        tmp_path / "kho", "SELECT detail FROM issues WHERE kind LIKE '%damaged%' OR kind LIKE 'un%'"
    )
    for name in unread:
        assert any(name in detail for (detail,) in issues), name
    verify(tmp_path / "kho")
