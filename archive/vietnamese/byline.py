"""Who wrote an article and where it was taken from, as portals print it around and inside the text.

What is returned is as printed, without label and brackets (I10); `resolve_source` gives the form to compare.
A document ("Nguồn KH số 814 /KH-UBND") is not a source: see `document_no.announced_document`.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from archive.vietnamese.document_no import find_citations
from archive.vietnamese.fold import fold

_DATA: dict[str, list[str]] = json.loads(Path(__file__).with_name("sources.json").read_text("utf-8"))
_AGENCIES = frozenset(map(fold, _DATA["agencies"]))

Found: TypeAlias = tuple[str | None, str]
Role: TypeAlias = Literal["provincial portal", "government portal"]
NOTHING: Found = (None, "")

_CAPITAL = "A-ZĐÐÀÁẢÃẠĂẮẰẲẴẶÂẤẦẨẪẬÈÉẺẼẸÊẾỀỂỄỆÌÍỈĨỊÒÓỎÕỌÔỐỒỔỖỘƠỚỜỞỠỢÙÚỦŨỤƯỨỪỬỮỰỲÝỶỸỴ"
_DOMAIN = re.compile(r"(?:https?://)?(?:www\.)?[a-z0-9-]{2,40}(?:\.[a-z0-9-]{2,30}){1,4}/?", re.IGNORECASE)
# The words a CMS glues to the end of a source or author line.
_NEXT_LABEL = re.compile(
    r"\s{0,3}[|•]|\s{0,3}(?:Ý kiến bạn đọc|Tổng số điểm|Từ khóa|Từ khoá|Tags?\b|Chia sẻ|In bài|In trang"
    r"|Gửi (?:bài|email)|Email\s|Print\b"
    r"|Phản hồi|PHẢN HỒI|Lượt xem|Đã xem|Xem tiếp|Góp ý|Các tin|Tin (?:liên quan|khác|mới)|Bình luận"
    r"|Đăng (?:lúc|ngày)|Ngày đăng|Cập nhật)"
)
_SOURCE_LABEL = re.compile(
    r"(?:^|[\s(\[|*–-])(?:(?P<label>(?:theo\s)?nguồn(?:\stin|\sbài(?:\sviết)?"
    r"|\stham\skhảo)?)\s{0,3}(?P<colon>[:：])?\s{0,3}|(?P<by>theo)\s{0,2}[:：]?\s{1,3})"
    r"(?:theo\s{1,2}[:：]?\s{0,2})?(?P<name>[^\n]{2,120})$",
    re.IGNORECASE,
)
_BYLINE_LABEL = re.compile(
    r"^[\s(\[*–-]{0,4}(?:tác giả(?: bài viết)?|người (?:thực hiện|viết)|thực hiện|t/h|th"
    r"|tin(?: bài)?(?:\s{0,2}(?:,|và|&|-|/)\s{0,2}(?:ảnh|bài|hình))"
    r"{1,2}|bài(?:\s{0,2}(?:,|và|&|-|/)\s{0,2}(?:ảnh|hình|clip|video)){1,2}|tin|bài(?: viết)?"
    r"|phóng viên|biên tập|pv|by|author)"
    r"\s{0,3}(?P<colon>[:：]|(?=\s))\s{0,3}(?P<name>[^\n]{0,160})$",
    re.IGNORECASE,
)
_NEEDS_NO_COLON = re.compile(r"^[\s(\[*–-]{0,4}(?:người thực hiện|t/h|thực hiện)", re.IGNORECASE)
# Accounts that published, not people who wrote.
_MEANINGLESS = frozenset(
    (
        "admin",
        "administrator",
        "quantri",
        "quantrivien",
        "quan tri",
        "quan tri vien",
        "ban quan tri",
        "super user",
    )
    + ("root", "user", "webmaster", "test", "guest", "nguoi dang", "none", "null")
)

_BRACKETED = re.compile(
    r"[\s\"“*]{0,4}[(\[]\s{0,2}(?P<name>[^()\[\]\n]{2,60}?)\s{0,2}[)\]]\s{0,2}(?P<dash>[.:]{0,2}\s{0,2}[-–—:]{1,2}|)\s{0,3}(?=[^\s])"
)
_PREFIXED = re.compile(
    rf"[\s\"“*]{{0,4}}(?P<name>[{_CAPITAL}][\w.]{{1,18}}(?:\s(?:Online|News"
    rf"|online))?)\s{{1,2}}[-–—]{{1,2}}\s{{0,2}}(?=[{_CAPITAL}0-9“\"])"
)
_NAMES_A_SOURCE = re.compile(
    r"\b(?:cong ttdt|cong thong tin|cong tt|trang (?:tt|thong tin)|website|portal|bao|dai|tap chi"
    r"|ban tuyen giao|tuyen giao|mat tran|online|news|ttxvn"
    r"|thong tan|dan tri|e-portal|press|media|van phong|so [a-z]+)\b"
)
_NO_SOURCE = re.compile(
    r"^(?:anh|hinh|video|clip|infographic|tiep|ky|bai|phan|minh hoa|nguon|theo|mau|covid|ocop|gdp|usd"
    r"|vnd|lan|dot|so|stt|thu|ngay|sang|chieu|toi|xem|hoac"
    r"|gom|trong|tu|den|viet tat|goi tat|goi chung|sau day|nay la|truoc day|cu|moi|bo sung|sua doi|p|tp"
    r"|tx|tt|kt|ubnd|hdnd|mttq|thcs|thpt|nn|vh|qd|nq|ct|kh)\b"
)
_END_MARK = re.compile(r"[:.]{0,2}\s?[./]{1,2}\s?/\.?\s{0,2}")

_ONE_NAME = rf"(?:[{_CAPITAL}][\w’'.]{{0,12}}\s){{0,4}}[{_CAPITAL}][\w’'.]{{0,12}}"
_ROLE = (
    r"(?:\s{0,2}\(\s{0,2}[^()\n]{2,60}\)|\s{0,2}[-–,]\s{0,2}(?:Văn phòng|VP|Phòng|Đài|Ban|Hội|UBND|Trung tâm"
    r"|TT|Công an|Sở|Trạm|Đoàn)[^\n]{0,60})?"
)
_PERSONS = re.compile(
    rf"{_ONE_NAME}{_ROLE}(?:\s{{0,2}}(?:[-–,;&]|và)\s{{0,2}}{_ONE_NAME}{_ROLE}){{0,3}}\s?\.?$"
)
_INITIALS = re.compile(rf"[{_CAPITAL}]{{1,4}}(?:[.\s-]{{1,2}}[{_CAPITAL}]{{1,4}}){{0,3}}\.?$")
_OFFICE = re.compile(
    r"(?:UBND|HĐND|UBMTTQ|MTTQ|TT\.?\s?HĐND|Thường trực|Phòng|Văn phòng|VP|Ban|Đài|Trung tâm|Hội|Đoàn"
    r"|Công an|Sở|Chi cục|Trạm|Trường|Đảng ủy|BBT|Tổ|Nhóm)\s[^.;:!?\n]{3,70}$",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"\b(?:hinh anh|hoat dong|du bao|khi tuong|lien ket|van ban|thong bao|tai lieu|dinh kem|trang chu"
    r"|lien quan|danh muc|ban do|tin tuc|chi tiet|luot xem|tin khac"
    r"|ban hanh|phu luc|noi nhan|chu tich|giam doc|bi thu|truong phong|cong hoa|doc lap|xem them"
    r"|responsive|video|tai ve|tai day|in trang|quay lai|phan hoi)\b"
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A source in comparable form. `key` is folded; `role` says that it is a portal we can name."""

    key: str
    province: str | None = None
    role: Role | None = None


