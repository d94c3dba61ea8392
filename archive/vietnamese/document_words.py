"""The words around document numbers: types, labels, issuers, and what only looks like a number.

Patterns that look back are anchored to the end of a slice of `CONTEXT` characters; the others are matched at
a position. All repeats are bounded.
"""

import re

from archive.vietnamese.document_symbols import BODIES, TYPE_CODES, UNPLACED
from archive.vietnamese.fold import fold

CONTEXT = 150
# Enough for the longest type with a qualifier and "số :" behind it.
NEAR = 56
KNOWN_UPPER = frozenset(name.upper() for name in (*TYPE_CODES, *BODIES, *UNPLACED))

_TYPES = (
    "quyết định", "nghị định", "nghị quyết liên tịch", "nghị quyết", "thông tư liên tịch", "thông tư",
    "chỉ thị",
    "công văn", "công điện", "kế hoạch", "kết luận", "quy định", "quy chế", "thông báo", "hướng dẫn",
    "văn bản",
    "tờ trình", "báo cáo", "bộ luật", "luật", "pháp lệnh", "sắc lệnh", "lệnh", "chương trình hành động",
    "chương trình",
    "đề án", "phương án", "giấy mời", "thông tri", "thông cáo", "văn bản hợp nhất",
    "nghị quyết chuyên đề", "đề cương",
    "decree", "circular", "decision", "resolution", "directive", "law", "official letter", "plan",
    "notice", "conclusion",
)  # fmt: skip
_QUALIFIERS = "liên tịch|liên ngành|khẩn|hỏa tốc|hoả tốc|phối hợp|chuyên đề|hành động|cá biệt|mật|sửa đổi"
_CODES = "QĐ|QÐ|NĐ|NÐ|NQ|TTLT|TT|CT|CV|KH|TB|KL|HD|CĐ|BC|TTr|VB|PA|CTr"
_TYPE = "|".join(sorted(_TYPES, key=len, reverse=True)).replace(" ", r"\s{1,3}")
_QUALIFIER = _QUALIFIERS.replace(" ", r"\s")
_ACCENT = "\u0300-\u036f"

DIGITS = re.compile(r"[0-9](?<![0-9.,][0-9])(?<![^\W\d_][0-9])[0-9]{0,5}(?![0-9])")
# What stands before the digits; it always matches, perhaps with nothing. "no" is the word số / No.
LEAD = re.compile(
    rf"(?:\b(?P<type>(?i:{_TYPE})|{_CODES})(?:\s{{1,3}}(?i:{_QUALIFIER}))?\s{{0,3}}[(]?)?"
    r"(?P<no>\b[Ss]ố\s{0,3}[:：.]?\s{0,12}|\bSỐ\s{0,3}[:：]?\s{0,12}|\b(?:No|no|Number)\b\.?\s{0,3})?$"
)
_LAST_WORDS = frozenset(
    [name.split()[-1] for name in (*_TYPES, *_QUALIFIERS.split("|"))]
    + [code.casefold() for code in _CODES.split("|")]
    + ["số", "no", "number"]
)
HEAD = re.compile(
    r"(?P<tail>[a-zA-Z](?=\s?[/-])|-[0-9](?=/[A-ZĐ]))?\s{0,3}(?:[-‐‑–—−/]\s{0,3}(?P<year>(?:19"
    r"|20)[0-9]{2})\s{0,2}[-‐‑–—−/]?\s{0,2}|(?P<slash>[-‐‑–—−/])\s{0,3}|)"
)
PART = re.compile(rf"[A-ZĐÐƯ][A-Za-zĐđÐðƯư&]{{0,18}}[0-9]{{0,2}}(?![\w{_ACCENT}])")
LINK = re.compile(r"\s{0,2}[-‐‑‒–—−/]\s{0,2}|[.\xad]")
TIGHT_LINK = re.compile(r"[-‐‑–—−/.\xad]")
NUMBER_YEAR = re.compile(r"\s?[-–/]\s?(?P<year>(?:19|20)[0-9]{2})(?![\w/-])")
AFTER_BARE = re.compile(
    rf"[\w{_ACCENT}%]|\s?[/-]\s?[0-9A-ZĐ]|[.,][0-9]|\s?(?:%|người|hộ|đồng|ngày đêm|tỷ|triệu)\b"
)

