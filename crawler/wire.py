"""How an answer is fetched: bounded, never asked for twice, certificates verified first (I6, I7)."""

import asyncio
import logging
import time
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlsplit

from OpenSSL import SSL
from scrapy import Request
from scrapy.core.downloader.contextfactory import _ScrapyClientContextFactory
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.core.downloader.tls import _ScrapyClientTLSOptions26
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Response
from twisted.internet.ssl import TLSVersion
from twisted.web.iweb import IPolicyForHTTPS

from crawler.connecting import address_of, note_certificate
from crawler.groups import wait_for_group
from crawler.tally import Options

logger = logging.getLogger(__name__)

# The largest heads of portals, with a dozen cookies and a content security policy, have 12 kB.
MAX_HEAD_BYTES = 256 * 1024
_MOST_INFORMED = 5
# Apache closes an idle connection after 5 s; a request sent into that moment is lost.
_KEEP_OPEN_S = 4


class HeadTooLarge(Exception):
    """The status line and headers of an answer exceed MAX_HEAD_BYTES, or one of its lines 16 kB."""


class TlsRefused(Exception):
    """The certificate cannot be verified, and the portal's `insecure_tls: refuse` forbids to go on."""


class _Parser(_LenientHTTPClientParser):
    _head_bytes = 0
    _informed = 0

    def lineReceived(self, line: bytes) -> None:
        # Counted over the whole answer: "100 Continue" may come any number of times before the real head.
        self._head_bytes += len(line) + 1
        if self._head_bytes > MAX_HEAD_BYTES:
            raise HeadTooLarge(f"more than {MAX_HEAD_BYTES} bytes of headers")
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        raise HeadTooLarge(f"a header of more than {self.MAX_LENGTH} bytes")

    def allHeadersReceived(self) -> None:
        # Twisted notes each "100 Continue" in the log.
        self._informed += self.response.code < 200
        if self._informed > _MOST_INFORMED:
            raise HeadTooLarge(f"more than {_MOST_INFORMED} heads before the answer's own")
        parser: Any = super()
        parser.allHeadersReceived()

    def headerReceived(self, name: bytes, value: bytes) -> None:
        # A name with control characters is no name; browsers skip such a line, and so do we.
        if all(32 < byte < 127 for byte in name):
            parser: Any = super()
            parser.headerReceived(name, value.replace(b"\0", b""))


class _Protocol(_LenientHTTP11ClientProtocol):
    def request(self, request: Any) -> Any:
        answer = super().request(request)
        self._parser.__class__ = _Parser
        return answer

    def _giveUp(self, reason: Any) -> None:
        # Not loseConnection: a server that goes on sending would be read until its end.
        protocol: Any = self
        protocol.transport.abortConnection()
        protocol._disconnectParser(reason)


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> Any:
        protocol: Any = _Protocol
        return protocol(self._quiescentCallback)


