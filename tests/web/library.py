"""A small archive with real WARC records, as a crawl would leave it: pages, a picture, a style, an edit."""

import struct
import zlib
from datetime import UTC, datetime, timedelta

from archive.digests import payload_digest
from archive.records import Article, Block, Capture, Citation, Image, Link, Outcome, Portal
from archive.store import Store
from archive.urls import urlkey
from archive.warc.writer import RawRequest, RawResponse, WarcWriter

START = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
PORTALS = {
    "chaudoc": Portal(
        "chaudoc", "Trang Thông tin điện tử thành phố Châu Đốc", ("chaudoc.gov.example",), "generic",
        "UBND thành phố Châu Đốc", "vn-an-giang-chau-doc",
    ),
    "dongthap": Portal(
        "dongthap", "Cổng thông tin điện tử tỉnh Đồng Tháp", ("dongthap.gov.example",), "generic",
        "UBND tỉnh Đồng Tháp", "vn-dong-thap",
    ),
    "danang": Portal(
        "danang", "Cổng thông tin điện tử thành phố Đà Nẵng", ("danang.gov.example",), "generic",
        "UBND thành phố Đà Nẵng", "vn-da-nang",
    ),
}  # fmt: skip
CAPTION = "Quang cảnh hội nghị"
DIRECTIVE = "Chỉ thị số 33/CT-TTg"
# portal, day, section, title, lines
NEWS = (
    ("chaudoc", "2022-01-14T08:30:00+07:00", "Chỉ đạo, điều hành",
     "Thành phố quán triệt Chỉ thị số 33/CT-TTg về công tác dân vận",
     (f"Sáng 14-01, thành phố tổ chức hội nghị quán triệt {DIRECTIVE} của Thủ tướng Chính phủ.",
      "Các phòng, ban, phường đưa nội dung dân vận chính quyền vào kế hoạch công tác hằng quý.",
      "Lãnh đạo thành phố yêu cầu gặp dân nhiều hơn, trả lời đơn thư đúng hạn.")),
    ("dongthap", "2022-01-20", "Tin tức",
     "Đồng Tháp ban hành kế hoạch thực hiện Chỉ thị 33 về dân vận",
     (f"Kế hoạch cụ thể hóa {DIRECTIVE}, giao từng sở việc phải làm trong năm.",
      "Tỉnh chọn ba huyện đầu nguồn làm điểm, sơ kết vào tháng sáu.")),
    ("dongthap", "2022-03-02", "Tin tức", "Sơ kết một quý thực hiện công tác dân vận",
     (f"Sau một quý thực hiện {DIRECTIVE}, các huyện đã đối thoại với dân ba mươi lần.",)),
    ("danang", "2021-12-30", "Tin tức", "Đà Nẵng phổ biến quy định mới về dân vận",
     (f"Thành phố gửi {DIRECTIVE} đến từng quận, huyện để thực hiện.",)),
    ("danang", "2022-01-05", "Du lịch", "Phố đi bộ bên sông Hàn mở cửa đón năm mới",
     ("Khu phố mở ba tối cuối tuần, có hàng ăn, nhạc đường phố và chỗ gửi xe.",
      "Ban quản lý nhắc người dân giữ vệ sinh, không đốt pháo.")),
    ("chaudoc", "2022-01-18", "Văn hóa", "Chuẩn bị hội xuân núi Sam",
     ("Ban tổ chức rà soát bãi xe, đèn đường và nước uống cho khách hành hương.",)),
)  # fmt: skip


def picture(width=8, height=8):
    """Return a red PNG."""
    rows = (b"\x00" + b"\xc0\x20\x20" * width) * height

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def page(title, lines, extra=""):
    """Return the HTML a portal would have sent."""
    body = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{title}</title>"
        f"<link rel='stylesheet' href='/giao-dien.css'></head><body><h1 id='tua'>{title}</h1>"
        f"<img src='/anh/1.png' alt='Hội nghị'>{body}<a href='/tin/6.html'>Tin khác</a>{extra}</body></html>"
    ).encode()


