"""The written forms of Vietnamese dates: what `dates` recognises before dateutil reads it.

Every pattern starts at a digit or a capital, or is anchored to the end of a slice of bounded length,
and repeats only with small bounds: the time to read a text grows with its length and no faster.
"""

import re
from typing import Any

from dateutil import parser

MONTH_NAMES = {
    "giêng": 1, "một": 1, "hai": 2, "ba": 3, "tư": 4, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7,
    "tám": 8, "chín": 9, "mười": 10, "mười một": 11, "mười hai": 12, "chạp": 12,
}  # fmt: skip
# Months that only the lunar calendar calls so.
LUNAR_MONTHS = frozenset({"giêng", "chạp"})
ENGLISH_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_AMPM = r"(?:SA|CH|AM|PM|[ap]\.m\.|sáng|trưa|chiều|tối|đêm)"
# 15:30, 15:30:05 PM, 15h30, 8 giờ, 23 giờ 59 phút
TIME = (
    r"(?<![0-9:])[0-9]{1,2}(?::[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]{1,6})?"
    r"|\s?(?:giờ|h|g)(?:\s?[0-9]{2}(?![0-9])(?:\s?(?:phút|['’]))?)?)"
    rf"(?:\s?{_AMPM}\b)?"
)
TIME_PARTS = re.compile(
    r"(?P<h>[0-9]{1,2})(?:(?P<colon>:)(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2}))?(?:\.[0-9]{1,6})?"
    r"|\s?(?:giờ|h|g)(?:\s?(?P<m2>[0-9]{2})(?:\s?(?:phút|['’]))?)?)"
    rf"(?:\s?(?P<ampm>{_AMPM}))?",
    re.IGNORECASE,
)
WEEKDAY = (
    r"(?:(?:thứ\s{0,2}(?:hai|ba|tư|năm|sáu|bảy|bẩy|[2-7]|ii|iii|iv|v|vi|vii)|chủ\s?nhật|CN|T[2-7])\b"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b)"
)
ENGLISH_WEEKDAY = re.compile(r"(?:mon|tues|wednes|thurs|fri|satur|sun)day\s?,?\s?$", re.IGNORECASE)

_LONG_MONTH = "|".join(sorted(MONTH_NAMES, key=len, reverse=True))
# One pattern for everything that starts with a number; group `a` is a day, or the year of an ISO date.
NUMERIC = re.compile(
    r"(?P<a>[0-9](?<![0-9/][0-9])[0-9]{0,3})(?:"
    r"(?P<isep>[-/.])(?P<im>[0-9]{1,2})(?P=isep)(?P<id>[0-9]{1,2})(?![0-9])"
    r"|\s{0,2}(?P<sep>[-–/.])\s{0,2}(?P<m>[0-9]{1,2})(?:\s{0,2}(?P=sep)\s{0,2}(?P<y>[0-9]{4}|[0-9]{2}))?"
    r"(?![0-9/]|[-.][0-9])"
    rf"|\s{{1,3}}tháng\s{{1,3}}(?P<lm>[0-9]{{1,2}}|{_LONG_MONTH})(?![0-9])"
    r"(?:\s{0,2}(?:năm\s{0,2}|[,/-]\s{0,2})?(?P<ly>[0-9]{4})(?![0-9]))?"
    r"|(?:st|nd|rd|th)?\s{1,2}(?P<em>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
    r"\.?,?\s{0,2}(?P<ey>[0-9]{4})(?![0-9])"
    r")",
    re.IGNORECASE,
)
ENGLISH = re.compile(
    r"[JFMASOND](?P<em>[aepuco][nbrylgptvc])[a-z]{0,6}\.?\s{1,2}(?P<ed>[0-9]{1,2})(?:st|nd|rd|th)?(?![0-9/:-])"
    r"(?:,?\s{0,2}(?P<ey>[0-9]{4})(?![0-9]))?"
)

