"""One JSON POST to an address that the archivist configured: checked as connected to, never redirected.

Nothing of a crawl comes near this: it has its own connections, and takes its URL from `alerts.yml` alone.
"""

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from archive.addresses import is_public


class PostFailed(Exception):
    """The receiver could not be reached, or did not say 2xx."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool, timeout_s: float) -> int:
    """Send *body* and return the status, which is 2xx. Raises PostFailed.

    Without *allow_private* only a public address is connected to, and the address checked is the one used.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise PostFailed(f"the name {host} cannot be resolved") from error
    addresses = [str(one[4][0]) for one in found]
    allowed = [one for one in addresses if allow_private or is_public(one)]
    if not allowed:
        raise PostFailed(f"{host} is {addresses[0]}, not a public address; allow_private: true permits it")
    connection = _connection(parts.scheme, host, port, allowed[0], timeout_s)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read(4096)
    except (OSError, http.client.HTTPException) as error:
        raise PostFailed(f"{host} does not answer: {error or type(error).__name__}") from error
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise PostFailed(f"{host} answered HTTP {answer.status}")
    return answer.status


def _connection(
    scheme: str, host: str, port: int, address: str, timeout_s: float
) -> http.client.HTTPConnection:
    class Plain(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock = socket.create_connection((address, port), self.timeout)

    class Secure(http.client.HTTPSConnection):
        def connect(self) -> None:
            bare = socket.create_connection((address, port), self.timeout)
            self.sock = ssl.create_default_context().wrap_socket(bare, server_hostname=host)

    return (Secure if scheme == "https" else Plain)(host, port, timeout=timeout_s)


def encoded(value: Any) -> bytes:
    """Return *value* as JSON bytes."""
    return json.dumps(value, ensure_ascii=False, default=str).encode()
