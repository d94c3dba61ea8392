"""URLs as the archive compares them: the rules every platform shares, and the urlkey (SURT)."""

import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, quote, unquote_to_bytes, urlencode, urlsplit, urlunsplit

# State that is dropped on every platform; each was seen on a portal (facts, section a).
_STATE_PARAMS = re.compile(
    r"""(?ix) ^(?:
    utm_\w+ | fbclid | gclid | zarsrc | _ga | gsc\.tab | redirect | inheritRedirect | plidlayout
    | p_p_col_\w+ | p_p_mode | p_r_p_\w*resetCur | PHPSESSID | jsessionid | sessionid | sid
    | _afr\w+ | _adf\.\w[\w-]* | nocache | replytocom | share | VisibilityContext | InitialTabId | PageVersion | _dlt
    )$"""
)
_SESSION_IN_PATH = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
# RFC 3986 unreserved and the sub-delimiters that mean themselves in a path.
_PATH_SAFE = "/:@!$&'()*+,;=-._~"


def is_web(url: str) -> bool:
    """Say whether *url* is http(s) with a host, the only kind ever fetched (I7)."""
    try:
        parts = urlsplit(url.strip())
        return parts.scheme.lower() in _DEFAULT_PORTS and bool(parts.hostname)
    except ValueError:
        return False


def split(url: str) -> SplitResult:
    """Split a URL into parts with the host lower-cased, the default port and userinfo dropped.

    Raises ValueError for what is not an http(s) URL.
    """
    parts = urlsplit(url.strip().replace("\t", "").replace("\n", "").replace("\r", ""))
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"not an http(s) URL: {url[:200]!r}")
    host = parts.hostname.rstrip(".").lower()
    if not host or any(char in host for char in " \\<>\"'`{}|^"):
        raise ValueError(f"not a host name: {url[:200]!r}")
    if ":" in host:
        host = f"[{host}]"
    else:
        try:
            host = host.encode("idna").decode("ascii") if not host.isascii() else host
        except UnicodeError as error:
            raise ValueError(f"not a host name: {url[:200]!r}") from error
    port = parts.port
    netloc = host if port is None or port == _DEFAULT_PORTS[scheme] else f"{host}:{port}"
    return SplitResult(scheme, netloc, _clean_path(parts.path), parts.query, "")


def _clean_path(path: str) -> str:
    path = _SESSION_IN_PATH.sub("", path) or "/"
    # Unescape what need not be escaped and escape what must be, so that raw IRIs, %E1%BA%A3 and
    # %e1%ba%a3 meet (NukeViet and WordPress link the same slug in all three ways).
    segments = []
    for segment in path.split("/"):
        raw = unquote_to_bytes(segment)
        segments.append(quote(raw, safe="".join(set(_PATH_SAFE) - {"/"})) if b"%" not in raw else segment)
    path = "/".join(segments)
    while "/./" in path:
        path = path.replace("/./", "/")
    return re.sub(r"/{2,}", "/", path)


def clean_query(query: str) -> str:
    """Drop tracking and session state from a query, keep the order and blanks of the rest."""
    if not query:
        return ""
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if not _STATE_PARAMS.match(name)]
    return urlencode(kept)


@lru_cache(maxsize=65536)
def canonical(url: str) -> str:
    """Return the canonical form every platform agrees on: no state, no fragment, one spelling.

    Idempotent. http and https stay apart here (they are fetched apart); `urlkey` joins them.
    Raises ValueError for what is not an http(s) URL.
    """
    parts = split(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, clean_query(parts.query), ""))


@lru_cache(maxsize=65536)
def urlkey(url: str) -> str:
    """Return the SURT sort key: `vn,gov,angiang,chaudoc)/path?a=1`.

    Without scheme, `www.` and a trailing slash, with the query sorted and the whole lower-cased: the form CDX indexes
    sort by. Raises ValueError for what is not an http(s) URL.
    """
    parts = split(url)
    host, _, port = parts.netloc.partition(":") if not parts.netloc.startswith("[") else (parts.netloc, "", "")
    labels = host.removeprefix("www.").split(".")
    address = host if re.fullmatch(r"[\d.]+|\[.*\]", host) else ",".join(reversed(labels))
    query = "&".join(sorted(clean_query(parts.query).split("&")))
    path = parts.path.rstrip("/") or "/"
    return f"{address}{':' + port if port else ''}){path}{'?' + query if query else ''}".lower()