PUBLISHED_LABELS = (
    r"ngày\s(?:đăng(?:\stin|\sbài|\stải)?|xuất\sbản|tạo|gửi|viết|phát\shành\stin|đưa\stin)"
    r"|đăng\s(?:ngày|lúc|tin|tải|bởi|vào)|đã\sđăng|(?:thời\sgian|giờ)\s(?:đăng|xuất\sbản)|xuất\sbản|gửi\slúc"
    r"|publish(?:ed)?(?:\s(?:date|on|at))?|post(?:ed)?(?:\s(?:date|on|at))?|created|date\spublished"
)
UPDATED_LABELS = (
    r"(?:ngày\s|lần\s)?cập\snhật(?:\s(?:lần\scuối|cuối|mới\snhất))?|(?:ngày\s|lần\s)?(?:chỉnh\s)?sửa(?:\slần\scuối|\scuối)?"
    r"|(?:last\s)?(?:updated?|modified)(?:\s(?:date|on|at))?"
)
# What may stand before the digits of a date, on the same line or the line above: label, clock, weekday.
BEFORE = re.compile(
    rf"(?:(?:(?P<published>{PUBLISHED_LABELS})|(?P<updated>{UPDATED_LABELS}))\s{{0,2}}"
    r"(?:(?:vào|lúc|ngày|on|at)\s{0,2}){0,2}[:：]?\s{0,3}[|(\[]?\s{0,2})?"
    rf"(?:(?P<weekday>{WEEKDAY})\s{{0,2}}[-–,.|]?\s{{0,2}})?"
    rf"(?:(?P<time>{TIME})(?P<link>\s{{0,2}}[,|–-]?\s{{0,2}}))?"
    rf"(?:(?P<weekday2>{WEEKDAY})\s{{0,2}}[-–,.|]?\s{{0,2}})?"
    r"(?P<day>(?:hôm\s|trong\s)?ngày\s{0,2}[:(]?\s?)?$",
    re.IGNORECASE,
)
AFTER = re.compile(
    rf"\s{{0,2}}[,|–-]?\s{{0,2}}(?:(?:lúc|at|vào\slúc)\s{{0,2}})?(?P<time>{TIME})(?!\s{{0,2}}[,|]?\s{{0,2}}(?:ngày\s)?[0-9]{{1,2}}/[0-9])"
    r"(?P<zone>\s?\(?(?:GMT|UTC)\s?\+\s?0?7(?::00)?\)?)?",
    re.IGNORECASE,
)
ZONE_AFTER = re.compile(r"\s?\(?(?:GMT|UTC)\s?\+\s?0?7(?::00)?\)?", re.IGNORECASE)

# The day in the moon's calendar, before or after the number.
LUNAR_AFTER = re.compile(
    r"[^\n;]{0,40}?(?:âm\slịch|(?<!\w)[âa]\.?l\b)|\s?(?:năm\s)?(?:giáp|ất|bính|đinh|mậu|kỷ|canh|tân|nhâm|quý)\s"
    r"(?:tý|sửu|dần|mão|thìn|tỵ|ngọ|mùi|thân|dậu|tuất|hợi)",
    re.IGNORECASE,
)
LUNAR_BEFORE = re.compile(
    r"(?:nhằm\s(?:vào\s)?(?:ngày\s|mùng\s|mồng\s)?[^.;\n)]{0,30}|nhằm\s(?:vào\s)?(?:ngày\s)?|tức\s(?:là\s)?(?:ngày\s)?"
    r"|(?:âm\slịch|[âÂ]\.?[lL])\s?[:(]?\s?(?:ngày\s)?|m[ùồ]ng\s|rằm\s)$",
    re.IGNORECASE,
)
NAMED_IN_RANGE = re.compile(r"nhằm\s(?:vào\s)?(?:ngày\s|mùng\s|mồng\s)?[0-9]", re.IGNORECASE)