class Library:
    """Writes captures and articles into the archive *folder*; a context manager."""

    def __init__(self, folder):
        self.store = Store(folder)
        self.writer = WarcWriter(self.store.warc_directory)
        self.crawls = {}
        self.clock = START

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        for crawl_id in self.crawls.values():
            self.store.end_crawl(crawl_id, "finished", 3, {})
        self.writer.close()
        self.store.close()

    def add(self, portal, url, body, article=None, *, mime="text/html", kind="article", status=200):
        """Capture *url* with *body*; *article* is what was read from it. Returns the capture's id."""
        if portal not in self.crawls:
            self.crawls[portal] = self.store.begin_crawl(PORTALS[portal])
        crawl_id = self.crawls[portal]
        self.store.ledger.seed(portal, [Link(url=url, urlkey=urlkey(url), kind=kind)])
        (url_id,) = self.store.db.execute(
            "SELECT url_id FROM urls WHERE portal_key = ? AND urlkey = ?", [portal, urlkey(url)]
        ).fetchone()
        self.clock += timedelta(hours=1)
        head = [(b"Content-Type", mime.encode())]
        place = self.writer.write_exchange(RawRequest(url, self.clock), RawResponse(status, head, body, "OK"))
        self.writer.sync()
        capture = Capture(
            url, captured_at=self.clock.isoformat(), status=status, mime=mime, warc_file=place.file,
            warc_offset=place.offset, warc_length=place.length, record_id=place.record_id,
            payload_digest=place.payload_digest, body_digest=payload_digest(body), size_bytes=len(body),
        )  # fmt: skip
        self.store.record(crawl_id, [Outcome(url_id, "done", capture=capture, article=article)])
        return self.store.db.execute("SELECT max(capture_id) FROM captures").fetchone()[0]


def article(url, title, lines, **fields):
    """Return the article a reader would make of a page, its citations of the directive found."""
    text = "\n".join(lines)
    found = text.find("33/CT-TTg")
    at = found + len(title) + 1
    cited = Citation(
        "33/CT-TTg", "33/CT-TTg", "Chỉ thị", "33", 2021, "CT-TTg", "TTg", "2021-11-26", at, at + 9
    )
    published = fields.pop("published_at", None)
    return Article(
        url, canonical_url=url, platform="generic", title=title, text=text,
        blocks=fields.pop("blocks", tuple(Block("paragraph", line) for line in lines)),
        published_at=published,
        published_precision=None if published is None else "minute" if "T" in published else "day",
        citations=(cited,) if found >= 0 else (), **fields,
    )  # fmt: skip


def blocks_of(lines):
    """Return the lines as blocks, the caption as what it is."""
    return tuple(Block("caption" if line == CAPTION else "paragraph", line) for line in lines)


def make(folder):
    """Make the archive of NEWS, its first article edited once and with a picture; return *folder*."""
    with Library(folder) as library:
        first = "http://chaudoc.gov.example"
        style = b"h1 { color: rgb(1, 2, 3); background: url(anh/1.png) }"
        library.add("chaudoc", f"{first}/giao-dien.css", style, mime="text/css", kind="page")
        for number, (portal, day, section, title, lines) in enumerate(NEWS, 1):
            url = f"http://{PORTALS[portal].hosts[0]}/tin/{number}.html"
            fields = {"published_at": day, "section": section}
            if number == 1:
                image = f"{first}/anh/1.png"
                library.add(portal, image, picture(), mime="image/png", kind="image")
                fields["images"] = (Image(image, CAPTION, "Hội nghị"), Image(f"{first}/anh/2.png"))
                # The picture's caption stands where the picture stood: after the first paragraph.
                lines = (lines[0], CAPTION, *lines[1:])
                fields["blocks"] = blocks_of(lines)
                old = (lines[0].replace("14-01", "13-01"), *lines[1:])
                library.add(
                    portal,
                    url,
                    page(title, old),
                    article(url, title, old, **fields | {"blocks": blocks_of(old)}),
                )
            library.add(portal, url, page(title, lines), article(url, title, lines, **fields))
    return folder