class BoundedHandler(HTTP11DownloadHandler):
    """Fetches http: heads have a limit, and nothing is asked twice behind the ledger's back.

    Before a request leaves it waits for the turn of its host's address group.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory
        self._pool.cachedConnectionTimeout = _KEEP_OPEN_S
        # Twisted sends a GET again at once when a kept connection breaks: two requests without a gap (I6).
        self._pool.retryAutomatically = False

    @property
    def _options(self) -> Options:
        crawler: Any = self._crawler
        options: Options = crawler.spider.session.options
        return options

    async def download_request(self, request: Request) -> Response:
        await self._take_turn(request)
        return await super().download_request(request)

    async def _take_turn(self, request: Request) -> None:
        if wait := await wait_for_group(request.url, self._options.delay_s, address_of):
            await asyncio.sleep(wait)
        # What came before was waiting of ours; gaps and durations count from here.
        request.meta["sent_at"] = datetime.now(UTC)
        request.meta["sent_clock"] = time.monotonic()


# OpenSSL's numbers for what is wrong with a certificate, in words for an archivist.
_COMPLAINTS = {
    9: "certificate not yet valid",
    10: "certificate has expired",
    18: "self-signed certificate",
    19: "unknown authority",
    20: "issuer's certificate not sent or unknown",
    21: "issuer's certificate not sent or unknown",
}


class _NotedOptions(_ScrapyClientTLSOptions26):
    """Lets every certificate pass and keeps in `said` what was wrong with it first."""

    said: dict[str, str]

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        connection = super().clientConnectionForTLS(tlsProtocol)

        def note(_connection: Any, _certificate: Any, number: int, _depth: int, _ok: int) -> bool:
            if number:
                self.said.setdefault(
                    self._hostnameASCII, _COMPLAINTS.get(number, f"OpenSSL's error {number}")
                )
            return True

        connection.set_verify(SSL.VERIFY_PEER, note)
        return connection


class _AnyTls(_ScrapyClientContextFactory):
    """Takes whatever TLS a server still speaks, down to 1.0 with short keys: what is read is public."""

    def __init__(self) -> None:
        super().__init__(tls_min_version=TLSVersion.TLSv1_0)
        self.said: dict[str, str] = {}

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
        options = _NotedOptions(self._get_cert_options()._makeTLSConnection, hostname.decode("ascii"))
        options.said = self.said
        return options

    def _get_cert_options(self) -> Any:
        options: Any = super()._get_cert_options()
        make = options._makeContext

        def lenient(*args: Any, **kwargs: Any) -> SSL.Context:
            context: SSL.Context = make(*args, **kwargs)
            # Trusted as in the strict handshake, so that what is noted is what is wrong.
            context.set_default_verify_paths()
            context.set_min_proto_version(SSL.TLS1_VERSION)
            context.set_cipher_list(b"ALL:!aNULL:!eNULL:@SECLEVEL=0")
            return context

        options._makeContext = lenient
        return options


class VerifiedFirst(BoundedHandler):
    """Fetches https with certificates verified; a host with a broken one is then fetched unverified.

    Half of the communes' portals let certificates expire, and what they publish is public: losing it would
    be worse. `insecure_tls: refuse` in the registry forbids it for a portal. `request.meta["tls"]` says
    "verified" or "unverified: why". A failed handshake asks nothing of the server, so the second
    connection is not a second request (I6).
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._any_tls = _AnyTls()
        # Scrapy's type says what any agent takes; of an https handler's own factory it asks no more.
        self._contextFactory = cast("IPolicyForHTTPS", self._any_tls)
        self._strict = BoundedHandler(crawler)
        self._strict._contextFactory._verify_certificates = True
        self._broken: dict[str, str] = {}

    async def download_request(self, request: Request) -> Response:
        host = request.url.split("/", 3)[2]
        if host not in self._broken:
            try:
                response = await self._strict.download_request(request)
            except DownloadFailedError as error:
                why = tls_complaint(error)
                if why is None:
                    raise
                self._broken[host] = why
                logger.warning("TLS of %s cannot be verified: %s", host, why)
            else:
                request.meta["tls"] = "verified"
                note_certificate(request.url, response.certificate)
                return response
        if not self._options.insecure_tls:
            raise TlsRefused(f"{self._broken[host]}; the portal's file says insecure_tls: refuse")
        response = await super().download_request(request)
        # The strict handshake says only "certificate verify failed"; the lenient one heard why.
        why = self._any_tls.said.get(urlsplit(request.url).hostname or "", self._broken[host])
        request.meta["tls"] = f"unverified: {why}"
        note_certificate(request.url, response.certificate, why)
        return response

    async def close(self) -> None:
        await self._strict.close()
        await super().close()


def causes(error: BaseException) -> list[BaseException]:
    """Return an error and all that it rests on, as far as Twisted and Python remember."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < 50:
        one = waiting.pop()
        found.append(one)
        failures = getattr(one, "reasons", None) or ()
        waiting += [
            failure.value
            for failure in failures
            if isinstance(getattr(failure, "value", None), BaseException)
        ]
        if one.__cause__ is not None:
            waiting.append(one.__cause__)
    return found


def tls_complaint(error: BaseException) -> str | None:
    """Return what TLS complained of, or None when the failure was of another kind."""
    for one in causes(error):
        if isinstance(one, SSL.Error):
            parts = one.args[0] if one.args and isinstance(one.args[0], list) else []
            words = ", ".join(str(part[-1]) for part in parts) or "handshake failed"
            return "protocol older than TLS 1.2" if "protocol" in words else words
        if type(one).__name__ in ("VerificationError", "CertificateError"):
            return "wrong host name"
    return None