# A span of days, a deadline, a birthday: something happened or will happen, nothing was published.
EVENT_BEFORE = re.compile(
    r"(?:[0-9]\s?[,–-]\s?|[0-9](?:h|\sgiờ)?\s?(?:và|đến|tới)\s(?:hết\s)?(?:ngày\s)?"
    r"|(?:\b(?:từ|đến|tới|trước|sau|hết|kể\stừ|giai\sđoạn|hạn|hết\shạn|hạn\schót|hạn\snộp|sinh|mất|thành\slập|kỷ\sniệm"
    r"|khởi\scông|hiệu\slực|áp\sdụng|nghỉ|tiếp\sdân|làm\sviệc|tổ\schức|diễn\sra|thời\sgian|thời\shạn|khai\smạc|họp)"
    r"\s?:?\s?(?:vào\s)?(?:lúc\s)?(?:các\s)?(?:trong\s)?(?:hết\s)?(?:từ\s)?(?:ngày\s)?[(:]?\s?)"
    r"|(?:hạn|thời\sgian)\s[^.\n0-9]{0,25}:\s?|các\sngày\s|[0-9]{1,2}\sngày\s)$",
    re.IGNORECASE,
)
EVENT_AFTER = re.compile(
    r"\s?(?:[-–]|đến|tới|và|,)\s?(?:hết\s)?(?:ngày\s)?[0-9]{1,2}\s?[/.-]\s?[0-9]{1,2}(?![0-9:])",
    re.IGNORECASE,
)
# The clock of the page itself: shown to the visitor, different at every visit.
CLOCK_BEFORE = re.compile(
    r"(?:your\sip[^\n]{0,10}:?\s?[0-9a-f.:]{7,39}\s{0,3}|(?:hôm\snay|today|bây\sgiờ|current\s(?:date|time))"
    r"\s?(?:là\s)?[:,|-]?\s?)$",
    re.IGNORECASE,
)
# "Quyết định số 1552/QĐ-TTg, ngày …", "76-CP ngày …", "Ngày ban hành: …": the date of a document.
CITED_BEFORE = re.compile(
    r"(?:[/-]\s?[A-ZĐÐ][\wĐđÐð.]{0,12}(?:\s?[-–/]\s?[\wĐđÐð.]{1,16}){0,3}\s?[,;(]?\s{0,2}"
    r"(?:(?:được\s)?(?:ký|ban\shành|thông\squa)\s)?(?:(?:vào\s)?ngày|dated|ngày\ský)\s{0,2}"
    r"|(?:ngày\s(?:ký|ban\shành|hiệu\slực|có\shiệu\slực)|ban\shành|có\shiệu\slực(?:\stừ)?|hiệu\slực(?:\stừ)?)\s?:?\s?(?:ngày\s)?)$"
)
CITED_SENTENCE = re.compile(
    r"\b(?:quyết định|nghị định|nghị quyết|thông tư|chỉ thị|công văn|kế hoạch|kết luận|quy định|thông báo"
    r"|công điện|hướng dẫn|văn bản|tờ trình|báo cáo|luật|pháp lệnh|hiến pháp|decree|circular|decision"
    r"|resolution|directive)\s[^;\n]{0,110}\b(?:ngày|dated)\s{0,2}$",
    re.IGNORECASE,
)
DATELINE_BEFORE = re.compile(
    r"(?:\b(?:sáng|trưa|chiều|tối|đêm|chiều\stối|hôm\snay|vừa\squa|morning\sof|afternoon\sof|evening\sof|on)\s?[,(]?\s?(?:nay\s?)?"
    r"[,(]?\s?(?:ngày\s{0,2})?[(]?|\bngày\s{0,2}[(]?)$",
    re.IGNORECASE,
)


class VietnameseParserInfo(parser.parserinfo):
    """dateutil's words, in Vietnamese: days come first, SA and CH are the halves of the day."""

    JUMP = [*parser.parserinfo.JUMP, "ngày", "lúc", "vào", "năm", "|", "-", "–", "(", ")"]
    WEEKDAYS: list[Any] = [
        ("Mon", "Monday", "thứ hai", "t2"), ("Tue", "Tuesday", "thứ ba", "t3"),
        ("Wed", "Wednesday", "thứ tư", "t4"), ("Thu", "Thursday", "thứ năm", "t5"),
        ("Fri", "Friday", "thứ sáu", "t6"), ("Sat", "Saturday", "thứ bảy", "t7"),
        ("Sun", "Sunday", "chủ nhật", "cn"),
    ]  # fmt: skip
    HMS: list[Any] = [
        ("h", "giờ", "g", "hour", "hours"),
        ("m", "phút", "minute", "minutes"),
        ("s", "giây", "second", "seconds"),
    ]
    AMPM: list[Any] = [
        ("am", "a", "sa", "sáng", "a.m."),
        ("pm", "p", "ch", "chiều", "tối", "trưa", "đêm", "p.m."),
    ]

    def __init__(self) -> None:
        super().__init__(dayfirst=True, yearfirst=False)