def find_source(
    first_paragraph: str, last_lines: Sequence[str] = (), *, labelled: Sequence[str] = ()
) -> Found:
    """Return the syndicating source and the words it was found in, or (None, "").

    *labelled* are the lines a platform sets apart for author and source; they are trusted first, then the
    closing lines of the body, then the brackets or initials that open its first paragraph.
    """
    for line in (*labelled, *reversed(last_lines)):
        found = _source_in_line(line)
        if found[0]:
            return found
    return _source_in_front(first_paragraph)


def find_byline(last_lines: Sequence[str], *, labelled: Sequence[str] = ()) -> Found:
    """Return the author as printed and the line it stands in, or (None, "").

    *last_lines* are the closing lines of the body in order: a labelled one ("Tin, ảnh: …") wins, else the
    last line is taken when it reads as initials, names or an office. Accounts such as "admin" are nobody.
    """
    for line in (*labelled, *reversed(last_lines)):
        name = _labelled_name(line)
        if name:
            return name, line.strip()
    for line in list(reversed(last_lines))[:3]:
        closing = line.strip()
        marks = list(_END_MARK.finditer(closing[-160:]))
        if marks and len(closing[-160:]) > marks[-1].end():
            closing = closing[-160:][marks[-1].end() :].strip()
            line = closing
        if not closing or _source_in_line(line)[0] and not _author_before_source(line):
            continue
        name = _author_before_source(line) or (closing if _is_signature(closing) else None)
        return (name, line.strip()) if name else NOTHING
    return NOTHING


