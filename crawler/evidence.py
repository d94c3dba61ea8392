"""What one article page says of its portal's template: small, packed, and free of the page's own words."""

import hashlib
import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from lxml.html import HtmlElement

from crawler.blocks import Line
from crawler.body import weigh
from crawler.dom import find_value, path_of, squeeze
from crawler.published import is_date_line

_MOST_LINES = 600
_MOST_BYTES = 1 << 22
_DIGITS = re.compile(r"\d+")
# What a line may be beside its place and words.
SPARED, LINKED, TITLE_LIKE, DATED, PROSE, TABLED = 1, 2, 4, 8, 16, 32

# The formulas of Vietnamese documents stand on hundreds of pages word for word, and are text on each.
_FORMULA = re.compile(
    r"^\W*(?:căn cứ|chiếu theo|xét|theo đề nghị|quyết định|quyết nghị|nghị quyết|nơi nhận|lưu ?:|tm\.|kt\."
    r"|tl\.|tuq\.|(?:điều|khoản|bước) \d|(?:chương|mục|phần) (?:thứ )?[ivxl\d]"
    r"|(?:[ivxl]{1,4}|\d{1,2}|[a-zđ])[.)]\s"
    r"|cộng h[oò][aà] xã hội|độc lập\s*[-–]"
    r"|(?:thực hiện|thi hành|triển khai|chấp hành)\s+(?:chỉ thị|quyết định|kế hoạch|nghị quyết|luật|thông tư"
    r"|công văn|nghị định|chương trình|đề án|hướng dẫn|thông báo|kết luận|pháp lệnh))",
    re.IGNORECASE,
)
_CITES = re.compile(r"\b\d+/(?:\d{4}/)?[A-ZĐ][A-ZĐƯa-z]*-|\b\d+/(?:\d{4}/)?(?:QĐ|NQ|CT|NĐ|TT|KH|CV|TB|BC)\b")
_LICENCE = re.compile(r"giấy phép|bản quyền|copyright|©", re.IGNORECASE)
# Fields that attribution looks for in the lines of a body, or below it.
_FIELD = re.compile(
    r"^\W*(?:tác giả|nguồn|người (?:đăng|thực hiện)|tin, ?(?:bài|ảnh)|bài, ?ảnh|(?:tin|bài|ảnh)\s*:|theo\s)"
    r"|^\(.{3,80}\)$|^(?=\W*\./\.)\W*+$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A line: its structural path, the mark of path and masked words, its weight and what it may be."""

    path: str
    mark: str
    weight: float
    flags: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one article page says of its template; `head` is its `<title>`."""

    url: str
    head: str
    rows: tuple[Row, ...]

    def pack(self) -> bytes:
        """Return it in some 2 to 4 kB, for the archive."""
        paths = list(dict.fromkeys(row.path for row in self.rows))
        at = {path: number for number, path in enumerate(paths)}
        rows = [[at[row.path], row.mark[12:], row.weight, row.flags] for row in self.rows]
        data = {"url": self.url, "head": self.head, "paths": paths, "rows": rows}
        return zlib.compress(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def unpack(packed: bytes) -> Evidence | None:
    """Return what `pack` made, or None for what this version cannot read: it then teaches nothing."""
    try:
        data = json.loads(zlib.decompressobj().decompress(packed, _MOST_BYTES))
        marks = [path_mark(path) for path in data["paths"]]
        rows = [
            Row(data["paths"][at], marks[at] + words, weight, flags)
            for at, words, weight, flags in data["rows"]
        ]
        return Evidence(data["url"], data["head"], tuple(rows))
    except (zlib.error, ValueError, KeyError, TypeError, IndexError):
        return None


@lru_cache(maxsize=4096)
def path_mark(path: str) -> str:
    """Return the half of a mark that stands for a place."""
    return _half(path)


def words_mark(text: str) -> str:
    """Return the half of a mark that stands for words, digits masked."""
    return _half(_DIGITS.sub("0", text))


def fingerprint(path: str, text: str) -> str:
    """Return the mark of a line: of its structural path and of its text with digits masked."""
    return path_mark(path) + words_mark(text)


def _half(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


_HEADS = frozenset(["h1", "h2"])


def is_spared(line: Line) -> bool:
    """Say whether a line is text or a field whatever recurs: a legal formula, a caption, a date, a byline.

    So is a main heading with a number, which alone may tell one notice of a series from the next.
    """
    text = line.text
    if line.kind == "caption" or _FORMULA.match(text):
        return True
    if line.element.tag in _HEADS and not line.links and any(char.isdigit() for char in text):
        return True
    if _CITES.search(text) and not _LICENCE.search(text):
        return True
    return (len(text) <= 120 and bool(_FIELD.match(text))) or is_date_line(line)


def evidence_of(url: str, lines: Sequence[Line], tree: HtmlElement | None = None) -> Evidence:
    """Return what an article page's lines teach; paths run from the document's root."""
    rows = []
    for line in lines[:_MOST_LINES]:
        path = path_of(line.element)
        rows.append(Row(path, fingerprint(path, line.text), round(weigh(line), 1), _flags(line)))
    head = squeeze(find_value(tree, ("//head/title", "//title")))[:300] if tree is not None else ""
    return Evidence(url, head, tuple(rows))


def _flags(line: Line) -> int:
    dated = is_date_line(line)
    flags = (SPARED if dated or is_spared(line) else 0) | (LINKED if line.only_links else 0)
    flags |= (DATED if dated else 0) | (TABLED if line.kind == "table_row" else 0)
    own = len(line.text) - line.link_chars
    if own >= 60 and weigh(line) >= 0.9 * own and line.kind != "table_row":
        flags |= PROSE
    if not (dated or line.links or line.kind in ("table_row", "caption")):
        words = line.text.count(" ") + 1
        if 4 <= words <= 45 and len(line.text) <= 300 and line.text[-1] not in ".:;,":
            flags |= TITLE_LIKE
    return flags
