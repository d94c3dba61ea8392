"""The damage drill: whatever is broken is found, named, and mended from a second copy where it can be."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.portal.crawling import query
from tests.portal.foreign_files import HOST, Warc, page
from tests.portal.test_ingest import ingest
from tests.portal.test_rebuild import WARDS, WORKS, run, told


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """An archive of twelve articles with edits, in two WARC files."""
    folder = tmp_path_factory.mktemp("whole")
    for name, at, more in (("a", "2019-03-01", ""), ("b", "2021-03-01", " và tổng kết")):
        warc = Warc()
        for number in range(12 if not more else 4):
            warc.add(
                f"{HOST}/tin-tuc/bai-{number}.html",
                page(f"Bài viết số {number} của phường", f"Khu phố {WARDS[number]} {WORKS[number]}{more}."),
                f"{at}T00:00:{number:02d}Z",
            )
        ingest(folder / "kho", warc.save(folder / f"{name}.warc.gz"), "--workers", 0)
    return folder / "kho"


@pytest.fixture
def archive(whole, tmp_path) -> tuple[Path, Path]:
    copy = tmp_path / "copy"
    run(whole, "backup", copy)
    shutil.copytree(whole, tmp_path / "kho")
    return tmp_path / "kho", copy


def warcs(archive: Path) -> list[Path]:
    return sorted((archive / "warc").glob("*.warc.gz"))


def sql(archive: Path, *statements: str) -> None:
    with closing(sqlite3.connect(archive / "archive.db")) as connection:
        connection.create_function("vn_fold", 1, lambda text: text)
        connection.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def flip(archive: Path, place: float = 0.4) -> None:
    path = warcs(archive)[0]
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 0x20
    path.write_bytes(data)


def flip_in_request_or_head(archive: Path) -> None:
    flip(archive, 0.003)


def truncate(archive: Path) -> None:
    path = warcs(archive)[0]
    path.write_bytes(path.read_bytes()[:-3000])


def lose_file(archive: Path) -> None:
    warcs(archive)[1].unlink()


def swap_records(archive: Path) -> None:
    path = warcs(archive)[0]
    (one, a), (two, b) = query(
        archive, "SELECT warc_offset, warc_length FROM captures"
        f" WHERE warc_file = '{path.name}' ORDER BY 1 LIMIT 2 OFFSET 3"
    )  # fmt: skip
    data = path.read_bytes()
    path.write_bytes(
        data[:one] + data[two : two + b] + data[one + a : two] + data[one : one + a] + data[two + b :]
    )


def swap_rows(archive: Path) -> None:
    (one, a), (two, b) = query(archive, "SELECT capture_id, warc_offset FROM captures ORDER BY 1 LIMIT 2")
    sql(
        archive,
        f"UPDATE captures SET warc_offset = -1 WHERE capture_id = {one}",
        f"UPDATE captures SET warc_offset = {a} WHERE capture_id = {two}",
        f"UPDATE captures SET warc_offset = {b} WHERE capture_id = {one}",
    )


def cut_database(archive: Path) -> None:
    path = archive / "archive.db"
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3 + 1234])


def garble_database(archive: Path) -> None:
    data = bytearray((archive / "archive.db").read_bytes())
    for place in range(8192, len(data), 40960):
        data[place : place + 64] = b"\xff" * 64
    (archive / "archive.db").write_bytes(data)


def change_text(archive: Path) -> None:
    sql(archive, "UPDATE articles SET text = text || ' Đã sửa.' WHERE article_id = 2")


def change_date(archive: Path) -> None:
    sql(archive, "UPDATE articles SET published_at = '2011-01-01' WHERE article_id = 3")


def change_url(archive: Path) -> None:
    sql(archive, "UPDATE captures SET status = 203 WHERE capture_id = 5")


def delete_capture(archive: Path) -> None:
    sql(archive, "DELETE FROM captures WHERE capture_id = 7")


def delete_capture_with_all(archive: Path) -> None:
    sql(
        archive,
        "DELETE FROM citations WHERE revision_id IN (SELECT revision_id FROM revisions WHERE article_id = 9)",
        "UPDATE urls SET article_id = NULL WHERE article_id = 9",
        "DELETE FROM captures WHERE capture_id IN (SELECT capture_id FROM revisions WHERE article_id = 9)",
        "DELETE FROM articles WHERE article_id = 9", "DELETE FROM revisions WHERE article_id = 9",
    )  # fmt: skip


def delete_article(archive: Path) -> None:
    sql(archive, "DELETE FROM articles WHERE article_id = 4")


def delete_article_with_all(archive: Path) -> None:
    sql(
        archive,
        "DELETE FROM citations WHERE revision_id IN"
        " (SELECT revision_id FROM revisions WHERE article_id = 10)",
        "UPDATE urls SET article_id = NULL WHERE article_id = 10",
        "DELETE FROM articles WHERE article_id = 10", "DELETE FROM revisions WHERE article_id = 10",
    )  # fmt: skip


def delete_revision(archive: Path) -> None:
    sql(archive, "DELETE FROM revisions WHERE body IS NOT NULL AND article_id = 1")


DAMAGE = (
    flip, flip_in_request_or_head, truncate, lose_file, swap_records, swap_rows, cut_database,
    garble_database, change_text, change_date, change_url, delete_capture, delete_capture_with_all,
    delete_article, delete_article_with_all, delete_revision,
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda one: one.__name__)
def test_it_is_found_and_mended(archive, damage) -> None:
    kho, copy = archive
    before = told(kho)
    damage(kho)
    found = run(kho, "verify", "--full", "--workers", 0, code=1)
    assert found["findings"], "found, and named"
    assert all(one["kind"] and one["place"] and one["detail"] for one in found["findings"])
    mended = run(kho, "verify", "--full", "--workers", 0, "--copy", copy)
    assert mended["ok"]
    assert mended["mended"]
    assert told(kho) == before, "as it was, row for row"


def test_a_damaged_copy_mends_what_it_can_record_by_record(archive) -> None:
    kho, copy = archive
    before = told(kho)
    flip(kho, 0.3)
    flip(copy, 0.7)
    for folder in (kho, copy):
        shutil.rmtree(folder / "fixity")
    done = run(kho, "verify", "--copy", copy)
    assert "1 records" in done["mended"][0]
    assert told(kho) == before
    assert run(kho, "verify", "--full", "--workers", 0)["ok"]


def test_the_chain_is_broken_by_whoever_changes_it(archive, tmp_path, monkeypatch) -> None:
    import subprocess

    kho, _ = archive
    secret, public = tmp_path / "key.pem", tmp_path / "public.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", secret], check=True)
    subprocess.run(["openssl", "pkey", "-in", secret, "-pubout", "-out", public], check=True)
    found = run(kho, "verify", "--key", public, code=1)
    assert {one["kind"] for one in found["findings"]} == {"chain"}, "links of before are not signed"
    (kho / "fixity" / "manifest.jsonl").unlink()
    monkeypatch.setenv("KHOCONG_SIGNING_KEY", str(secret))
    warc = Warc().add(
        f"{HOST}/tin-tuc/bai-30.html", page("Bài viết số 30 của phường"), "2022-01-01T00:00:00Z"
    )
    ingest(kho, warc.save(tmp_path / "c.warc.gz"), "--workers", 0)
    assert run(kho, "verify", "--full", "--workers", 0, "--key", public)["ok"]
    assert run(kho, "audit")["signed"] == 3
    # A record is changed with its row and its link: the signature tells.
    manifest = kho / "fixity" / "manifest.jsonl"
    lines = manifest.read_text().splitlines()
    manifest.write_text("\n".join([lines[0], lines[2]]) + "\n")
    assert "follow" in run(kho, "verify", "--key", public, code=1)["findings"][0]["detail"]
    manifest.write_text("\n".join([lines[0].replace('"captures": 12', '"captures": 11'), *lines[1:]]) + "\n")
    kinds = [one["kind"] for one in run(kho, "verify", "--key", public, code=1)["findings"]]
    assert kinds.count("chain") == 2
    assert "rows" in kinds


def test_records_are_checked_on_a_schedule_the_longest_unchecked_first(archive) -> None:
    kho, copy = archive
    assert [run(kho, "verify", "--sample", 6)["captures"] for _ in range(3)] == [6, 6, 6]
    assert query(kho, "SELECT count(*), min(outcome) || max(outcome) FROM fixity_checks") == [(16, "")]
    flip(kho)
    found = run(kho, "verify", "--sample", 16, code=1)
    assert len(found["findings"]) == 1
    assert query(kho, "SELECT count(*) FROM fixity_checks WHERE outcome <> ''") == [(1,)]
    assert run(kho, "verify", "--since", "2021-01-01")["captures"] == 4
    told_of = run(kho, "audit")
    kinds = {one["event_type"]: one for one in told_of["events"]}
    assert {"ingestion", "fixity check"} <= set(kinds)
    assert kinds["fixity check"]["not_success"] == 1
    assert all(one["agent"].startswith("khocong") for one in told_of["events"])
    levels = {one["area"]: one for one in told_of["levels"]}
    assert set(levels) == {"storage", "integrity", "control", "metadata", "content"}
    assert all(one["reason"] for one in levels.values())
    run(kho, "backup", copy)
    after = {one["area"]: one["level"] for one in run(kho, "audit")["levels"]}
    assert after["storage"] == 1