# Forms, plates, licences, plots, phones: numbers with a slash that no body issued as a document.
NOT_A_DOCUMENT = re.compile(
    r"(?i:\b(?:mẫu|biểu mẫu|biểu|phụ lục|bảng|hình|ký hiệu(?: thủ tục)?|mã(?: số| hồ sơ| thủ tục)?"
    r"|biển(?: kiểm soát)?|giấy phép"
    r"(?: \w+){0,3}|giấy chứng nhận(?: \w+){0,6}|chứng nhận|chứng chỉ|hợp đồng(?: \w+){0,3}|hóa đơn"
    r"|hoá đơn|biên lai|thẻ|cmnd|cccd"
    r"|tài khoản|stk|điện thoại|đt|sđt|fax|tel|hotline|thửa(?: đất)?|tờ bản đồ|lô|gói thầu|tcvn|qcvn"
    r"|iso|bàn|phòng|nhà|ngõ|hẻm|kiệt|đường"
    r"|quốc lộ|tỉnh lộ|địa chỉ|khóm|tổ|ấp|km|đơn|hồ sơ|lớp|lò|xe|tàu(?: cá)?|tập|kỳ|trang|điều|khoản"
    r"|điểm)\s{0,2}(?:số)?\s{0,2}[:.]?\s{0,2}$)"
)
LIST_GAP = re.compile(r"\s{0,2}(?:[,;]|và|and)\s{0,2}(?:số\s{0,2})?")
HEADER_LEAD = re.compile(r"(?:^|\n|\|)[ \t\xa0]{0,20}S[ốỐ]\s{0,3}[:：]?\s{0,12}$")
BLANK_HEADER = re.compile(
    r"(?m:^)(?:Số\s?:[ \t\xa0.…_]{0,40}[/-]\s?"
    r"(?P<symbol>[A-ZĐÐ]{2,6}(?:\s?[-–]\s?[A-ZĐÐ]{2,8}){1,2}))(?!\w)"
)
PLACE_AND_DATE = re.compile(r"[^\d\n]{2,40},\s{0,3}ngày\s{1,4}(?=[0-9])")
TYPE_LINE = re.compile(rf"\n[ \t\xa0]{{0,40}}(?P<type>(?i:{_TYPE}))[ \t\xa0]{{0,10}}(?=\n|$)")

