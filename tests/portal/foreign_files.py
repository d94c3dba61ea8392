"""Captures as other tools would leave them, made of small articles of our own."""

import gzip
import io
import zipfile
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

HOST = "http://phuong1.example.gov.vn"
SENTENCES = (
    "Sáng ngày 12-5, Ủy ban nhân dân phường 1 tổ chức hội nghị sơ kết công tác cải cách hành chính.",
    "Bộ phận một cửa đã tiếp nhận 1.245 hồ sơ, trong đó trả đúng hạn 1.240 hồ sơ, đạt tỷ lệ 99,6%.",
    "Phường đề nghị các khu phố tiếp tục tuyên truyền Quyết định số 24/QĐ-UBND ngày 05/01/2019 đến từng hộ.",
)


def page(title: str, *more: str, head: str = "") -> bytes:
    """An article page; *more* are paragraphs after the usual ones."""
    body = "".join(f"<p>{line}</p>" for line in (*SENTENCES, *more))
    return (
        f"<!DOCTYPE html><html><head>{head}<meta charset='utf-8'><title>{title}</title></head><body>"
        f"<div class='menu'><a href='/'>Trang chủ</a></div><div class='detail'><h1>{title}</h1>"
        f"<span class='date'>13/05/2019 08:30</span><div class='content'>{body}</div></div></body></html>"
    ).encode()


class Warc:
    """Records written by warcio, as other tools write them: gzip by record unless told otherwise."""

    def __init__(self, *, packed: bool = True) -> None:
        self._bytes = io.BytesIO()
        self._writer = WARCWriter(self._bytes, gzip=packed, warc_version="1.0")

    def add(
        self,
        url: str,
        body: bytes,
        at: str,
        status: str = "200 OK",
        kind: str = "response",
        mime: str = "text/html",
        **warc: str,
    ) -> "Warc":
        """Add one record of *at* (ISO, UTC); keywords are WARC headers, `_` for `-`."""
        http = StatusAndHeaders(status, [("Content-Type", mime)], protocol="HTTP/1.1")
        for name in ("encoding", "transfer", "location"):
            if value := warc.pop(name, ""):
                header = {"encoding": "Content-Encoding", "transfer": "Transfer-Encoding"}.get(
                    name, "Location"
                )
                http.add_header(header, value)
        extra = {"WARC-Date": at, **{name.replace("_", "-"): value for name, value in warc.items()}}
        record = self._writer.create_warc_record(
            url, kind, payload=io.BytesIO(body), http_headers=http, warc_headers_dict=extra
        )
        self._writer.write_record(record)
        return self

    def bytes(self) -> bytes:
        return self._bytes.getvalue()

    def save(self, path: Path) -> Path:
        path.write_bytes(self.bytes())
        return path


def chunked(body: bytes) -> bytes:
    """*body* in chunks, as Heritrix and wget leave it."""
    parts = [body[start : start + 700] for start in range(0, len(body), 700)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def wget_style(warc: bytes) -> bytes:
    """The same file as wget writes it: the URL in angle brackets."""
    out = []
    for record in gzip.decompress(warc).split(b"\r\n\r\nWARC/")[0:]:
        out.append(record)
    text = b"\r\n\r\nWARC/".join(out)
    lines = [
        b"WARC-Target-URI: <" + line[17:].strip() + b">" if line.startswith(b"WARC-Target-URI: ") else line
        for line in text.split(b"\r\n")
    ]
    return b"\r\n".join(lines)


def wacz(path: Path, warc: bytes) -> Path:
    """A WACZ package around a WARC."""
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("datapackage.json", '{"profile": "data-package", "wacz_version": "1.1.1"}')
        package.writestr("archive/data.warc.gz", warc)
        package.writestr("pages/pages.jsonl", '{"format": "json-pages-1.0", "id": "pages"}\n')
        package.writestr("archive/../../escape.txt", "never unpacked")
    return path


def mirror(folder: Path, host: str, path: str, body: bytes) -> Path:
    """A page of an HTTrack mirror without its cache."""
    mark = (
        f"<!-- Mirrored from {host}{path} by HTTrack Website Copier/3.x [XR&CO'2014],"
        " Fri, 14 Jun 2019 03:04:05 GMT -->"
    ).encode()
    file = folder / host / path.strip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body.replace(b"<html>", b"<html>\n" + mark + b"\n", 1))
    (folder / "hts-log.txt").write_text("HTTrack3.49 launched on Fri, 14 Jun 2019 03:04:05 at http://x/\n")
    return folder
