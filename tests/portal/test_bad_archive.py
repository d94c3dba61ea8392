"""What portals, shards and registries get wrong: an issue row and a clear line each, and all else goes on."""

import http.server
import io
import json
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager

import docx
import openpyxl
import pytest
import xlwt
from file_samples import LINES, container, doc, pdf
from pypdf import PdfReader, PdfWriter

from archive import Archive
from tests.portal.crawling import ROOT, crawl, environment, query
from tests.portal.foreign_files import Warc, page
from tests.portal.replay import Replay
from tests.portal.sites import article, small_site
from tests.portal.test_ingest import ingest

MB = 2**20


def khocong(archive, *words, code=0, **variables):
    done = subprocess.run(
        [sys.executable, "-m", "crawler.cli", *map(str, words), "--archive", str(archive)], cwd=ROOT,
        env={**environment(archive), **variables}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


# A registry with mistakes.


def registered(folder, key, origin, *more):
    host = origin.removeprefix("http://")
    (folder / f"{key}.yml").write_text(
        "\n".join(
            [f"name: Cổng {key}", f"hosts: ['{host}']", f"seeds: ['{origin}/']",
             "evidence: {kind: believed, what: made up}", *more, ""]
        ),
        encoding="utf-8",
    )  # fmt: skip


def test_a_wrong_file_of_the_registry_stops_no_other_portal(tmp_path):
    folder = tmp_path / "cong"
    folder.mkdir()
    with Replay(small_site(2)) as one, Replay(small_site(2)) as other:
        registered(folder, "mot", one.origin, "successor: khong-co")
        registered(folder, "hai", other.origin)
        (folder / "ba.yml").write_text("name: Cổng ba\nhosts: [ba.gov.example]\nmau: do\n", encoding="utf-8")
        kho, mine = tmp_path / "kho", {"KHOCONG_PORTALS": str(folder)}
        done = khocong(kho, "crawl", "--all", "--allow-private", "--delay", "0", **mine)
    assert "4 articles new" in done.stdout
    said = query(kho, "SELECT portal_key, detail FROM issues WHERE kind = 'registry' ORDER BY 1")
    assert [(key, detail.partition(";")[0]) for key, detail in said] == [
        ("ba", f"{folder}/ba.yml:3: unknown key 'mau'"),
        ("mot", f"{folder}/mot.yml:5: unknown successor 'khong-co'"),
    ]
    listed = khocong(kho, "portals", "--successors", "--json", **mine)
    assert {row["portal"]: row["successor"] for row in json.loads(listed.stdout)} == {
        "hai": None,
        "mot": None,
    }
    told = [line.partition(".yml")[2].partition(";")[0] for line in listed.stderr.splitlines()]
    assert told == [
        ":3: unknown key 'mau'",
        ":5: unknown successor 'khong-co'",
    ]
    # Asked for mistakes, the first is an error.
    assert "unknown key 'mau'" in khocong(kho, "portals", "--check", code=1, **mine).stderr


# Files that cost too much, or are locked.


@contextmanager
def heavy_portal(*names):
    """A portal whose files have 300 MB each, announced or without end, made as they are sent."""
    links = "".join(f"<p><a href='/tep/{name}'>Tải {name}</a></p>" for name in names)
    pages = {"/": article(9), "/tin/bai-0.html": article(0, links), "/tin/bai-1.html": article(1)}
    menu = "".join(f"<p><a href='/tin/bai-{n}.html'>Bài viết số {n} của xã</a></p>" for n in range(2))
    pages["/"] = f"<html><head><title>Xã</title></head><body>{menu}</body></html>"
    block, sent = b"%PDF-1.7\n" + bytes(MB - 9), []

    class Heavy(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_words):
            pass

        def do_GET(self):
            chunked = "khong-co-do-dai" in self.path
            if self.path.startswith("/tep/"):
                self.send_response(200)
                self.send_header("Content-Type", "application/pdf")
                name, value = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", 300 * MB)
                self.send_header(name, str(value))
                self.end_headers()
                try:
                    for _ in range(300):
                        self.wfile.write(b"%x\r\n%s\r\n" % (MB, block) if chunked else block)
                        sent.append(MB)
                except OSError:
                    self.close_connection = True
                return
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Heavy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", sent
        server.shutdown()


def test_a_pdf_of_300_mb_costs_its_own_row_and_nothing_else(tmp_path):
    with heavy_portal("to.pdf", "khong-co-do-dai.pdf") as (url, sent):
        done = crawl(url, tmp_path / "kho")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 articles new" in done.stdout
    assert query(tmp_path / "kho", "SELECT reason FROM crawls") == [("finished",)]
    found = dict(query(tmp_path / "kho", "SELECT url, detail FROM issues WHERE kind = 'too large'"))
    told = "more than the 64 MB that are kept; only its address is"
    assert found == {
        f"{url}tep/to.pdf": f"300 MB announced, {told}",
        f"{url}tep/khong-co-do-dai.pdf": f"the answer went on, {told}",
    }
    assert sum(sent) < 150 * MB, "the download is ended, not read to its end"
    assert query(
        tmp_path / "kho", "SELECT state, count(*) FROM urls WHERE kind = 'attachment' GROUP BY 1"
    ) == [("failed", 2)]


def locked_files():
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(LINES))))
    writer.encrypt("mat-khau", algorithm="AES-256")
    stream = io.BytesIO()
    writer.write(stream)
    # Word and Excel wrap a locked file in an OLE container, whatever its name says (MS-OFFCRYPTO 2.3).
    wrapped = container(
        [("EncryptionInfo", b"\x04\x00\x04\x00@\x00\x00\x00"), ("EncryptedPackage", bytes(64))]
    )
    book = xlwt.Workbook()
    book.add_sheet("Thu chi").write(0, 0, "Khoản thu")
    plain = io.BytesIO()
    book.save(plain)
    return {
        "kin.pdf": stream.getvalue(),
        "kin.docx": wrapped,
        "kin.xlsx": wrapped[:-1] + b"\x01",
        "kin.doc": doc("kín", encrypted=True),
        "kin.xls": locked_xls(plain.getvalue()),
    }


