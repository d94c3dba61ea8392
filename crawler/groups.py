"""One limit for all hosts of one address group: many portals of a province stand on one server (I6)."""

import ipaddress
import time
from collections.abc import Awaitable, Callable
from typing import ClassVar
from urllib.parse import urlsplit

from archive.addresses import is_public
from crawler.stamps import Stamp, shared_folder, stamp_path

# What one data centre's rack is asked at most: a national crawl is planned with it.
GROUP_GAP_S = 1.0


class AddressGroups:
    """The turns of the address groups, over all portals and processes.

    A private address forms no group: many made-up portals of tests and demos stand on one loopback
    address. `with_private` has them form one all the same, in the test of just this.
    """

    with_private: ClassVar[bool] = False
    _free_at: ClassVar[dict[str, float]] = {}


def group_of(address: str) -> str | None:
    """Return the group of a numeric address: its /24, its /48 for IPv6; None for what forms no group.

    >>> group_of("113.160.12.7"), group_of("2001:ee0:4f4b::1"), group_of("127.0.0.1")
    ('113.160.12.0/24', '2001:ee0:4f4b::/48', None)
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if not is_public(address) and not AddressGroups.with_private:
        return None
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


def reserve(group: str, delay_s: float) -> float:
    """Take the next turn of a group; return the seconds until it comes. A crawl without delay never waits."""
    gap = min(delay_s, GROUP_GAP_S)
    if not gap:
        return 0.0
    path = stamp_path(shared_folder(), f"group {group}")
    if path is not None:
        return Stamp(path).reserve(time.time(), gap)
    now = time.monotonic()
    turn = max(now, AddressGroups._free_at.get(group, 0.0))
    AddressGroups._free_at[group] = turn + gap
    return turn - now


async def wait_for_group(
    url: str, delay_s: float, address_of: Callable[[str], Awaitable[str | None]]
) -> float:
    """Take the turn of the group of a URL's host; return the seconds to wait for it."""
    if not delay_s:
        return 0.0
    address = await address_of(urlsplit(url).hostname or "")
    group = group_of(address) if address else None
    return reserve(group, delay_s) if group else 0.0
