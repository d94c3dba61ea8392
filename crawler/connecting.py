"""What is connected to: public addresses only, checked as resolved (I7); TLS is verified first."""

import ipaddress
import logging
from collections.abc import Sequence
from typing import Any, ClassVar

from OpenSSL import SSL
from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Response
from twisted.internet.interfaces import IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]  # it ships no types

logger = logging.getLogger(__name__)

# Beyond what `is_global` refuses: 6to4 and NAT64 carry an IPv4 address inside, which may be a private one.
_WRAPPERS = (
    ipaddress.ip_network("2002::/16"),
    ipaddress.ip_network("64:ff9b::/96"),
    ipaddress.ip_network("2001::/32"),
)


def is_public(address: str) -> bool:
    """Say whether a numeric address is one of the public internet.

    Loopback, private, carrier-grade NAT (100.64/10), link-local, multicast, reserved and "this network"
    addresses are not, nor are IPv6 forms that wrap an IPv4 address.

    >>> is_public("93.184.216.34"), is_public("100.64.0.1"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if any(found in network for network in _WRAPPERS) or found.is_site_local:
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


class _Checking:
    """Passes on the public addresses of one host name, and remembers those it held back."""

    def __init__(self, receiver: Any, host: str, *, private: bool) -> None:
        self._receiver = receiver
        self._host = host
        self._private = private

    def resolutionBegan(self, resolution: Any) -> None:
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:
        if self._private or is_public(address.host):
            CheckedResolver.refused.pop(self._host, None)
            self._receiver.addressResolved(address)
        else:
            CheckedResolver.refused.setdefault(self._host, address.host)

    def resolutionComplete(self) -> None:
        self._receiver.resolutionComplete()


@implementer(IHostnameResolver)
class CheckedResolver:
    """Resolves names for every connection of the process and hands on only addresses that may be reached.

    The address checked is the address connected to: there is no second look-up a name server could answer
    otherwise. `private_hosts` are the hosts whose private addresses a user allowed by name (--allow-private);
    `refused` says which address a host without any allowed one resolved to.
    """

    private_hosts: ClassVar[set[str]] = set()
    refused: ClassVar[dict[str, str]] = {}

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._resolver = reactor.nameResolver

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> "CheckedResolver":
        return cls(reactor)

    def install_on_reactor(self) -> None:
        """Take the place of the reactor's own resolver."""
        self._reactor.installNameResolver(self)

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[Any] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        checking = _Checking(resolutionReceiver, hostName, private=hostName.lower() in self.private_hosts)
        resolution: IHostResolution = self._resolver.resolveHostName(
            checking, hostName, portNumber, addressTypes, transportSemantics
        )
        return resolution


class VerifiedFirst(HTTP11DownloadHandler):
    """Fetches https with certificates verified; a host with a broken one is then fetched unverified.

    Half of the communes' portals let certificates expire (facts, section on TLS), and what they publish is
    public: losing it would be worse. `request.meta["tls"]` says "verified" or "unverified: why". A failed
    handshake asks nothing of the server, so the second connection is not a second request (I6).
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._strict = HTTP11DownloadHandler(crawler)
        self._strict._contextFactory._verify_certificates = True
        self._broken: dict[str, str] = {}

    async def download_request(self, request: Request) -> Response:
        host = request.url.split("/", 3)[2]
        if host not in self._broken:
            try:
                response = await self._strict.download_request(request)
            except DownloadFailedError as error:
                why = _tls_complaint(error)
                if why is None:
                    raise
                self._broken[host] = why
                logger.warning("TLS of %s cannot be verified: %s", host, why)
            else:
                request.meta["tls"] = "verified"
                return response
        request.meta["tls"] = f"unverified: {self._broken[host]}"
        return await super().download_request(request)

    async def close(self) -> None:
        await self._strict.close()
        await super().close()


def _tls_complaint(error: BaseException) -> str | None:
    """Return what TLS complained of, or None when the failure was of another kind."""
    seen: list[BaseException] = [error]
    while seen:
        one = seen.pop()
        if isinstance(one, SSL.Error):
            reasons = [
                str(part[-1]) for part in (one.args[0] if one.args and isinstance(one.args[0], list) else [])
            ]
            return ", ".join(reasons) or "handshake failed"
        if type(one).__name__ in ("VerificationError", "CertificateError"):
            return "wrong host name"
        seen += [
            failure.value for failure in getattr(one, "reasons", None) or () if hasattr(failure, "value")
        ]
        if one.__cause__ is not None:
            seen.append(one.__cause__)
    return None
