"""The commands that write an archive, each on an archive prepared for it, and what must be true behind it."""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.database import ArchiveDatabase, _prepare
from archive.schema import migrations
from crawler.cli import main
from tests.faults.servers import article
from tests.portal.crawling import query
from tests.portal.foreign_files import Warc
from tests.portal.replay import Replay
from tests.portal.sites import small_site

# What must be there once, and once only. Times and ids differ between runs, and are left away; a front page
# and robots.txt are asked for by every run of a crawl.
FACTS = {
    "article": "SELECT portal_key, url, title, lead, text, published_at, source, status FROM articles",
    "revision": "SELECT a.url, r.number, r.text_digest, r.extractor FROM revisions r"
    " JOIN articles a USING (article_id)",
    "url": "SELECT portal_key, url, kind, state, reason FROM urls",
    "capture": "SELECT url, status, payload_digest, revisit_of IS NULL FROM captures"
    " WHERE url NOT LIKE '%/robots.txt' AND url_id NOT IN (SELECT url_id FROM urls WHERE kind = 'seed')",
    "citation": "SELECT url, document, verbatim, start_offset FROM citations_flat",
    "attachment": "SELECT a.url, x.url, x.label FROM attachments x JOIN articles a USING (article_id)",
    "event": "SELECT kind, url FROM events WHERE article_id IS NOT NULL",
    "count": "SELECT portal_key, state, count FROM url_counts WHERE count > 0",
}


def facts(archive: Path) -> Counter[tuple[Any, ...]]:
    """Return what an archive holds, each fact with how often it is there."""
    found: Counter[tuple[Any, ...]] = Counter()
    for name, sql in FACTS.items():
        found.update((name, *row) for row in query(archive, sql))
    return found


@dataclass(frozen=True)
class Job:
    """A command on a prepared folder: `archive` names the folder within it that is looked at afterwards.

    `base` is copied for each run; `command` says the words behind `khocong` for the copy.
    """

    name: str
    base: Path
    command: Callable[[Path], list[str]]
    archive: str = "kho"

    def words(self, folder: Path) -> list[str]:
        """Return the words behind `khocong`."""
        return [*self.command(folder), "--archive", str(folder / "kho")]


