"""The attribution as one text to read and to paste, in Vietnamese or English."""

from typing import Literal, TypeAlias

from archive.attribution.facts import Attribution

Language: TypeAlias = Literal["vi", "en"]

_WORDS: dict[str, tuple[str, str]] = {
    "published": ("Đăng", "Published"),
    "no date": ("không rõ ngày", "date unknown"),
    "place": ("Địa bàn khi đăng", "Place when published"),
    "now": ("nay là", "now"),
    "section": ("Chuyên mục", "Section"),
    "source": ("Nguồn ghi trên trang", "Source as printed"),
    "byline": ("Tác giả", "By"),
    "rests on": ("Theo văn bản", "Rests on document"),
    "dated": ("ngày", "of"),
    "url": ("Địa chỉ", "Address"),
    "fetched": ("Địa chỉ đã tải", "Fetched from"),
    "captured": ("Lưu lúc", "Captured"),
    "gone": ("trang không còn trả lời", "the page no longer answers"),
    "revision": ("bản thứ", "revision"),
    "payload": ("Mã băm dữ liệu đã lưu", "Digest of the stored bytes"),
    "body": ("Mã băm nội dung giải nén", "Digest of the decoded body"),
    "text": ("Mã băm văn bản", "Digest of the text"),
    "warc": ("Bản ghi WARC", "WARC record"),
    "extractor": ("Trích bằng", "Extracted by"),
}


def statement(one: Attribution, lang: Language = "vi") -> str:
    """Return the attribution, a line a fact; what is not known has no line."""
    say = {name: words[0 if lang == "vi" else 1] for name, words in _WORDS.items()}
    who = (
        one.portal_name
        if not one.organ or one.organ in one.portal_name
        else f"{one.portal_name} – {one.organ}"
    )
    lines = [f"“{one.title}”. {who}. {_published(one, say)}."]
    lines += _line(say["place"], _place(one, say))
    lines += _line(say["section"], one.section)
    lines += _line(say["byline"], one.byline)
    lines += _line(say["source"], _source(one))
    if one.rests_on:
        dated = f" {say['dated']} {_date(one.rests_on_date)}" if one.rests_on_date else ""
        lines += _line(say["rests on"], one.rests_on + dated)
    lines += _line(say["url"], one.url + (f" ({say['gone']})" if one.status == "gone" else ""))
    if one.fetched_url != one.url:
        lines += _line(say["fetched"], one.fetched_url)
    lines += _line(say["captured"], f"{_time(one.captured_at)}, {say['revision']} {one.revision}")
    lines += _line(say["payload"], one.payload_digest)
    if one.body_digest != one.payload_digest:
        lines += _line(say["body"], one.body_digest)
    lines += _line(say["text"], one.text_digest)
    lines += _line(say["warc"], f"{one.warc_file}:{one.warc_offset}")
    lines += _line(say["extractor"], one.extractor)
    return "\n".join(lines)


def _line(name: str, value: str | None) -> list[str]:
    return [f"{name}: {value}"] if value else []


def _published(one: Attribution, say: dict[str, str]) -> str:
    if not one.published_on:
        return f"{say['published']}: {say['no date']}"
    shown = "/".join(f"{number:02}" for number in reversed(one.published_on))
    at = one.published_at or ""
    clock = f" {at[11:16]}" if one.published_precision in ("minute", "second") and "T" in at else ""
    return f"{say['published']}: {shown}{clock}"


def _place(one: Attribution, say: dict[str, str]) -> str | None:
    if one.place and one.place_now and one.place_now != one.place:
        return f"{one.place}; {say['now']} {one.place_now}"
    return one.place or one.place_now


def _source(one: Attribution) -> str | None:
    if one.source and one.source_name and one.source_name != one.source:
        return f"{one.source} ({one.source_name})"
    if one.source and one.source_portal and not one.source_name:
        return f"{one.source} ({one.source_portal})"
    return one.source


def _date(day: str | None) -> str:
    return "/".join(reversed((day or "")[:10].split("-")))


def _time(at: str) -> str:
    return f"{_date(at)} {at[11:16]} UTC" if "T" in at else _date(at)