def resolve_source(name: str) -> Resolved:
    """Return *name* in the form to compare it in, with the province whose portal it is, where it says so.

    >>> resolve_source("Cổng TTĐT tỉnh AG")
    Resolved(key='cong ttdt tinh ag', province='An Giang', role='provincial portal')
    """
    key = " ".join(fold(name).split())
    host = re.sub(r"^(?:https?://)?(?:www\.)?", "", key).rstrip("/")
    if host in ("chinhphu.vn", "baochinhphu.vn", "baodientu.chinhphu.vn") or key.endswith(
        ("ttdt chinh phu", "dien tu chinh phu")
    ):
        return Resolved(key, None, "government portal")
    if host in _HOSTS:
        return Resolved(key, _HOSTS[host], "provincial portal")
    if not _PORTAL_WORDS.search(key) or _BELOW_PROVINCE.search(key):
        return Resolved(key)
    tail = name.strip().rsplit(None, 1)[-1] if "provincial" not in key else name.split()[0]
    for folded, province in _BY_NAME:
        if re.search(rf"\b{re.escape(folded)}\b", key):
            return Resolved(key, province, "provincial portal")
    province_of = _BY_INITIALS.get(tail)
    return Resolved(key, province_of, "provincial portal") if province_of else Resolved(key)


def _source_in_line(line: str) -> Found:
    text = line.strip()
    # A line that long is a paragraph, and "theo" in it is a preposition.
    if not text or len(text) > 200 or fold(text[:6]).startswith(("anh", "(anh", "hinh")):
        return NOTHING
    match = _SOURCE_LABEL.search(text)
    if match is None:
        slashed = re.fullmatch(rf"{_ONE_NAME}\s?[/(]\s?(?P<name>[\w+. ]{{2,24}})\)?", text)
        if slashed and (fold(slashed["name"]) in _AGENCIES or _DOMAIN.fullmatch(slashed["name"])):
            return slashed["name"].strip(), text
        return NOTHING
    name = _NEXT_LABEL.split(match["name"], maxsplit=1)[0].strip(" \t\xa0().[]*-–;,")
    if match["by"] and match.start("by") > 1:
        return NOTHING
    if find_citations(name):
        return NOTHING
    if "/" in name and "://" not in name:
        name = name.rsplit("/", 1)[1].strip()
    if not match["colon"] and not _can_be_name(name):
        return NOTHING
    if not name or len(name) > 90 or fold(name) in ("internet", "tong hop", "admin"):
        return NOTHING
    return name, text


def _can_be_name(name: str) -> bool:
    """Whether words after "Theo" or "Nguồn" without a colon are a name rather than a sentence."""
    if _DOMAIN.fullmatch(name) or fold(name) in _AGENCIES:
        return True
    if len(name) > 60 or not name[:1].isupper() or re.search(r"[.,;:!?]", name.rstrip(".")):
        return False
    words = name.split()
    capital = sum(word[:1].isupper() for word in words)
    return bool(_NAMES_A_SOURCE.search(fold(name))) or capital >= max(1, len(words) - 1)


def _source_in_front(paragraph: str) -> Found:
    head = paragraph[:120]
    match = _BRACKETED.match(head)
    if match is not None:
        name = match["name"].strip()
        return (name, match.group().strip()) if _is_source_name(name, bool(match["dash"])) else NOTHING
    match = _PREFIXED.match(head)
    if match is None:
        return NOTHING
    name = match["name"]
    capitals = sum(char.isupper() for char in name)
    if capitals < 2 or _NO_SOURCE.match(fold(name)) or any(char.isdigit() for char in name):
        return NOTHING
    return name, match.group().strip()


