"""Every form of export, twice and narrowed by a search: the same bytes, and nothing else than was asked."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from crawler.commands.export import FORMATS
from tests.portal.crawling import ROOT
from tests.portal.foreign_files import HOST, Warc, page
from tests.portal.test_ingest import ingest
from tests.portal.test_rebuild import WARDS, WORKS

FOUND, OTHERS = f"{HOST}/tin-tuc/bai-7.html", [f"{HOST}/tin-tuc/bai-{number}.html" for number in (1, 2, 11)]
QUERY = f'"{WORKS[7]}"'
# One process for all forms of a run: its words are FORM and OUTPUT in turn, behind the query.
ALL = """
import sys
from click.testing import CliRunner
from crawler.commands.export import export
archive, query, url, *rest = sys.argv[1:]
for form, output in zip(rest[::2], rest[1::2]):
    words = [form, *filter(None, [query]), "--archive", archive, "-o", output]
    done = CliRunner().invoke(export, words + (["--url", url] if form == "timemap" else []))
    if done.exit_code:
        sys.exit(f"{form}: {done.output} {done.exception!r}")
"""


def exported(archive: Path, folder: Path, query: str, seed: int, zone: str) -> dict[str, dict[str, bytes]]:
    """Every form by its files, made in a process with another hash seed, another zone, another folder."""
    folder.mkdir()
    words = [word for form in FORMATS for word in (form, str(folder / form))]
    subprocess.run(
        [sys.executable, "-c", ALL, str(archive), query, FOUND, *words], cwd=ROOT, check=True, timeout=240,
        env={**os.environ, "PYTHONHASHSEED": str(seed), "TZ": zone},
    )  # fmt: skip
    made = {}
    for form in FORMATS:
        path = folder / form
        files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
        made[form] = {str(file.relative_to(path)): file.read_bytes() for file in files}
    return made


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    folder, warc = tmp_path_factory.mktemp("forms"), Warc()
    for number in range(12):
        body = page(
            f"Bài viết số {number} của phường", f"Khu phố {WARDS[number]} {WORKS[number]} từ đầu quý."
        )
        warc.add(f"{HOST}/tin-tuc/bai-{number}.html", body, f"2020-01-{number + 1:02d}T03:04:05Z")
    ingest(folder / "kho", warc.save(folder / "a.warc.gz"), "--workers", 0)
    return folder / "kho"


@pytest.fixture(scope="module")
def made(archive, tmp_path_factory) -> list[dict[str, dict[str, bytes]]]:
    folder = tmp_path_factory.mktemp("made")
    return [
        exported(archive, folder / "a", "", 1, "UTC"),
        exported(archive, folder / "b", "", 2, "Asia/Ho_Chi_Minh"),
        exported(archive, folder / "c", QUERY, 3, "UTC"),
        exported(archive, folder / "d", QUERY, 4, "America/Lima"),
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_twice_is_the_same_bytes(made, form) -> None:
    runs = [run[form] for run in made]
    for one, two in ((runs[0], runs[1]), (runs[2], runs[3])):
        assert one
        assert sorted(one) == sorted(two)
        assert [name for name in one if one[name] != two[name]] == []


@pytest.mark.parametrize("form", FORMATS)
def test_a_search_narrows_it(made, form) -> None:
    if form == "timemap":
        pytest.skip("a TimeMap is about one URL")
    everything = b"".join(unfolded(data) for data in made[0][form].values())
    narrowed = b"".join(unfolded(data) for data in made[2][form].values())
    found, *others = (url.removeprefix("http://").encode() for url in (FOUND, *OTHERS))
    assert all(url in everything for url in (found, *others))
    assert found in narrowed
    assert [url for url in others if url in narrowed] == []


def unfolded(data: bytes) -> bytes:
    """What a file says, be it packed."""
    import gzip
    import io

    if data[:4] == b"PAR1":
        return repr(pytest.importorskip("pyarrow.parquet").read_table(io.BytesIO(data)).to_pylist()).encode()
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return b"".join(unfolded(package.read(name)) for name in package.namelist())
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
