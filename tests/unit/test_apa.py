"""A reference as APA 7 wants it of a page on a site, in both languages."""

from dataclasses import replace

import pytest

from archive.attribution.apa import apa, plain
from archive.attribution.facts import Attribution

ONE = Attribution(
    url="http://chaudoc.gov.example/tin/1.html", fetched_url="http://chaudoc.gov.example/tin/1.html",
    title="Thành phố họp về dân vận", lead="", portal="chaudoc", portal_name="Trang thông tin Châu Đốc",
    organ="UBND thành phố Châu Đốc", place=None, place_now=None, published_at="2022-01-14T08:30:00+07:00",
    published_precision="minute", updated_at=None, section=None, byline=None, source=None, source_portal=None,
    source_name=None, rests_on=None, rests_on_date=None, captured_at="2026-03-01T05:00:00+00:00",
    payload_digest="", body_digest="", text_digest="", warc_file="", warc_offset=0, extractor="", revision=1,
    status="live",
)  # fmt: skip
END = "Retrieved March 1, 2026, from http://chaudoc.gov.example/tin/1.html"


AUTHOR, SITE = "UBND thành phố Châu Đốc.", "Trang thông tin Châu Đốc."
DAY, TITLE = "(2022, January 14).", "Thành phố họp về dân vận."


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, (AUTHOR, DAY, TITLE, SITE)),
        ({"byline": "Thanh Tùng"}, ("Thanh Tùng.", DAY, TITLE, SITE)),
        # A site that is its own author is named once.
        ({"organ": None}, (SITE, DAY, TITLE)),
        ({"published_at": None, "published_precision": None}, (AUTHOR, "(n.d.).", TITLE, SITE)),
        ({"published_at": "2022", "published_precision": "year"}, (AUTHOR, "(2022).", TITLE, SITE)),
        ({"title": "Ai được hỗ trợ?"}, (AUTHOR, DAY, "Ai được hỗ trợ?", SITE)),
        ({"title": "Họp về dân vận."}, (AUTHOR, DAY, "Họp về dân vận.", SITE)),
    ],
)
def test_a_reference_in_english(changes, told):
    assert plain(apa(replace(ONE, **changes))) == " ".join((*told, END))


def test_a_reference_in_vietnamese_has_the_title_in_italics():
    parts = apa(ONE, "vi")
    assert [text for text, italic in parts if italic] == ["Thành phố họp về dân vận"]
    assert plain(parts) == (
        "UBND thành phố Châu Đốc. (2022, 14 tháng 1). Thành phố họp về dân vận. Trang thông tin Châu Đốc. "
        "Truy cập ngày 1 tháng 3 năm 2026, từ http://chaudoc.gov.example/tin/1.html"
    )
