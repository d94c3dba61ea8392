"""What the pages say, Vietnamese first, English by the switch; and dates as each expects them."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType

from archive.export.times import VIETNAM
from archive.web.words_health import HEALTH
from archive.web.words_pages import PAGES
from archive.web.words_runs import RUNS

LANGUAGES = ("vi", "en")

_WORDS: dict[str, tuple[str, str]] = {
    "site": ("Kho Cổng", "Kho Cổng"),
    "tagline": (
        "Lưu trữ những gì các cổng thông tin điện tử của tỉnh, thành phố đã công bố",
        "What Vietnam's provincial and city portals have published, kept",
    ),
    "home": ("Trang đầu", "Home"),
    "search": ("Tìm kiếm", "Search"),
    "tables": ("Bảng dữ liệu và SQL", "Tables and SQL"),
    "skip": ("Đến nội dung chính", "Skip to main content"),
    "other_language": ("English", "Tiếng Việt"),
    "placeholder": (
        "Gõ có dấu hoặc không dấu: chi thi 33 dan van",
        "With or without marks: chi thi 33 dan van",
    ),
    "button": ("Tìm", "Search"),
    "articles": ("bài", "articles"),
    "portals": ("cổng", "portals"),
    "years": ("Thời gian công bố", "Published"),
    "latest_capture": ("Lưu lần cuối", "Last capture"),
    "newest": ("Mới nhất", "Newest"),
    "last_crawls": ("Lần thu thập gần đây", "Latest crawls"),
    "running": ("đang chạy hoặc bị ngắt", "running or cut off"),
    "empty": (
        "Kho còn trống. Chạy khocong crawl để thu thập một cổng.",
        "The archive is empty. Run khocong crawl to archive a portal.",
    ),
    "found": ("kết quả", "results"),
    "more_than": ("hơn", "more than"),
    "nothing": ("Không tìm thấy bài nào.", "No article found."),
    "did_you_mean": ("Có phải bạn tìm:", "Did you mean:"),
    "too_slow": (
        "Câu hỏi này quá rộng, chưa kịp trả lời. Hãy thêm từ hoặc bộ lọc.",
        "This search took too long. Add a word or a filter.",
    ),
    "sort": ("Sắp xếp", "Sort"),
    "rank": ("phù hợp nhất", "best match"),
    "newest_first": ("mới nhất", "newest"),
    "oldest_first": ("cũ nhất", "oldest"),
    "narrow": ("Thu hẹp", "Narrow"),
    "active": ("Đang lọc", "Filters"),
    "remove": ("bỏ", "remove"),
    "portal": ("Cổng", "Portal"),
    "year": ("Năm", "Year"),
    "section": ("Chuyên mục", "Section"),
    "source": ("Nguồn", "Source"),
    "status": ("Tình trạng", "Status"),
    "province": ("Tỉnh, thành phố", "Province"),
    "unknown": ("không rõ", "not known"),
    "no_date": ("không rõ ngày", "no date"),
    "previous": ("Trang trước", "Previous page"),
    "next": ("Trang sau", "Next page"),
    "page": ("Trang", "Page"),
    "facets_part": (
        "Đếm trên những bài lưu gần đây nhất của kết quả.",
        "Counted over the most recently archived of the results.",
    ),
    "facets_old": (
        "Kho đang được cập nhật; số đếm của chưa đầy nửa phút trước.",
        "The archive is being written; counted less than half a minute ago.",
    ),
    "attribution": ("Xuất xứ", "Where this comes from"),
    "organ": ("Cơ quan", "Organ"),
    "published": ("Công bố", "Published"),
    "updated": ("Cập nhật", "Updated"),
    "byline": ("Tác giả", "Byline"),
    "rests_on": ("Căn cứ văn bản", "Rests on document"),
    "url_as_published": ("Địa chỉ khi công bố", "URL as published"),
    "captured_at": ("Thời điểm lưu", "Captured"),
    "digest": ("Mã kiểm tra nội dung", "Payload digest"),
    "warc": ("Bản ghi WARC", "WARC record"),
    "captured_from": ("Nhận từ tệp, không phải từ cổng", "Taken in from a file, not from the portal"),
    "extractor": ("Trích xuất bởi", "Extracted by"),
    "revisions": ("Các bản của bài", "Revisions"),
    "revision": ("Bản", "Revision"),
    "changes": ("Thay đổi so với bản trước", "Changes against the revision before"),
    "first_revision": ("Bản đầu tiên được lưu", "The first revision archived"),
    "back": ("Về bài viết", "Back to the article"),
    "current": ("hiện tại", "current"),
    "cites": ("Văn bản được dẫn", "Documents cited"),
    "attachments": ("Tệp kèm theo", "Attachments"),
    "images": ("Hình ảnh", "Images"),
    "also_on": ("Cùng nội dung ở nơi khác", "Same text elsewhere"),
    "confidence": ("Độ tin cậy của trích xuất thấp", "Extracted with low confidence"),
    "gone": (
        "Bài này không còn trên cổng; đây là bản đã lưu.",
        "This article is no longer on the portal; this is the archived copy.",
    ),
    "off_site": ("rời kho, mở trang của cổng", "leaves the archive for the portal"),
    "not_found": ("Không có bài này trong kho", "No such article in the archive"),
    "live": ("còn trên cổng", "live"),
    "changed": ("đã sửa", "changed"),
    "moved": ("đã chuyển", "moved"),
    "gone_short": ("không còn", "gone"),
    "as_data": ("Dữ liệu", "As data"),
    "help": (
        'Cụm từ trong "ngoặc kép", -bỏ, OR, đầu từ*; cổng: năm: tỉnh: nguồn: mục: doc:33/CT-TTg',
        '"Phrases" in quotes, -without, OR, prefix*; portal: year: province: source: section: doc:33/CT-TTg',
    ),
}  # fmt: skip

_NOTES = (
    (
        r"nothing matches with the marks as typed.*",
        "Không có bài khớp dấu đã gõ; dưới đây là các bài khớp khi bỏ dấu.",
    ),
    (
        r"ranked: the ([\d,.]+) most recently.*",
        r"Xếp hạng trong \1 bài lưu gần nhất và các bài khớp ở tiêu đề.",
    ),
    (r"nothing here is called “(.*)” \((.*):\)", r"Trong kho không có “\1” (\2:)."),
    (r"“(.*)” is no date.*", r"“\1” không phải ngày tháng (viết 2021, 2021-12 hoặc 28/12/2021)."),
    (r"“(.*)” is no filter.*", r"“\1” không phải bộ lọc, đã tìm như một từ."),
    (r"a quotation mark was not closed.*", "Thiếu dấu ngoặc kép đóng: phần sau được hiểu là một cụm từ."),
    (r"a “\(” was not closed", "Thiếu dấu “)”."),
    (r"a “\)” without its.*", "Dấu “)” thừa đã được bỏ qua."),
    (r"“(.*)\*” is too short.*", r"“\1*” quá ngắn, đã tìm như một từ."),
    (r"nothing to search in “(.*)”", r"Không có gì để tìm trong “\1”."),
)  # fmt: skip


@cache
def words(language: str) -> Mapping[str, str]:
    """Return every text of the pages in *language*."""
    place = LANGUAGES.index(language)
    return MappingProxyType({key: pair[place] for key, pair in {**_WORDS, **PAGES, **HEALTH, **RUNS}.items()})


def note(text: str, language: str) -> str:
    """Return a note of the search in *language*; what has no translation stays English."""
    if language == "vi":
        for pattern, translation in _NOTES:
            if found := re.fullmatch(pattern, text, re.DOTALL):
                return found.expand(translation)
    return text[:1].upper() + text[1:]


def date(value: str | None, language: str, precision: str | None = None) -> str:
    """Return an ISO time or day as readers of *language* expect it; never finer than *precision*.

    Times are shown as clocks in Vietnam show them, where captures are kept in UTC.

    >>> date("2021-12-28T15:30:00+07:00", "vi"), date("2021-12-28", "en"), date("2021-12-01", "vi", "month")
    ('15:30, 28/12/2021', '2021-12-28', '12/2021')
    """
    if not value:
        return ""
    day, _, clock = _local(value).partition("T")
    if precision in ("year", "month"):
        day = day[: 4 if precision == "year" else 7]
        clock = ""
    elif precision == "day":
        clock = ""
    if language == "en":
        return f"{day} {clock[:5]}".strip()
    turned = "/".join(reversed(day.split("-")))
    return f"{clock[:5]}, {turned}" if clock else turned


def _local(value: str) -> str:
    """Return an ISO time in another zone as Vietnam's; days and what is no time stay."""
    if "T" not in value or value.endswith("+07:00"):
        return value
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return at.astimezone(VIETNAM).isoformat() if at.tzinfo else value


def number(value: int, language: str) -> str:
    """Return *value* with the separators of *language*."""
    return f"{value:,}".replace(",", "." if language == "vi" else ",")
