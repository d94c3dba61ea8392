"""Cutting what is not the article out of a container's lines: related lists, files, tools, counters.

Each cut is kept with its reason, so that it can be shown and undone. Phrases alone never decide: real
text says "Trung tâm Dự báo khí tượng". A line goes only when its shape agrees (it is nothing but links,
nothing but a counter, a label with nothing but files behind it).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin

from lxml.html import HtmlElement

from archive.records import Attachment, RemovedBlock
from crawler.blocks import Line
from crawler.dom import path_of

FILE_URL = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|odt|ods|rtf|zip|rar|7z)(?:$|[?#])|/get_file\?|[?&]download=\d", re.IGNORECASE
)
_ATTACHMENT_LABEL = re.compile(
    r"^(?:các\s)?(?:tệp|tập|file|tài liệu|văn bản|tin)?(?:\stin)?\s?(?:gửi\s)?(?:đính kèm|kèm theo"
    r"|tải về|download)\s?:?$",
    re.IGNORECASE,
)
_RELATED_LABEL = re.compile(
    r"^(?:\W*)(?:các\s+)?(?:(?:tin|bài|bài viết|thông tin|văn bản)(?:\s+(?:tức|bài|viết))?\s+"
    r"(?:liên quan|khác|cùng (?:chuyên mục|chủ đề|thể loại|loại)|mới hơn|cũ hơn|mới nhất|đã đưa"
    r"|đọc nhiều|xem nhiều|nổi bật|tiếp theo)"
    r"|những (?:tin|bài)(?: viết)? (?:mới hơn|cũ hơn|khác|liên quan)|xem thêm|đọc thêm|có thể bạn quan tâm"
    r"|xem nhiều(?: nhất)?|đọc nhiều(?: nhất)?|theo dòng sự kiện|related posts?|liên kết website)\W*$",
    re.IGNORECASE,
)
# Lines that are only a tool or a counter, whole: views, print, font size, share, rating.
_NAMING = re.compile(
    r"(?:®\s?)?(?:(?:đề nghị|vui lòng|yêu cầu)\s)?ghi rõ nguồn\b.{0,150}"
    r"\b(?:phát hành|đăng|sử dụng|trích dẫn) lại",
    re.IGNORECASE,
)
_MACHINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d|https?://\S{1,300}\.(?:png|jpe?g|gif|svg|ico)$", re.IGNORECASE
)
_TOOL_LINE = re.compile(
    r"""(?ix) ^\W*+(?:
      (?:lượt\s+(?:xem|truy\s+cập|đọc)|số\s+lượt\s+(?:xem|người\s+xem|truy\s+cập)|đã\s+xem|view(?:s
          |\s+count)?|số\s+lần\s+xem(?:\s+các\s+bài\s+viết)?)\s*+:?\s*+[\d.,]*+ (?:\s*+lượt)? (?:\s*\|.*)?
    | (?:in\s+(?:ra|bài\s+viết|trang)|print(?:\s+this\s+post)?|gửi\s+(?:email|cho\s+bạn\s+bè)
        |lưu\s+bài\s+viết(?:\s+này)?|bản\s+in|e-?mail|pdf|tải\s+về|download)
    | (?:xem\s+(?:với\s+)?c(?:ỡ|ở)\s+chữ\s*+:?|cỡ\s+chữ\s*+:?|font\s+size\s*+:?)?(?:a[-+]?|t|\s)++
    | chia\s+sẻ(?:\s+(?:bài\s+viết(?:\s+này)?|lên\s+\w+|facebook|twitter|zalo|google\+?))*\s*+:?
    | (?:(?:facebook|twitter|zalo|google|linkedin|tweet|share|like|chia\s+sẻ|bình\s+luận)[|,+\s]*+)+
    | (?<=[|,\s])
    | (?:quay\s+lại|trở\s+về|trở\s+lại|về\s+đầu\s+trang|lên\s+đầu\s+trang|đọc\s+bài(?:\s+viết)?
        |nghe\s+bài\s+viết|tăng\s+tương\s+phản|giảm\s+tương\s+phản|xuất\s+bản\s+thông\s+tin
        |truy\s+cập\s+nội\s+dung\s+luôn|skip\s+to\s+(?:main\s+)?content|gốc|null|responsive\s+image)
    | \d(?:\.\d)?/5\s+-\s+\(\d+\s+đánh\s+giá\)
    | tổng\s+số\s+điểm\s+của\s+bài\s+viết\s+là\s*:.*
    | xếp\s+hạng\s*:\s*[\d.]+\s*-\s*\d+\s+phiếu\s+bầu
    | click\s+để\s+đánh\s+giá\s+bài\s+viết
    | (?:ý\s+kiến\s+bạn\s+đọc|bình\s+luận|gửi\s+(?:bình\s+luận|phản\s+hồi)|phản\s+hồi
        |đánh\s+giá)\s*+(?:\(\d+\))?
    | pages?\s*:[\d\s,]*+
    )\W*$"""
)
_COMMENTS_LABEL = re.compile(
    r"^\W*(?:(?:các\s+)?(?:ý kiến(?: bạn đọc| phản hồi| của bạn)?|bình luận|phản hồi)|comments?)"
    r"\s*+\(?\d*+\)?\W*$",
    re.IGNORECASE,
)
_NEIGHBOUR = re.compile(
    r"^(?:«|»|<|>|←|→|bài trước|bài tiếp theo|bài sau|trang trước|trang sau|previous post|next post)",
    re.IGNORECASE,
)


_LABEL_LINE = re.compile(
    r"^\W*(?:tác giả(?: bài viết)?|nguồn(?: tin)?|người đăng|người thực hiện|tags?|từ khóa|từ khoá"
    r"|theo dõi|số ký hiệu|biên tập|bài, ảnh|tin, ảnh"
    r"|ghi rõ nguồn|bản quyền|copyright|©|danh mục|chuyên mục|posted in|categor(?:y|ies)|filed under"
    r"|author)\b",
    re.IGNORECASE,
)


def is_label_line(line: Line) -> bool:
    """Say whether a line outside the body is a field of its own: byline, source, tags, a copyright note."""
    return len(line.text) <= 250 and bool(_LABEL_LINE.match(line.text))


def is_tool_line(line: Line) -> bool:
    """Say whether a line is nothing but a tool or a counter of the page, or several of them in a row.

    So is what a theme hides for machines (a time with its T and zone, the address of a logo), and the notice
    of how the site wants to be named.
    """
    if len(line.text) < 1000 and (_MACHINE.search(line.text) or _NAMING.match(line.text)):
        return True
    return all(_TOOL_LINE.match(part) for part in line.text.split(" | "))


@dataclass(slots=True)
class Trimmed:
    """The lines that are left, the files they pointed to, and what was cut."""

    lines: list[Line] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    removed: list[RemovedBlock] = field(default_factory=list)

    def cut(self, line: Line, reason: str) -> None:
        self.removed.append(RemovedBlock(reason, path_of(line.element), line.text))


def is_file(href: str) -> bool:
    """Say whether a link looks like a file to keep beside the article."""
    return bool(FILE_URL.search(href))


def trim(lines: list[Line], base: str) -> Trimmed:
    """Cut related lists, attachment lists, tool and counter lines; take the attachments."""
    out = Trimmed()
    index = 0
    while index < len(lines):
        line = lines[index]
        if _ATTACHMENT_LABEL.match(line.text) and (taken := _run(lines, index + 1, _only_files)):
            out.cut(line, "attachment label")
            for item in lines[index + 1 : taken]:
                _take_files(item, base, out)
                out.cut(item, "attachment")
            index = taken
            continue
        if _RELATED_LABEL.match(line.text) and (taken := _run(lines, index + 1, _only_pages)):
            for item in lines[index:taken]:
                out.cut(item, "related list")
            index = taken
            continue
        if index and _COMMENTS_LABEL.match(line.text) and (box := _with_form(line.element)) is not None:
            taken = _run(lines, index, lambda item: box in item.element.iterancestors())
            for item in lines[index:taken]:
                out.cut(item, "comments")
            index = max(taken, index + 1)
            continue
        index += 1
        if line.kind not in ("table_row",) and is_tool_line(line):
            out.cut(line, "tool or counter")
        elif line.only_links and _NEIGHBOUR.match(line.text):
            out.cut(line, "neighbour article")
        elif _only_files(line):
            _take_files(line, base, out)
            out.cut(line, "attachment")
        else:
            if line.links:
                _take_files(line, base, out)
            out.lines.append(line)
    _cut_tail(out)
    return out


def _with_form(label: HtmlElement) -> HtmlElement | None:
    """Return the box of a label that holds a form to write in too: what stands there is readers' words."""
    node = label.getparent()
    for _ in range(2):
        if node is None or node.tag in ("body", "html"):
            return None
        if next(node.iter("textarea"), None) is not None:
            return node
        node = node.getparent()
    return None


