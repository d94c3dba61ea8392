"""What is connected to: public addresses only, checked as resolved (I7), and the certificates they show."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, ClassVar
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from twisted.internet.interfaces import IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]  # it ships no types

from archive.addresses import is_public
from archive.drift.certificates import Met

_LOOK_UP_S = 20.0


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
            CheckedResolver.addresses.setdefault(self._host, address.host)
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
    `refused` says which address a host without any allowed one resolved to, `addresses` where one with an
    allowed one was first found.
    """

    private_hosts: ClassVar[set[str]] = set()
    refused: ClassVar[dict[str, str]] = {}
    addresses: ClassVar[dict[str, str]] = {}

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._resolver = reactor.nameResolver

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> "CheckedResolver":
        return cls(reactor)

    @classmethod
    def allow(cls, hosts: Sequence[str]) -> None:
        """Let these hosts[:port] stand on private addresses: the user said so (--allow-private)."""
        cls.private_hosts.update((urlsplit(f"//{host}").hostname or host).lower() for host in hosts)

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


async def address_of(host: str) -> str | None:
    """Return the address a host was last connected at, looked up once where it was not; None for none."""
    if host not in CheckedResolver.addresses:
        from twisted.internet import reactor

        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        installed: Any = reactor
        installed.nameResolver.resolveHostName(_Awaited(waiting), host)
        with suppress(TimeoutError):
            await asyncio.wait_for(waiting, _LOOK_UP_S)
    return CheckedResolver.addresses.get(host)


@implementer(IResolutionReceiver)
class _Awaited:
    """Waits for the end of a look-up; the addresses stay with CheckedResolver."""

    def __init__(self, waiting: "asyncio.Future[None]") -> None:
        self._waiting = waiting

    def resolutionBegan(self, resolution: Any) -> None:
        """Nothing is to be kept of it."""

    def addressResolved(self, address: Any) -> None:
        """CheckedResolver remembers it."""

    def resolutionComplete(self) -> None:
        if not self._waiting.done():
            self._waiting.set_result(None)


# What each host[:port] showed last in this process, by name: read when its crawl has ended.
_met: dict[str, Met] = {}


def note_certificate(url: str, shown: Any, complaint: str = "") -> None:
    """Keep what a server showed of itself on the connection of *url* (Twisted's Certificate, or None)."""
    if shown is None:
        return
    host = urlsplit(url).netloc.rpartition("@")[2].lower()
    certificate = shown.original.to_cryptography()
    fingerprint = certificate.fingerprint(SHA256()).hex()
    known = _met.get(host)
    if known is not None and (known.fingerprint, known.complaint) == (fingerprint, complaint):
        return
    names = certificate.issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    names = names or certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    _met[host] = Met(
        host,
        fingerprint,
        str(names[0].value) if names else "",
        certificate.not_valid_before_utc.isoformat(),
        certificate.not_valid_after_utc.isoformat(),
        complaint,
    )


def certificates_of(hosts: Sequence[str]) -> list[Met]:
    """Return the certificates that these hosts showed in this process, the www. twin of each among them."""
    names = {host.lower().removeprefix("www.") for host in hosts}
    return [one for host, one in _met.items() if host.removeprefix("www.") in names]
