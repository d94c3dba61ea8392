"""Which portal a captured URL belongs to: one of the registry, of the archive, or one the user named."""

from dataclasses import replace
from functools import cached_property
from urllib.parse import urlsplit

from archive.errors import UsageError
from archive.records import Portal
from archive.store import Store
from crawler import registry

# Hosts of the state that no registry file names yet are portals of their own.
_STATE = ".gov.vn"
_MOST_HOSTS = 50_000


class PortalFinder:
    """Finds portals by host, and keeps them as the archive comes to know them.

    *named* are keys, hosts or URLs the user asked for: their hosts are taken in whatever they are.
    """

    def __init__(self, store: Store, named: tuple[str, ...]) -> None:
        self._store = store
        self._by_host: dict[str, Portal | None] = {}
        for word in named:
            portal = self._enter(registry.resolve(word))
            for host in portal.hosts:
                self._by_host[_bare(host)] = portal

    def of(self, url: str) -> Portal | None:
        """Return the portal of a URL; None for a host that is nobody's we know, or a URL with a login."""
        try:
            parts = urlsplit(url)
            host = "" if "@" in parts.netloc else _bare(parts.netloc.lower())
        except ValueError:
            return None
        if parts.scheme not in ("http", "https") or not host:
            return None
        if host not in self._by_host:
            if len(self._by_host) > _MOST_HOSTS:
                self._by_host = {name: portal for name, portal in self._by_host.items() if portal}
            self._by_host[host] = self._look_up(host)
        return self._by_host[host]

    def learn(self, portal: Portal) -> None:
        """Keep what a portal's own pages taught of it: its name, its platform."""
        self._store.save_portal(portal)
        for host in portal.hosts:
            self._by_host[_bare(host)] = portal

    def _look_up(self, host: str) -> Portal | None:
        if host.partition(":")[0].encode() in self._registered:
            config = registry.find(host)
            if config is not None:
                return self._enter(config.to_portal())
        row = self._store.db.execute(
            "SELECT p.portal_key FROM portals p, json_each(p.hosts) h"
            " WHERE h.value IN (?, ?) ORDER BY p.first_seen_at LIMIT 1",
            [host, f"www.{host}"],
        ).fetchone()
        if row is not None:
            return self._store.portal(row[0])
        if host.partition(":")[0].endswith(_STATE):
            try:
                return self._enter(registry.resolve(host))
            except UsageError:
                return None  # a port or a name that no host has: a stranger's file may say so
        return None

    @cached_property
    def _registered(self) -> bytes:
        # Read once: a look through all files costs 30 ms, and a WARC may name a million hosts.
        return b"\n".join(path.read_bytes() for path in registry.FOLDER.rglob("*.yml"))

    def _enter(self, portal: Portal) -> Portal:
        known = self._store.portal(portal.key)
        platform = portal.platform or (known.platform if known else None)
        portal = replace(portal, platform=platform, chrome=known.chrome if known else None)
        self._store.save_portal(portal)
        return portal


def _bare(host: str) -> str:
    name, _, port = host.partition(":")
    return (name if port in ("", "80", "443") else host).removeprefix("www.")
