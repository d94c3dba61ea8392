"""Captures asked for at the services that keep them, at the pace these ask for: the `wayback` and
`cdx_toolkit` libraries know it (about 24 listings and 480 pages a minute at the Internet Archive)."""

import importlib
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from archive.errors import UsageError
from archive.warc.arc import Damage, Foreign
from archive.warc.records import warc_date
from crawler.ingest.listed import Listed, listed, local_file, read_local

WAYBACK = "https://web.archive.org"
COMMON_CRAWL = "https://data.commoncrawl.org"
_NAMESPACE = uuid.UUID("2f5d7f0e-6f6b-5d0e-8a67-6c1f5a1f0f21")
# They describe the transfer to us, not the page.
_OF_TRANSFER = frozenset({"content-encoding", "transfer-encoding", "content-length"})

Found = Iterator[tuple[str, Foreign | Damage]]
# Says whether a capture is wanted: of a portal, and not here yet.
Wanted = Callable[[str, str], bool]


def of_host(host: str, wanted: Wanted, server: str | None = None) -> Found:
    """Yield the captures the Wayback Machine has of *host*, the oldest of each URL first.

    A page with the bytes of one that came before is not asked for again: it comes as a revisit.
    """
    module = _module("wayback")
    with _client(module, server) as client:
        fetched: dict[tuple[str, str], str] = {}
        try:
            for record in client.search(host, match_type="host", resolve_revisits=True):
                at = record.timestamp.astimezone(UTC).strftime("%Y%m%d%H%M%S")
                one = Listed(
                    record.original, at, str(record.statuscode or "-"), record.mimetype, record.digest
                )
                if wanted(one.url, at):
                    yield f"wayback:{at}/{one.url}", _memento(module, client, one, fetched)
        except module.exceptions.WaybackException as error:
            yield f"wayback:{host}", Damage(0, 0, f"the listing of {host} ended: {error}"[:300])


def of_list(path: Path, wanted: Wanted, server: str | None = None) -> Found:
    """Yield the captures a list names: from the WARC beside it, from Common Crawl, or from the Wayback."""
    client: Any = None
    module: Any = None
    fetched: dict[tuple[str, str], str] = {}
    try:
        for one in listed(path):
            if isinstance(one, Damage):
                yield f"cdx:{path.name}:{one.offset}", one
            elif not wanted(one.url, one.timestamp):
                continue
            elif (file := local_file(one, path)) is not None:
                yield f"warc:{file.name}:{one.offset}", read_local(one, file)
            elif one.filename and one.offset >= 0:
                yield f"commoncrawl:{one.filename}:{one.offset}", _from_common_crawl(one, server)
            else:
                if client is None:
                    module = _module("wayback")
                    client = _client(module, server)
                yield f"wayback:{one.timestamp}/{one.url}", _memento(module, client, one, fetched)
    finally:
        if client is not None:
            client.close()


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(
            f"{name} is not installed; `pip install khocong[services]` brings what asks such services"
        ) from error


def _client(module: Any, server: str | None) -> Any:
    session = module.WaybackSession(user_agent="khocong (+https://pypi.org/project/khocong/)")
    if server is not None:
        session.mount(WAYBACK, _elsewhere(server))
    return module.WaybackClient(session)


def _elsewhere(server: str) -> Any:
    """Return what sends requests for the Wayback Machine to another server that speaks as it does."""
    adapters = importlib.import_module("requests.adapters")
    goal = urlsplit(server)

    def send(self: Any, request: Any, **options: Any) -> Any:
        asked = request.copy()
        parts = urlsplit(request.url)
        asked.url = urlunsplit((goal.scheme, goal.netloc, parts.path, parts.query, ""))
        response = adapters.HTTPAdapter.send(self, asked, **options)
        response.url, response.request = request.url, request
        return response

    return type("Elsewhere", (adapters.HTTPAdapter,), {"send": send})()


def _memento(module: Any, client: Any, one: Listed, fetched: dict[tuple[str, str], str]) -> Foreign | Damage:
    at = datetime.strptime(one.timestamp.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    number = f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'{one.timestamp} {one.url} {one.digest}')}"
    headers = [
        ("WARC-Record-ID", f"<{number}>"), ("WARC-Target-URI", one.url), ("WARC-Date", warc_date(at)),
        ("WARC-Source-URI", f"{WAYBACK}/web/{one.timestamp}id_/{one.url}"),
    ]  # fmt: skip
    if one.digest and (first := fetched.get((one.url, one.digest))) is not None:
        profile = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
        told = [
            ("WARC-Type", "revisit"),
            *headers,
            ("WARC-Profile", profile),
            ("WARC-Refers-To", f"<{first}>"),
        ]
        return Foreign(tuple(told), b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", 0, 0)
    try:
        record = client.get_memento(
            one.url, timestamp=at, mode=module.Mode.original, exact=True, follow_redirects=False
        )
        status, body, said = record.status_code, record.content, record.headers
    except (module.exceptions.WaybackException, OSError) as error:
        return Damage(0, 0, f"{one.url} of {one.timestamp}: {type(error).__name__}: {error}"[:300])
    if one.digest and status == 200:
        fetched[one.url, one.digest] = number
    lines = [f"HTTP/1.1 {status} {'OK' if status == 200 else ''}".rstrip()]
    for name, value in said.items():
        kept = f"X-Archive-Orig-{name}" if name.lower() in _OF_TRANSFER else name
        lines.append(f"{kept}: {value}")
    head = "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n"
    told = [("WARC-Type", "response"), *headers, ("Content-Type", "application/http; msgtype=response")]
    if one.digest:
        told.append(("WARC-Payload-Digest", f"sha1:{one.digest}"))
    return Foreign(tuple(told), head + body, 0, len(head) + len(body))


def _from_common_crawl(one: Listed, server: str | None) -> Foreign | Damage:
    module = _module("cdx_toolkit.warc")
    asked = {"url": one.url, "filename": one.filename, "offset": one.offset, "length": one.length}
    try:
        record = module.fetch_warc_record(asked, server or COMMON_CRAWL)
        http = record.http_headers.to_ascii_bytes() if record.http_headers is not None else b""
        block = http + record.raw_stream.read()
    except Exception as error:  # the boundary of a library that raises what requests and warcio raise
        return Damage(one.offset, one.length, f"{one.url}: {type(error).__name__}: {error}"[:300])
    headers = tuple((str(name), str(value)) for name, value in record.rec_headers.headers)
    return Foreign(headers, block, one.offset, one.length)