def jobs(folder: Path, origin: str, articles: int = 24) -> Iterator[Job]:
    """Prepare every job below *folder*; *origin* is a portal that is up while the jobs run."""
    ours = _ingested(folder / "ours", "http://phuong1.example.gov.vn", range(articles))
    other = _ingested(folder / "other", "http://phuong2.example.gov.vn", range(articles))
    later = _ingested(folder / "later", "http://phuong1.example.gov.vn", range(articles // 2, articles), 5)
    crawl = folder / "crawl"
    crawl.mkdir()
    yield Job("crawl", crawl, lambda _: ["crawl", origin + "/", "--allow-private", "--delay", "0"])

    ingest = folder / "ingest"
    shutil.copytree(ours / "kho", ingest / "kho")
    warc = Warc()
    for number in range(articles // 2, 2 * articles):
        _add(warc, "http://phuong1.example.gov.vn", number, 9, f"Đính chính: số liệu của tổ {number}.")
    warc.save(ingest / "theirs.warc.gz")
    yield Job("ingest", ingest, lambda at: ["ingest", str(at / "theirs.warc.gz"), "--workers", "0"])

    reread = folder / "reextract"
    shutil.copytree(ours / "kho", reread / "kho")
    with closing(sqlite3.connect(reread / "kho" / "archive.db")) as connection:
        connection.create_function("vn_fold", 1, str)
        connection.execute("UPDATE articles SET source = 'Báo cũ', published_at = '2011-01-01'")
        connection.execute("UPDATE revisions SET extractor = 'khocong/0'")
        connection.commit()
    yield Job("reextract", reread, lambda _: ["reextract", "--workers", "1"])

    merge = folder / "merge"
    for source, name in ((ours, "kho"), (other, "other"), (later, "later")):
        shutil.copytree(source / "kho", merge / name)
    yield Job("merge", merge, lambda at: ["merge", str(at / "other"), str(at / "later")])

    backup = folder / "backup"
    shutil.copytree(ours / "kho", backup / "kho")
    assert main(["backup", str(backup / "copy"), "--archive", str(backup / "kho")]) == 0
    assert (
        main(["ingest", str(ingest / "theirs.warc.gz"), "--workers", "0", "--archive", str(backup / "kho")])
        == 0
    )
    yield Job("backup", backup, lambda at: ["backup", str(at / "copy")], archive="copy")

    rebuild = folder / "rebuild"
    shutil.copytree(backup / "kho", rebuild / "kho")
    yield Job("rebuild", rebuild, lambda _: ["rebuild", "--workers", "0"])

    migrate = folder / "migrate"
    _older(ours / "kho", migrate / "kho")
    yield Job("migrate", migrate, lambda _: ["status"])

    mend = folder / "mend"
    shutil.copytree(backup / "kho", mend / "kho")
    shutil.copytree(backup / "kho", mend / "second")
    _damage(mend / "kho")
    yield Job("mend", mend, lambda at: ["verify", "--full", "--copy", str(at / "second"), "--workers", "1"])


def _damage(archive: Path) -> None:
    """Zero bytes in a WARC file, and change a text."""
    damaged = sorted((archive / "warc").glob("*.warc.gz"))[0]
    data = bytearray(damaged.read_bytes())
    for place in range(len(data) // 3, len(data) - 400, len(data) // 5):
        data[place : place + 16] = bytes(16)
    damaged.write_bytes(data)
    with closing(sqlite3.connect(archive / "archive.db")) as connection:
        connection.create_function("vn_fold", 1, str)
        connection.execute("UPDATE articles SET text = text || ' Đã sửa.' WHERE article_id = 2")
        connection.commit()


def portal(articles: int = 24) -> Replay:
    """A portal to be crawled: articles, a page that is forbidden, one that is gone."""
    site = small_site(articles)
    for number in range(articles):
        site.put(f"/tin/bai-{number}.html", article(number))
    front = site.pages["/"].body.decode().replace("</ul>", "</ul><a href='/tin/mat.html'>Tin cũ đã gỡ</a>")
    site.put("/", front)
    return Replay(site)


def _add(warc: Warc, host: str, number: int, day: int, *more: str) -> None:
    # No two pages alike: what many pages share is taken for furniture, by evidence that a crash may change.
    body = article(number).replace(
        "</p></div>", "</p>" + "".join(f"<p>{line}</p>" for line in more) + "</div>"
    )
    warc.add(
        f"{host}/tin-tuc/bai-{number}.html", body.encode(), f"2020-02-{day:02d}T03:04:{number % 60:02d}Z"
    )


def _ingested(folder: Path, host: str, numbers: range, day: int = 1) -> Path:
    folder.mkdir(parents=True)
    warc = Warc()
    for number in numbers:
        _add(warc, host, number, day)
    file = warc.save(folder / "made.warc.gz")
    assert main(["ingest", str(file), "--workers", "0", "--archive", str(folder / "kho")]) == 0
    return folder


def _older(source: Path, target: Path) -> None:
    """Make *target* the archive that *source* was under a schema of some migrations ago, rows and all."""
    shutil.copytree(source, target)
    (target / "archive.db").unlink()
    for tail in ("-wal", "-shm"):
        (target / f"archive.db{tail}").unlink(missing_ok=True)
    connection = sqlite3.connect(target / "archive.db")
    db = ArchiveDatabase(target, connection, None)
    _prepare(db)
    migrations.apply(db, stop_before="0014_finding")
    connection.execute("ATTACH DATABASE ? AS new", [str(source / "archive.db")])
    for (table,) in connection.execute(
        "SELECT name FROM main.sqlite_master WHERE type = 'table'"
        " AND name NOT LIKE 'articles\\_%' ESCAPE '\\'"
        " AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_sqlite%' ESCAPE '\\'"
        " AND sql NOT LIKE 'CREATE VIRTUAL%'"
    ).fetchall():
        known = {row[1] for row in connection.execute(f"PRAGMA new.table_xinfo({table})")}
        own = [row[1] for row in connection.execute(f"PRAGMA main.table_xinfo({table})") if row[6] == 0]
        columns = [name for name in own if name in known]
        if columns:
            names = ", ".join(columns)
            connection.execute(
                f"INSERT OR REPLACE INTO main.{table} ({names}) SELECT {names} FROM new.{table}"
            )
    # What was cut away is written otherwise since 0017, and is nothing that is compared.
    connection.execute("UPDATE main.revisions SET removed = '[]'")
    connection.commit()
    connection.execute("DETACH DATABASE new")
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA journal_mode = WAL")
    db.close()
