"""A small archive to order, for the tests of what keeps and reads archives."""

from datetime import UTC, datetime, timedelta

from archive.digests import payload_digest
from archive.records import Article, Block, Capture, Citation, Link, Outcome, Portal
from archive.store import Store
from archive.urls import urlkey
from archive.warc.writer import RawRequest, RawResponse, WarcWriter

PORTAL = Portal("minhhoa", "Cổng thông tin điện tử thành phố Minh Họa", ("minhhoa.gov.example",))
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
LINES = (
    "Sáng 12-02, Ủy ban nhân dân thành phố Minh Họa tổ chức hội nghị triển khai nhiệm vụ công tác dân vận.",
    "Đồng chí Phó Chủ tịch thường trực chủ trì; tham dự có lãnh đạo các phòng, ban và mười hai xã, phường.",
    "Hội nghị thống nhất tiếp tục thực hiện Chỉ thị số 33/CT-TTg trong toàn thành phố, nhất là ở cơ sở.",
)


def address(number):
    return f"http://minhhoa.gov.example/tin/{number}.html"


def link(number, **changes):
    url = address(number) if isinstance(number, int) else number
    return Link(**{"url": url, "urlkey": urlkey(url), "kind": "article", **changes})


def article(number=1, lines=LINES, **changes):
    url = changes.pop("url", address(number))
    text = "\n".join(lines)
    found = text.find("33/CT-TTg")
    title = changes.get("title", f"Hội nghị dân vận lần thứ {number}")
    at = found + len(title) + 1
    cited = Citation("33/CT-TTg", "33/CT-TTg", "Chỉ thị", "33", 2021, "CT-TTg", "TTg", None, at, at + 9)
    fields = {
        "canonical_url": url,
        "platform": "generic",
        "title": title,
        "text": text,
        "blocks": tuple(Block("paragraph", line) for line in lines),
        "content_id": str(number),
        "published_at": "2026-02-12",
        "published_precision": "day",
        "citations": (cited,) if found >= 0 else (),
        **changes,
    }
    return Article(url, **fields)


def capture(number=1, *, at=0, status=200, **changes):
    """A capture without bytes, *at* days after START; each (number, at) is a record of its own."""
    fields = {
        "captured_at": (START + timedelta(days=at)).isoformat(),
        "status": status,
        "mime": "text/html",
        "warc_file": "sample.warc.gz",
        "warc_offset": number * 100_000 + at * 100,
        "warc_length": 90,
        "record_id": f"urn:uuid:{number}-{at}",
        "payload_digest": payload_digest(b"x"),
        "body_digest": payload_digest(b"x"),
        "size_bytes": 1,
        **changes,
    }
    return Capture(address(number), **fields)


def begun(store, numbers=(1,)):
    """Begin a crawl whose ledger has the articles *numbers*, and return its id."""
    crawl_id = store.begin_crawl(PORTAL)
    store.ledger.seed(PORTAL.key, [link(number) for number in numbers])
    return crawl_id


def visit(store, crawl_id, number=1, page=None, *, at=0, status=200, state="done", **changes):
    """Record one fetch of article *number*, whatever state it is in."""
    (url_id,) = store.db.execute(
        "SELECT url_id FROM urls WHERE portal_key = ? AND urlkey = ?", [PORTAL.key, urlkey(address(number))]
    ).fetchone()
    outcome = Outcome(
        url_id,
        state,
        capture=capture(number, at=at, status=status),
        article=page,
        **{"reason": "", **changes},
    )
    return store.record(crawl_id, [outcome])[0]


def dump(store):
    """Everything a database holds, for tests that nothing may have changed."""
    return list(store.db.conn.iterdump())


def real_archive(folder, count=3):
    """Make an archive with real WARC records of *count* articles."""
    with Store(folder) as store, WarcWriter(store.warc_directory) as writer:
        crawl_id = begun(store, range(1, count + 1))
        for leased in store.ledger.lease(PORTAL.key, crawl_id, count):
            number = leased.url_id
            body = article(number).full_text.encode()
            at = START + timedelta(minutes=number)
            place = writer.write_exchange(
                RawRequest(leased.url, at), RawResponse(200, [(b"Content-Type", b"text/html")], body, "OK")
            )
            writer.sync()
            taken = capture(
                number,
                captured_at=at.isoformat(),
                warc_file=place.file,
                warc_offset=place.offset,
                warc_length=place.length,
                record_id=place.record_id,
                payload_digest=place.payload_digest,
                body_digest=payload_digest(body),
                size_bytes=len(body),
            )
            store.record(crawl_id, [Outcome(leased.url_id, "done", capture=taken, article=article(number))])
        store.end_crawl(crawl_id, "finished", count, {})
