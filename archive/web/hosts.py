"""Which Host headers are answered: a page elsewhere must not reach the archive under a name of its own."""

from urllib.parse import urlsplit

# The names of this machine, on any port: what a browser here types.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


def allowed(host: str, names: frozenset[str]) -> bool:
    """Say whether the Host header *host* is one of *names* (without ports) or means this machine.

    Against DNS rebinding: a name that somebody pointed at 127.0.0.1 is not ours.

    >>> allowed("127.0.0.1:8001", frozenset()), allowed("evil.example:8001", frozenset())
    (True, False)
    """
    name = host.strip().lower()
    name = name.partition("]")[0] + "]" if name.startswith("[") else name.partition(":")[0]
    return name in LOOPBACK or name in names


def names_of(*origins: str) -> frozenset[str]:
    """Return the host names of public origins such as https://kho.example.vn."""
    return frozenset(name.lower() for origin in origins if origin and (name := urlsplit(origin).hostname))