def locked_xls(book):
    """An XLS with a FILEPASS record behind its first BOF, as Excel writes it (MS-XLS 2.4.117)."""
    at = book.index(b"\x09\x08\x10\x00\x00\x06\x05\x00")
    head = at + 20
    lock = b"\x2f\x00\x06\x00\x00\x00\x12\x34\x56\x78"
    # In place of the records behind: offsets of streams stay.
    return book[:head] + lock + book[head + len(lock) :]


def test_locked_and_broken_files_are_issues_and_the_rest_is_read(tmp_path):
    site = small_site(2)
    whole = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("Nội dung đọc được của kế hoạch nuôi cá linh.")
    document.save(whole)
    sheet = io.BytesIO()
    openpyxl.Workbook().save(sheet)
    files = {**locked_files(), "mo.docx": whole.getvalue(), "hong.xlsx": sheet.getvalue()[:900]}
    links = "".join(f"<p><a href='/tep/{name}'>Tải {name}</a></p>" for name in files)
    site.put("/tin/bai-0.html", article(0, links))
    for name, body in files.items():
        site.put(f"/tep/{name}", body, mime="application/octet-stream")
    with Replay(site) as replay:
        done = crawl(replay.origin, tmp_path / "kho")
    assert done.returncode == 0, done.stdout + done.stderr
    found = {
        url.rpartition("/")[2]: (kind, detail)
        for url, kind, detail in query(tmp_path / "kho", "SELECT url, kind, detail FROM issues")
    }
    assert {name for name, (kind, _) in found.items() if kind == "file_protected"} == set(locked_files())
    assert all("is protected by a password" in found[name][1] for name in locked_files())
    assert found["hong.xlsx"][0] == "file_corrupt"
    assert "mo.docx" not in found
    assert json.loads(khocong(tmp_path / "kho", "search", "cá linh", "--json").stdout)["total"] == 1


# A file that hangs its reader: ended by force, and the next is read.


def test_a_file_that_hangs_its_reader_is_ended_and_said(tmp_path, monkeypatch):
    import asyncio

    from archive.files import issue_of
    from archive.records import Portal
    from crawler import readers
    from crawler.reading import ReadJob

    hangs = "import time, crawler.files as f; real = f.read_file; " + (
        "f.read_file = lambda body, **k: time.sleep(600) if b'TREO' in body else real(body, **k); "
    )
    monkeypatch.setattr(readers, "_PROGRAM", hangs + readers._PROGRAM)

    def job(body):
        return ReadJob(body, "https://xa.example/a.pdf", "application/pdf", "", Portal("xa"), "attachment")

    async def both():
        pool = readers.Readers(1, timeout_s=1.0)
        try:
            return await pool.read(job(pdf(LINES) + b"TREO")), await pool.read(job(pdf(LINES)))
        finally:
            await pool.close()

    hung, read = asyncio.run(both())
    assert (hung.page, hung.file, hung.failure) == (None, None, "too_slow")
    assert read.file.text == "\n".join(LINES)
    from archive.attached import FileText

    issue = issue_of(FileText("too_heavy", "pdf", detail=hung.detail), "https://xa.example/a.pdf")
    assert issue.kind == "file_too_heavy"
    assert issue.detail == "the pdf costs more than a file may (reading took more than 1 s)"


# Archives that are not whole, or of a later version.


@pytest.fixture
def kho(tmp_path):
    warc = Warc()
    for number in range(3):
        url = f"http://xa.example.gov.vn/tin/bai-{number}.html"
        warc.add(
            url,
            page(f"Bài số {number} của xã", f"Nội dung thứ {number} của thông báo."),
            "2022-02-01T00:00:00Z",
        )
        edited = page(f"Bài số {number} của xã", f"Nội dung thứ {number} của thông báo, đã sửa.")
        warc.add(url, edited, "2022-03-01T00:00:00Z")
    ingest(tmp_path / "kho", warc.save(tmp_path / "a.warc.gz"), "--workers", 0)
    return tmp_path / "kho"


