"""A database from a stranger: nothing in it runs, and nothing it says leads out of its folder."""

import json
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from archive.database import open_archive
from archive.errors import ArchiveDamaged, WarcDamaged
from archive.merge.files import bring_files
from archive.store import Store
from archive.warc.reader import file_in
from archive.web.replaying import show
from crawler.cli import main
from tests.portal.crawling import query
from tests.portal.foreign_files import HOST, Warc, page

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) AS url FROM n"
SECRET = b"mat khau cua may nay: 123456 " * 40


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stranger")
    warc = Warc()
    for number in range(6):
        body = page(f"Bài viết số {number} của phường", f"Hộ thứ {number} nhận quà.")
        warc.add(f"{HOST}/tin-tuc/bai-{number}.html", body, f"2020-01-0{number + 1}T03:04:05Z")
    file = warc.save(folder / "a.warc.gz")
    assert main(["ingest", str(file), "--workers", "0", "--archive", str(folder / "kho")]) == 0
    return folder / "kho"


@pytest.fixture
def archive(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "kho"))


def change(archive: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(archive / "archive.db")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return archive


CODE = {
    "a view that never ends in place of ours": (
        "DROP VIEW articles_flat", f"CREATE VIEW articles_flat AS {ENDLESS}"
    ),
    "a view in place of a table": (
        "PRAGMA legacy_alter_table = ON", "ALTER TABLE portals RENAME TO real_portals",
        f"CREATE VIEW portals AS {ENDLESS}",
    ),
    "a trigger on what a run writes": (
        "CREATE TRIGGER evil AFTER INSERT ON events BEGIN DELETE FROM articles; END",
    ),
    "a trigger by a name of ours": (
        "DROP TRIGGER IF EXISTS articles_ai",
        "CREATE TRIGGER articles_ai AFTER INSERT ON articles BEGIN DELETE FROM captures; END",
    ),
    "a trigger on a view of its own": (
        "CREATE VIEW own AS SELECT 1 AS a",
        "CREATE TRIGGER evil INSTEAD OF INSERT ON own BEGIN DELETE FROM articles; END",
    ),
    "a computed column as large as memory": (
        "ALTER TABLE articles ADD COLUMN x TEXT GENERATED ALWAYS AS (hex(zeroblob(900000000))) VIRTUAL",
    ),
}  # fmt: skip
COMMANDS = {
    "search": ["search", "phường"], "sql": ["sql", "SELECT * FROM articles_flat"], "status": ["status"],
    "serve": ["serve", "--port", "0"], "jsonl": ["export", "jsonl"],
    "wacz": ["export", "wacz", "-o", "{out}"],
    "history": ["history", f"{HOST}/tin-tuc/bai-1.html"], "verify": ["verify"], "audit": ["audit"],
    "backup": ["backup", "{out}"], "reextract": ["reextract", "--workers", "1"], "reindex": ["reindex"],
    "duplicates": ["duplicates"], "report": ["report"], "attachments": ["attachments"],
    "ingest": ["ingest", "{warc}", "--workers", "0"],
}  # fmt: skip


@pytest.mark.parametrize("what", CODE)
def test_no_command_opens_a_database_that_would_run_something(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    change(archive, *CODE[what])
    before = (archive / "archive.db").read_bytes()
    warc = Warc().add(f"{HOST}/tin-tuc/bai-9.html", page("Bài viết số 9"), "2020-02-01T03:04:05Z")
    places = {"{out}": str(tmp_path / "out"), "{warc}": str(warc.save(tmp_path / "b.warc.gz"))}
    for name, words in COMMANDS.items():
        begun = time.monotonic()
        code = main([*(places.get(word, word) for word in words), "--archive", str(archive)])
        said = capsys.readouterr()
        assert code == 1, name
        # `verify` tells it as what it found.
        assert "holds code that Kho Cổng did not write" in said.err + said.out, name
        assert time.monotonic() - begun < 60, name
    assert (archive / "archive.db").read_bytes() == before
    with pytest.raises(ArchiveDamaged, match="did not write"):
        open_archive(archive, write=True)


@pytest.mark.parametrize("what", CODE)
def test_a_shard_that_would_run_something_is_not_merged(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    ours = tmp_path / "ours"
    warc = Warc().add(f"{HOST}/tin-tuc/bai-9.html", page("Bài viết số 9"), "2020-02-01T03:04:05Z")
    main(["ingest", str(warc.save(tmp_path / "b.warc.gz")), "--workers", "0", "--archive", str(ours)])
    shard = change(Path(shutil.copytree(made, tmp_path / "shard")), *CODE[what])
    capsys.readouterr()
    assert main(["merge", str(shard), "--archive", str(ours)]) == 1
    assert "did not write" in capsys.readouterr().err
    assert query(ours, "SELECT count(*) FROM articles") == [(1,)]
    assert main(["verify", "--full", "--archive", str(ours)]) == 0


def test_a_table_or_view_of_ones_own_is_let_be(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(
        archive, "CREATE TABLE ghi_chu (url TEXT, note TEXT)", f"CREATE VIEW endless AS {ENDLESS}",
        "CREATE INDEX of_mine ON articles (title)",
    )  # fmt: skip
    assert main(["search", "phường", "--archive", str(archive)]) == 0
    assert main(["export", "jsonl", "--archive", str(archive)]) == 0
    begun = time.monotonic()
    capsys.readouterr()
    assert main(["sql", "SELECT * FROM endless", "--timeout", "0.5", "--archive", str(archive)]) == 1
    assert "longer than 0.5 s" in capsys.readouterr().err
    assert time.monotonic() - begun < 10


def test_what_a_query_may_not_reach(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for query_ in (
        f"ATTACH DATABASE '{tmp_path / 'x.db'}' AS x", "SELECT load_extension('x')",
        "PRAGMA writable_schema = 1", "DELETE FROM articles", "SELECT readfile('/etc/passwd')",
        "SELECT writefile('x', 'y')",
        f"VACUUM INTO '{tmp_path / 'y.db'}'", "SELECT fts3_tokenizer('simple')",
    ):  # fmt: skip
        assert main(["sql", query_, "--archive", str(archive)]) == 2, query_
    assert not (tmp_path / "x.db").exists()
    assert not (tmp_path / "y.db").exists()
    assert query(archive, "SELECT count(*) FROM articles") == [(6,)]


def lead_out(archive: Path, tmp_path: Path) -> Path:
    """Have a row name a file outside the archive, which holds what is nobody's business."""
    (tmp_path / "secret.warc.gz").write_bytes(SECRET)
    change(
        archive, "UPDATE captures SET warc_file = '../../secret.warc.gz', warc_offset = 0, warc_length = 900"
        " WHERE capture_id = 2"
    )  # fmt: skip
    return archive


def test_no_export_carries_a_file_that_is_none_of_the_archives(archive: Path, tmp_path: Path) -> None:
    lead_out(archive, tmp_path)
    assert main(["export", "wacz", "-o", str(tmp_path / "a.wacz"), "--archive", str(archive)]) == 1
    assert main(["export", "bagit", "-o", str(tmp_path / "bag"), "--archive", str(archive)]) in (0, 1)
    assert main(["backup", str(tmp_path / "copy"), "--archive", str(archive)]) == 0
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name != "secret.warc.gz":
            assert SECRET[:60] not in path.read_bytes(), path


def test_no_page_shows_a_file_that_is_none_of_the_archives(archive: Path, tmp_path: Path) -> None:
    lead_out(archive, tmp_path)
    with open_archive(archive, write=False) as db, pytest.raises(WarcDamaged, match="no name of a WARC file"):
        show(db.conn, archive, 2)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "..", ".", "", "a/b.warc.gz", "a\0b", "../../x.warc.gz"]
)
def test_a_name_that_is_a_path_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WarcDamaged):
        file_in(tmp_path, name)


def link_out(archive: Path, tmp_path: Path) -> Path:
    """Have the one WARC file stand elsewhere, and a second be a link to what is nobody's business."""
    [warc] = (archive / "warc").glob("*.warc.gz")
    elsewhere = tmp_path / "else" / warc.name
    elsewhere.parent.mkdir()
    warc.rename(elsewhere)
    warc.symlink_to(elsewhere)
    (tmp_path / "else" / "secret").write_bytes(SECRET)
    (archive / "warc" / "zz.warc.gz").symlink_to(tmp_path / "else" / "secret")
    return warc


def test_a_link_out_of_the_warc_folder_is_not_followed(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    warc = link_out(archive, tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "else").iterdir()}
    with pytest.raises(WarcDamaged, match="leads out"):
        file_in(archive / "warc", warc.name)
    with open_archive(archive, write=False) as db, pytest.raises(WarcDamaged, match="leads out"):
        show(db.conn, archive, 2)
    capsys.readouterr()
    assert main(["verify", "--full", "--json", "--archive", str(archive)]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert {one["place"] for one in found if one["kind"] == "leads_out"} == {warc.name, "zz.warc.gz"}
    # What writes neither cuts, nor adopts, nor carries away what stands behind the links.
    assert main(["reextract", "--workers", "1", "--archive", str(archive)]) in (0, 1)
    with Store(archive) as store:
        assert (store.recovered.orphans, store.recovered.torn) == ((), ())
    assert main(["backup", str(tmp_path / "copy"), "--archive", str(archive)]) == 1
    assert main(["merge", str(archive), "--archive", str(tmp_path / "ours")]) == 1
    assert main(["export", "wacz", "-o", str(tmp_path / "a.wacz"), "--archive", str(archive)]) == 1
    assert {path: path.read_bytes() for path in (tmp_path / "else").iterdir()} == before
    for path in tmp_path.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.parent.name != "else":
            assert SECRET[:60] not in path.read_bytes(), path


def test_the_warc_folder_itself_may_stand_on_another_disk(archive: Path, tmp_path: Path) -> None:
    (archive / "warc").rename(tmp_path / "disk")
    (archive / "warc").symlink_to(tmp_path / "disk", target_is_directory=True)
    [warc] = (tmp_path / "disk").glob("*.warc.gz")
    # Within the folder a link may stand as well.
    warc.rename(tmp_path / "disk" / "a-name")
    warc.symlink_to("a-name")
    assert main(["verify", "--full", "--archive", str(archive)]) == 0
    assert main(["export", "wacz", "-o", str(tmp_path / "a.wacz"), "--archive", str(archive)]) == 0
    assert main(["merge", str(archive), "--archive", str(tmp_path / "ours")]) == 0
    assert main(["backup", str(tmp_path / "copy"), "--archive", str(archive)]) == 0
    assert main(["verify", "--full", "--archive", str(tmp_path / "copy")]) == 0
    with open_archive(archive, write=False) as db:
        assert show(db.conn, archive, 2)


@pytest.mark.parametrize("how", ["a byte", "another beginning", "longer"])
def test_a_damaged_copy_does_not_pass_for_a_backup(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    copy = tmp_path / "copy"
    assert main(["backup", str(copy), "--archive", str(archive)]) == 0
    [warc] = (copy / "warc").glob("*.warc.gz")
    whole = warc.read_bytes()
    wrong = bytearray(whole)
    wrong[len(wrong) // 2] ^= 1
    wrong = {"a byte": wrong, "another beginning": wrong[:-500], "longer": wrong + b"x"}[how]
    warc.write_bytes(wrong)
    capsys.readouterr()
    assert main(["backup", str(copy), "--json", "--archive", str(archive)]) == 0
    assert json.loads(capsys.readouterr().out)["files_replaced"] == 1
    assert warc.read_bytes() == whole
    # What was there is kept: it may be the only copy of something.
    assert [path.read_bytes() for path in (copy / "warc" / "torn").iterdir()] == [bytes(wrong)]
    assert main(["verify", "--full", "--archive", str(copy)]) == 0
    warc.write_bytes(whole[:-500])
    assert main(["backup", str(copy), "--archive", str(archive)]) == 0
    assert warc.read_bytes() == whole, "a beginning is gone on with"
    # What the merge of a shard finds under its name is compared as well.
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / warc.name).write_bytes(wrong)
    names, written = bring_files(archive / "warc", ours)
    assert names[warc.name] != warc.name
    assert written == len(whole)
    assert (ours / names[warc.name]).read_bytes() == whole
    assert (ours / warc.name).read_bytes() == wrong


def test_verify_and_reextract_name_rows_that_lead_out(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lead_out(archive, tmp_path)
    capsys.readouterr()
    assert main(["verify", "--full", "--json", "--archive", str(archive)]) == 1
    kinds = {one["kind"] for one in json.loads(capsys.readouterr().out)["findings"]}
    assert "missing_file" in kinds
    assert main(["reextract", "--workers", "1", "--archive", str(archive)]) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE captures SET warc_file = '../../secret.warc.gz' WHERE capture_id = 2",
        "UPDATE captures SET warc_file = 'nowhere.warc.gz' WHERE capture_id = 2",
        "UPDATE captures SET warc_offset = 900000000 WHERE capture_id = 2",
        "UPDATE captures SET warc_length = 900000000 WHERE capture_id = 2",
    ],
)
def test_a_shard_whose_rows_have_no_bytes_is_not_merged(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], statement: str
) -> None:
    change(archive, statement)
    assert main(["merge", str(archive), "--archive", str(tmp_path / "ours")]) == 1
    assert "khocong verify" in capsys.readouterr().err
    assert query(tmp_path / "ours", "SELECT count(*) FROM captures") == [(0,)]


NASTY = {
    "lists in lists": ("UPDATE articles SET tags = '" + "[" * 200_000 + "'",),
    "blocks that are none": ("UPDATE revisions SET blocks = '{\"a\": [1'",),
    "numbers for words": ("UPDATE portals SET hosts = '17'",),
    "an index that lies": ("DELETE FROM articles_exact_data WHERE id > 10",),
}


@pytest.mark.parametrize("what", NASTY)
def test_values_that_are_none_end_in_one_line(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    try:
        change(archive, *NASTY[what])
    except sqlite3.DatabaseError as error:
        pytest.skip(f"the schema does not let it in: {error}")
    for words in (
        ["search", "phường"], ["status"], ["export", "jsonl"], ["verify", "--full", "--workers", "1"],
        ["history", f"{HOST}/tin-tuc/bai-1.html"], ["export", "html", "-o", str(tmp_path / "site")],
    ):  # fmt: skip
        code = main([*words, "--archive", str(archive)])
        said = capsys.readouterr()
        assert code in (0, 1), words
        assert "Traceback" not in said.out + said.err
        if what == "an index that lies":
            assert "please report" not in said.err, (words, said.err)
