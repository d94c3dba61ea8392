"""What is connected to: public addresses only, checked as resolved (I7)."""

import asyncio
import ipaddress
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, ClassVar
from urllib.parse import urlsplit

from twisted.internet.interfaces import IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]  # it ships no types

_LOOK_UP_S = 20.0
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
