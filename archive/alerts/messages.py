"""What is said of an alarm: words for people in Vietnamese or English, data for programs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from archive.drift.alarms import Alarm
from archive.records import Json

Language = Literal["vi", "en"]
Event = Literal["raised", "recovered"]
# Names come from portals: a subject is one line, whatever they carry.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")

KIND_WORDS: dict[str, tuple[str, str]] = {
    "redesign": ("giao diện đã thay đổi", "redesigned"),
    "yield_low": ("ít trang cho ra bài hơn", "fewer pages give articles"),
    "titles_missing": ("thiếu tiêu đề", "titles missing"),
    "dates_missing": ("thiếu ngày công bố", "dates missing"),
    "bodies_short": ("nội dung bị ngắn đi", "bodies shorter"),
    "chrome_lost": ("khung trang đã học không còn khớp", "learned chrome no longer matches"),
    "dns_gone": ("tên miền không còn", "name gone from DNS"),
    "down": ("không truy cập được", "not answering"),
    "moved": ("chuyển sang địa chỉ khác", "sends readers elsewhere"),
    "parked": ("tên miền bị bỏ hoặc bị chiếm", "parked or taken over"),
    "maintenance": ("đang bảo trì", "under maintenance"),
    "not_found": ("nhiều bài không còn", "articles not found"),
    "errors": ("nhiều yêu cầu bị lỗi", "many requests fail"),
    "silent": ("ngừng đăng bài", "no new articles"),
    "sitemap_shrunk": ("sơ đồ trang bị thu hẹp", "sitemap shrunk"),
    "closing": ("báo ngừng hoạt động hoặc sáp nhập", "says that it closes or merges"),
    "tls": ("chứng chỉ TLS sắp hoặc đã hết hạn", "TLS certificate expiring"),
    "below_expectation": ("dưới mức mong đợi", "below what is expected"),
    "above_expectation": ("trên mức mong đợi", "above what is expected"),
}
_WORDS: dict[str, tuple[str, str]] = {
    "raised": ("CẢNH BÁO", "ALARM"),
    "recovered": ("ĐÃ TRỞ LẠI", "RECOVERED"),
    "critical": ("nghiêm trọng", "critical"),
    "warning": ("cảnh báo", "warning"),
    "since": ("từ", "since"),
    "until": ("đến", "until"),
    "before": ("trước", "before"),
    "after": ("nay", "now"),
    "none": ("không có", "none"),
    "many": ("{0} báo động, {1} trở lại", "{0} alarms, {1} recovered"),
    "chars": ("ký tự", "characters"),
    "test": ("Thử kênh báo động", "A test of the alerts"),
    "test_body": (
        "Kho Cổng gửi được đến kênh này. Không có gì phải làm.",
        "Kho Cổng can reach this channel. There is nothing to do.",
    ),
}


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to be sent through one channel. `key` is the same at every try: receivers know it again."""

    key: str
    event: Event
    alarm: Alarm


def one_line(text: object) -> str:
    """Return *text* on one line without what a mail program or a terminal would act on."""
    return _CONTROLS.sub(" ", str(text)).strip()


def kind_in_words(kind: str, language: str) -> str:
    """Return the name of a kind of alarm."""
    return KIND_WORDS[kind][language == "en"] if kind in KIND_WORDS else kind


def _word(name: str, language: str) -> str:
    return _WORDS[name][language == "en"]


def subject(messages: Sequence[Message], language: Language) -> str:
    """Return the subject of a mail of one message or several."""
    if len(messages) == 1:
        one = messages[0]
        return one_line(
            f"[Kho Cổng] {_word(one.event, language)}: {one.alarm.name or one.alarm.portal}:"
            f" {kind_in_words(one.alarm.kind, language)}"
        )[:200]
    raised = sum(one.event == "raised" for one in messages)
    return f"[Kho Cổng] {_word('many', language).format(raised, len(messages) - raised)}"


def text(messages: Sequence[Message], language: Language) -> str:
    """Return the words of a mail."""
    return "\n\n".join(_said(one, language) for one in messages) + "\n"


def _said(message: Message, language: Language) -> str:
    alarm = message.alarm
    name = one_line(alarm.name)
    lines = [
        f"{_word(message.event, language)} ({_word(alarm.severity, language)}): {name + ' ' if name else ''}"
        f"[{alarm.portal}]",
        f"{kind_in_words(alarm.kind, language)}: {one_line(alarm.summary)}",
        f"{_word('since', language)} {alarm.opened_at[:16].replace('T', ' ')} UTC"
        + (
            f", {_word('until', language)} {alarm.closed_at[:16].replace('T', ' ')} UTC"
            if alarm.closed_at
            else ""
        ),
    ]
    if message.event == "raised":
        for pair in alarm.detail.get("samples", ()):
            lines += ["", str(pair.get("url", ""))]
            lines += [_side(pair.get(side), side, language) for side in ("before", "after")]
    return "\n".join(lines)


def _side(read: Json | None, side: str, language: Language) -> str:
    head = f"  {_word(side, language)}: "
    if not read:
        return head + _word("none", language)
    if "read_as" in read:
        return f"{head}{one_line(read['read_as'])}"
    return (
        f"{head}«{one_line(read.get('title', ''))}» · {read.get('published_at') or _word('none', language)} ·"
        f" {read.get('chars', 0)} {_word('chars', language)} · {one_line(read.get('opening', ''))[:120]}"
    )


def data(message: Message) -> dict[str, Any]:
    """Return what programs get of a message: a contract, see docs/alarms.md."""
    alarm = message.alarm
    return {
        "id": message.key,
        "event": message.event,
        "alarm": alarm.alarm_id,
        "portal": alarm.portal,
        "portal_name": alarm.name,
        "kind": alarm.kind,
        "severity": alarm.severity,
        "summary": alarm.summary,
        "opened_at": alarm.opened_at,
        "closed_at": alarm.closed_at,
        "detail": alarm.detail,
    }


def test_words(language: Language) -> tuple[str, str]:
    """Return subject and text of a test."""
    return f"[Kho Cổng] {_word('test', language)}", _word("test_body", language) + "\n"