DATE_LINK = re.compile(
    r"\s{0,3}[,;(]?\s{0,3}(?:(?:được\s)?(?:ký|ban hành|issued)\s)?(?:ngày(?:\ský)?|dated"
    r"|on)\s{0,4}(?:tháng\s)?(?=[0-9A-Z])"
)
FAR_DATE_LINK = re.compile(
    r"\s{0,2}\(?(?:của|do|of)\s[^\d,;.:()\n]{3,80}?\s(?:ban hành\s)?(?:ký\s)?(?:ngày|dated)\s{1,2}(?=[0-9])"
)
BROKEN_DATE = re.compile(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{3}(?![0-9])")

_NAME = r"(?:\s(?:[A-ZĐÂÊÔƠƯĂÁÀẢÃẠÉÈÍÌÓÒÚÙÝ][^\W\d_]{0,8}|[0-9]{1,2})){0,4}"
_PLACE = (
    r"(?:\s(?:tỉnh|thành phố|TP\.?|huyện|quận|thị xã|xã|phường|thị trấn|đặc khu|Thành phố|Tỉnh))?" + _NAME
)
_WHO = (
    r"(?:(?:Chủ tịch|Thường trực|Ban Thường vụ|Ban Chấp hành|BTV|BCH)\s)?(?:UBND|HĐND|UBMTTQ|MTTQ"
    r"|[UỦ]y ban nhân dân|Uỷ ban nhân dân"
    r"|Hội đồng nhân dân|Tỉnh (?:ủy|uỷ)|Thành (?:ủy|uỷ)|Huyện (?:ủy|uỷ)|Thị (?:ủy|uỷ)|Quận (?:ủy|uỷ)"
    r"|Đảng (?:ủy|uỷ|bộ)|Bộ Chính trị|Ban Bí thư"
    r"|Ban Chấp hành Trung ương(?: Đảng)?|Trung ương Đảng|Ban Chỉ đạo|Sở|Phòng|Ban|Bộ|Trung tâm|Cục|Chi cục)"
)
ISSUED_BY = re.compile(rf"\s{{0,2}}[,(]?\s{{0,2}}(?:của|do|of)\s(?P<who>{_WHO}{_PLACE})")
WHO_ISSUED = re.compile(
    rf"(?P<who>{_WHO}{_PLACE})\s(?:(?:đã|vừa|có|cũng)\s){{0,2}}(?:ban hành|ký ban hành|ký|phê duyệt"
    rf"|thông qua|có)(?:\s(?:các|một số))?\s?$"
)

SOURCE_LINE = re.compile(
    rf"[(\[*]?\s?(?:nguồn(?:\stin)?|theo|căn cứ|trích|xem)\s?:?\s{{0,2}}(?=(?i:{_TYPE})\b"
    rf"|(?:{_CODES})\s|(?-i:[Ss]ố)\s?:?\s?[0-9])",
    re.IGNORECASE,
)
# A title on carrying out, commenting or reviewing a document is not that document's own announcement.
ABOUT_ANOTHER = re.compile(
    r"(?i:thực hiện|triển khai|quán triệt|sơ kết|tổng kết|góp ý|tuyên truyền|phổ biến|học tập|đánh giá"
    r"|theo\s|sau \w+ năm|năm thực hiện)"
)

NORMATIVE = frozenset({"NĐ", "NÐ", "TT", "NQ", "QĐ", "TTLT"})
NORMATIVE_FOLDED = frozenset(
    map(
        fold,
        (
            "nghị định",
            "thông tư",
            "thông tư liên tịch",
            "luật",
            "pháp lệnh",
            "quyết định",
            "decree",
            "circular",
        ),
    )
)
NUMBERED_ALONE = frozenset(
    fold(name) for name in _TYPES if name not in ("luật", "bộ luật", "law", "plan", "notice", "lệnh")
)
CODE_OF = {fold(name): code for code, name in reversed(TYPE_CODES.items())}
# Only the Government issues decrees, so "NĐ 108-2007" is 108/2007/NĐ-CP.
IMPLIED = {
    "nghi dinh": ["NĐ", "CP"],
    "nd": ["NĐ", "CP"],
    "decree": ["NĐ", "CP"],
    "tt": ["TT"],
    "thong tu": ["TT"],
    "qd": ["QĐ"],
    "quyet dinh": ["QĐ"],
}
_LAW = re.compile(r"(?:Bộ luật|Luật|Pháp lệnh|Sắc lệnh|bộ luật|luật|pháp lệnh)(?=\s)")
_LAW_NAME = re.compile(r"(?P<name>[^,.;:()\n0-9]{3,110}?)\s{1,2}số\s{0,2}:?\s{0,3}$")
_SHORT = {
    "qd": "quyet dinh",
    "nd": "nghi dinh",
    "nq": "nghi quyet",
    "tt": "thong tu",
    "kh": "ke hoach",
    "cv": "cong van",
    "tb": "thong bao",
    "kl": "ket luan",
    "ct": "chi thi",
}


def may_name(near: str) -> bool:
    """Whether the last word before a number can make it a document's; a cheap look before LEAD's full one."""
    last = near[-24:].rstrip(" \t\n\xa0:：.(").split()[-1:]
    return bool(last) and last[0].lstrip("(\"“'‘").casefold() in _LAST_WORDS


def law_before(before: str) -> tuple[str, int] | None:
    """Return the name of the law that ends *before* ("Luật tiếp công dân số ") and where it starts."""
    last = None
    for match in _LAW.finditer(before):
        if not before[: match.start()].lower().endswith(("pháp ", "kỷ ", "bộ ")):
            last = match
    named = _LAW_NAME.match(before, last.start()) if last else None
    return (named["name"], named.start()) if named else None


def same_type(doc_type: str | None, kind: str) -> bool:
    """Whether a folded type names the same kind as a printed one; an untyped citation fits any."""
    if doc_type is None:
        return True
    printed = fold(doc_type)
    return _SHORT.get(printed, printed) == _SHORT.get(kind, kind) or (
        kind == "luat" and printed.startswith("luat")
    )