def _is_source_name(name: str, dash: bool) -> bool:
    folded = fold(name)
    if _DOMAIN.fullmatch(name) or folded in _AGENCIES:
        return True
    if any(char.isdigit() for char in name) or _NO_SOURCE.match(folded):
        return False
    if _NAMES_A_SOURCE.search(folded):
        return True
    if len(name) == 2 and name.isupper():
        # "(BĐ) -" opens a province's own news (16 articles of a real portal): its initials, no other's name.
        return False
    # "(TGAG)-", "(Dân trí) -", "(ĐTCK) Mặc dù": initials, or a short name that a dash sets apart.
    return (name.isupper() and 3 <= len(name) <= 8) or (
        dash and name[:1].isupper() and len(name.split()) <= 4
    )


def _labelled_name(line: str) -> str | None:
    match = _BYLINE_LABEL.match(line.strip()) if len(line) < 240 else None
    if match is None or (not match["colon"] and not _NEEDS_NO_COLON.match(line.strip())):
        return None
    name = re.split(r"\s{0,3}[-–|,]?\s{0,3}(?:Nguồn|nguồn)\b", match["name"], maxsplit=1)[0]
    name = _NEXT_LABEL.split(name, maxsplit=1)[0].strip(" \t\xa0()[]*-–;,:")
    if not name or fold(name) in _MEANINGLESS or len(name) > 100:
        return None
    if not match["colon"] and fold(line.strip(" (")).startswith("thuc hien"):
        # "Thực hiện Chỉ thị số 33/CT-TTg, UBND xã …" begins a sentence; "Thực hiện Minh Anh" is signed.
        return name if all(word[:1].isupper() for word in re.findall(r"\w+|[.,;:]", name)) else None
    return name


def _author_before_source(line: str) -> str | None:
    """The author of "Theo Nguyệt Thanh/camau.gov.vn" and "Mỹ Bình (TTXVN)"."""
    if len(line) > 120:
        return None
    match = re.fullmatch(
        rf"\s{{0,3}}(?:Theo\s)?(?P<name>{_ONE_NAME})\s?[/(]\s?(?P<source>[\w+. ]{{2,40}})\)?\s{{0,3}}", line
    )
    if match is None or not (fold(match["source"]) in _AGENCIES or _DOMAIN.fullmatch(match["source"])):
        return None
    return match["name"]


def _is_signature(line: str) -> bool:
    if len(line) > 110 or fold(line.strip("() ")) in _MEANINGLESS or any(char.isdigit() for char in line):
        return False
    if _FURNITURE.search(fold(line)) and not _OFFICE.match(line):
        return False
    return bool(_INITIALS.match(line) or _PERSONS.match(line) or _OFFICE.match(line)) and not line.endswith(
        (":", "?", "!")
    )


def _initials() -> dict[str, str]:
    """Province initials that mean one province only: AG, not BT (Bến Tre, Bình Thuận)."""
    seen: dict[str, list[str]] = {}
    for province in _DATA["provinces"]:
        seen.setdefault("".join(word[0] for word in province.replace("- ", "").split()), []).append(province)
    return {initials: names[0] for initials, names in seen.items() if len(names) == 1 and len(initials) > 1}


_BY_INITIALS = _initials()
_BY_NAME = sorted(((fold(name), name) for name in _DATA["provinces"]), key=lambda pair: -len(pair[0]))
_HOSTS = {fold(name).replace(" ", "") + ".gov.vn": name for name in _DATA["provinces"]} | {
    "hochiminhcity.gov.vn": "Hồ Chí Minh",
    "tphcm.gov.vn": "Hồ Chí Minh",
}
_PORTAL_WORDS = re.compile(
    r"\b(?:cong|trang)\s(?:ttdt|thong tin(?: dien tu)?|tt ?dt|dien tu)\b|\bprovincial e-?portal\b"
)
_BELOW_PROVINCE = re.compile(r"\b(?:huyen|thi xa|quan|xa|phuong|thi tran|so|ban|phong|bo)\s")