def broken_by(folder, *statements):
    with closing(sqlite3.connect(folder / "archive.db")) as plain:
        plain.execute("PRAGMA foreign_keys = OFF")
        for sql in statements:
            plain.execute(sql)
        plain.commit()


@pytest.mark.parametrize("which", ["past", "current"])
def test_a_revision_whose_capture_is_missing_is_told_and_stops_nothing(kho, which):
    number = {"past": 1, "current": 2}[which]
    broken_by(
        kho,
        "DELETE FROM captures WHERE capture_id = (SELECT r.capture_id FROM revisions r JOIN articles a"
        f" USING (article_id) WHERE a.url LIKE '%bai-1.html' AND r.number = {number})",
    )
    told = khocong(kho, "verify", code=1)
    assert "points at a missing row of captures" in told.stdout
    url = "http://xa.example.gov.vn/tin/bai-1.html"
    khocong(kho, "history", url)
    khocong(kho, "search", "thông báo")
    khocong(kho, "reextract")
    khocong(kho, "reextract")
    khocong(kho, "cite", "http://xa.example.gov.vn/tin/bai-0.html")
    assert len(khocong(kho, "export", "jsonl").stdout.splitlines()) == (3 if which == "past" else 2)
    with Archive(kho) as archive:
        assert (archive.article(url) is None) == (which == "current")
        assert archive.search("thông báo").total == 3
    issues = query(kho, "SELECT url, detail FROM issues WHERE kind = 'missing_capture'")
    assert issues == [
        (
            url,
            f"revision {number} has lost its capture; khocong verify --copy DIR or khocong rebuild mends it",
        )
    ]


def test_a_crawl_tells_of_a_missing_capture_too(tmp_path):
    kho = tmp_path / "kho"
    with Replay(small_site(2)) as replay:
        assert crawl(replay.origin, kho).returncode == 0
        broken_by(kho, "DELETE FROM captures WHERE capture_id = (SELECT min(capture_id) FROM revisions)")
        again = crawl(replay.origin, kho)
    assert again.returncode == 0, again.stdout + again.stderr
    assert query(kho, "SELECT count(*) FROM issues WHERE kind = 'missing_capture'") == [(1,)]


# What a later version wrote.


def test_an_archive_of_a_later_version_says_so_and_is_left_alone(kho, tmp_path):
    later = tmp_path / "sau"
    warc = Warc()
    warc.add(
        "http://sau.example.gov.vn/tin/a.html", page("Bài của bản sau", "Nội dung."), "2022-02-01T00:00:00Z"
    )
    ingest(later, warc.save(tmp_path / "b.warc.gz"), "--workers", 0)
    good = tmp_path / "tot"
    warc = Warc()
    warc.add(
        "http://tot.example.gov.vn/tin/a.html", page("Bài của bản này", "Nội dung."), "2022-02-01T00:00:00Z"
    )
    ingest(good, warc.save(tmp_path / "c.warc.gz"), "--workers", 0)
    broken_by(
        later,
        "ALTER TABLE citations ADD COLUMN article_clause TEXT",
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " SELECT migration_set, '0999_clauses', applied_at FROM _sqlite_migrations LIMIT 1",
    )
    for words in (("search", "x"), ("status",), ("crawl", "http://127.0.0.1:9/"), ("verify",)):
        told = khocong(later, *words, code=1).stderr.strip()
        assert told.endswith(
            "was written by a newer Kho Cổng (schema 0999_clauses); upgrade khocong to open it"
        )
        assert len(told.splitlines()) == 1
    done = khocong(kho, "merge", good, later, code=1)
    assert "0999_clauses" in done.stderr
    assert query(kho, "SELECT count(*) FROM articles") == [(3,)], "before anything is taken"
    ((detail,),) = query(kho, "SELECT detail FROM issues WHERE kind = 'bad_shard'")
    assert "newer Kho Cổng (schema 0999_clauses)" in detail
    khocong(kho, "merge", good)
    assert query(kho, "SELECT count(*) FROM articles") == [(4,)]


def test_columns_that_others_added_are_let_be(kho):
    broken_by(kho, "ALTER TABLE citations ADD COLUMN article_clause TEXT")
    url = "http://xa.example.gov.vn/tin/bai-1.html"
    khocong(kho, "search", "doc:24/QĐ-UBND")
    khocong(kho, "cite", url)
    khocong(kho, "reextract")
    assert len(khocong(kho, "export", "jsonl").stdout.splitlines()) == 3
    assert query(kho, "SELECT count(*) FROM citations WHERE article_clause IS NULL")[0][0] >= 6