def files_after(lines: list[Line], base: str) -> tuple[Attachment, ...]:
    """Return the files that stand straight below a body: a label, then nothing but links to files."""
    out = Trimmed()
    for line in lines:
        if _only_files(line):
            _take_files(line, base, out)
        elif not _ATTACHMENT_LABEL.match(line.text):
            break
    return tuple(out.attachments)


def _run(lines: list[Line], start: int, accept: Callable[[Line], bool]) -> int:
    """Return the index after the run of lines *accept* takes, or 0 when there is none."""
    index = start
    while index < len(lines) and accept(lines[index]):
        index += 1
    return index if index > start else 0


def _only_files(line: Line) -> bool:
    return line.kind != "table_row" and line.only_links and all(is_file(href) for href, _ in line.links)


_DATE_TAIL = re.compile(r"\s?[-–|]?\s?\(?\d{1,2}[/.-]\d{1,2}[/.-]\d{4}(?:\s\d{1,2}[:h]\d{2})?\)?$")


def _only_pages(line: Line) -> bool:
    if line.kind == "table_row" or not line.links:
        return False
    bare = _DATE_TAIL.sub("", line.text)
    return line.link_chars >= 0.8 * len(bare) and not any(is_file(href) for href, _ in line.links)


def _cut_tail(out: Trimmed) -> None:
    """Cut a list of links at the very end: related items whose label the template set elsewhere."""
    tail = []
    while out.lines and out.lines[-1].kind != "table_row" and _only_pages(out.lines[-1]):
        tail.append(out.lines.pop())
    if len(tail) == 1 and not _DATE_TAIL.search(tail[0].text) and tail[0].kind == "paragraph":
        # One linked sentence ends many real articles ("Xem toàn văn tại đây").
        out.lines.append(tail.pop())
    if tail and out.lines and _RELATED_LABEL.match(out.lines[-1].text):
        tail.append(out.lines.pop())
    for line in reversed(tail):
        out.cut(line, "related list")


def _take_files(line: Line, base: str, out: Trimmed) -> None:
    for href, words in line.links:
        if is_file(href):
            try:
                url = urljoin(base, href.strip())
            except ValueError:
                continue
            if not any(item.url == url for item in out.attachments):
                out.attachments.append(Attachment(url, words))
