"""How a portal spells its own addresses: where `/x/` always leads to `/x`, that is asked for (WordPress)."""

from collections import Counter
from urllib.parse import urlsplit, urlunsplit

# So many redirects of one folder that only set or drop the slash are a rule.
_A_RULE = 2


class Spelling:
    """Learns from redirects that change nothing but the slash at the end, folder by folder."""

    def __init__(self) -> None:
        # Folder → redirects seen that dropped the slash, less those that set it.
        self._drops: Counter[tuple[str, str]] = Counter()

    def learn(self, url: str, target: str) -> None:
        """Note that *url* was answered with a redirect to *target*."""
        if url != target and url.rstrip("/") == target.rstrip("/"):
            self._drops[_folder(url)] += 1 if url.endswith("/") else -1

    def address(self, url: str) -> str:
        """Return *url* as its folder is known to spell it."""
        if not self._drops or abs(drops := self._drops[_folder(url)]) < _A_RULE:
            return url
        parts = urlsplit(url)
        path = parts.path.rstrip("/")
        if parts.query or not path or "." in path.rpartition("/")[2]:
            return url
        return urlunsplit(parts._replace(path=path if drops > 0 else path + "/"))


def _folder(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.netloc.lower(), parts.path.rstrip("/").rpartition("/")[0]
