"""URLs as the archive compares them: the rules every platform shares, and the urlkey (SURT)."""

import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, quote_plus, unquote_plus, unquote_to_bytes, urlsplit, urlunsplit

# State that is dropped on every platform; each was seen on a portal (facts, section a).
_STATE_PARAMS = re.compile(
    r"""(?ix) ^(?:
    utm_\w+ | fbclid | gclid | zarsrc | _ga | gsc\.tab | redirect | inheritRedirect | plidlayout
    | p_p_col_\w+ | p_p_mode | p_r_p_\w*resetCur | PHPSESSID | jsessionid | sessionid
    | _afr\w+ | _adf\.\w[\w-]* | nocache | replytocom | share
    | VisibilityContext | InitialTabId | PageVersion | _dlt
    )$"""
)
# `sid` is a session where it is long and random, and a story's id in PHP-Nuke and its NukeViet descendants.
_SESSION_ID = re.compile(r"sid=[\w,-]{16,}", re.IGNORECASE)
_SESSION_IN_PATH = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
# The links of one portal's navigation, which every page repeats; a URL and its forms take about 600 bytes.
_REMEMBERED = 20_000
_DEFAULT_PORTS = {"http": 80, "https": 443}
# RFC 3986 unreserved and the sub-delimiters that mean themselves in a path.
_PATH_SAFE = ":@!$&'()*+,;=-._~"
_NOT_PLAIN = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9:@!$&'()*+,;=\-._~]")
# Case folds word by word: `/Tin-Tuc/` and `/tin-tuc/` are one list on IIS, and `/Article/Lz4V+MXkybc@/` is an
# article's own id (both seen). A word is written in one case, capitalised, or CamelCase with an acronym.
_WORDS = re.compile(r"%[0-9A-Fa-f]{2}|[A-Za-z0-9]+")
_WORD = re.compile(r"[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+[a-z]*|(?:[A-Z][a-z]{2,})+[A-Z]*\d*")
# In a query short letters are more often an id ("?v=Ab") than a word.
_LONG_WORD = re.compile(r"(?=[A-Za-z]{4})(?:" + _WORD.pattern + ")")
# An escaped semicolon or slash is a letter of the segment, a bare one divides.
_KEEP_ESCAPED = ";/"


def is_web(url: str) -> bool:
    """Say whether *url* is http(s) with a host, the only kind ever fetched (I7)."""
    try:
        parts = urlsplit(url.strip())
        return parts.scheme.lower() in _DEFAULT_PORTS and bool(parts.hostname)
    except ValueError:
        return False


# Few: the questions about one URL come together, four of every record that is taken in.
@lru_cache(maxsize=1000)
def split(url: str) -> SplitResult:
    """Split a URL into parts with the host lower-cased, the default port and userinfo dropped.

    Raises ValueError for what is not an http(s) URL.
    """
    parts = urlsplit(url.strip().replace("\t", "").replace("\n", "").replace("\r", ""))
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"not an http(s) URL: {url[:200]!r}")
    host = parts.hostname.rstrip(".").lower()
    # Browsers take a backslash for a slash and so another host: such a URL is refused, not guessed at.
    if not host or "\\" in parts.netloc or any(char in host for char in " <>\"'`{}|^%"):
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
    # Raw IRIs, %E1%BA%A3 and %e1%ba%a3 meet: NukeViet and WordPress link the same slug in all three ways.
    spelled = "/".join(_NOT_PLAIN.sub(_spell, segment) for segment in path.split("/"))
    kept: list[str] = []
    segments = _SESSION_IN_PATH.sub("", spelled).split("/")
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment not in ("", "."):
            kept.append(segment)
    tail = "/" if kept and segments[-1] in ("", ".", "..") else ""
    return "/" + "/".join(kept) + tail


def _spell(found: re.Match[str]) -> str:
    """Return one escape, or one character that needs escaping, in the one way we write it."""
    written = found[0]
    if len(written) == 3:
        char = chr(int(written[1:], 16))
        plain = char.isascii() and (char.isalnum() or char in _PATH_SAFE) and char not in _KEEP_ESCAPED
        return char if plain else written.upper()
    return quote(written.encode("utf-8", "replace"))


def clean_query(query: str) -> str:
    """Drop tracking and session state from a query; keep the order, the blanks and the bytes of the rest.

    Values are not decoded as text: a portal may still write them in windows-1258.
    """
    kept = []
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        state = _STATE_PARAMS.match(unquote_plus(name)) or _SESSION_ID.fullmatch(pair)
        if pair and not state:
            kept.append(_spell_word(name) + equals + _spell_word(value))
    return "&".join(kept)


def _spell_word(word: str) -> str:
    return quote_plus(unquote_to_bytes(word.replace("+", " ").encode("utf-8", "replace")))


@lru_cache(maxsize=_REMEMBERED)
def canonical(url: str) -> str:
    """Return the canonical form every platform agrees on: no state, no fragment, one spelling.

    Idempotent. http and https stay apart here (they are fetched apart); `urlkey` joins them.
    Raises ValueError for what is not an http(s) URL.
    """
    parts = split(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, clean_query(parts.query), ""))


@lru_cache(maxsize=_REMEMBERED)
def urlkey(url: str) -> str:
    """Return the SURT sort key: `vn,gov,angiang,chaudoc)/path?a=1`.

    Without scheme, `www.` and a trailing slash, with the query sorted, in the order CDX indexes sort by. Host
    and parameter names are lower case, words of path and values too; an encoded id keeps its case.
    Raises ValueError for what is not an http(s) URL.
    """
    parts = split(url)
    host, _, port = (
        parts.netloc.partition(":") if not parts.netloc.startswith("[") else (parts.netloc, "", "")
    )
    labels = host.removeprefix("www.").split(".")
    address = host if re.fullmatch(r"[\d.]+|\[.*\]", host) else ",".join(reversed(labels))
    query = "&".join(sorted(_fold_pair(pair) for pair in clean_query(parts.query).split("&")))
    path = _WORDS.sub(_fold_word, parts.path.rstrip("/") or "/")
    return f"{address}{':' + port if port else ''}){path}{'?' + query if query else ''}"


def _fold_word(found: re.Match[str]) -> str:
    word = found[0]
    return word.lower() if word[0] == "%" or _WORD.fullmatch(word) else word


def _fold_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return name.lower() + equals + _WORDS.sub(_fold_value, value)


def _fold_value(found: re.Match[str]) -> str:
    word = found[0]
    return word.lower() if word[0] == "%" or _LONG_WORD.fullmatch(word) else word
