"""The reference of an article as APA 7 wants it of a page on a site, in English or Vietnamese."""

from typing import Literal, TypeAlias

from archive.attribution.facts import Attribution

# (text, whether it stands in italics): a page shows the parts, plain text joins them.
Parts: TypeAlias = tuple[tuple[str, bool], ...]

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def apa(one: Attribution, lang: Literal["vi", "en"] = "en") -> Parts:
    """Return "Author. (Date). *Title*. Site. Retrieved day, from URL".

    The author is the byline, else the organ, else the portal, as printed: a Vietnamese name is not turned
    into a surname with initials. A site that is its own author is named once. The day of retrieval is that of
    the capture: APA asks for it where a page may change, and that is the text the reader sees.
    """
    author = one.byline or one.organ or one.portal_name
    site = "" if one.portal_name == author else f" {_ended(one.portal_name)}"
    day = _day(one.captured_on, lang)
    came = f"Retrieved {day}, from" if lang == "en" else f"Truy cập ngày {day}, từ"
    return (
        (f"{_ended(author)} ({_date(one.published_on, lang)}). ", False),
        (one.title.rstrip(".") if not one.title.endswith("...") else one.title, True),
        (f"{'' if one.title.endswith(('?', '!', '...', '…')) else '.'}{site} {came} {one.url}", False),
    )


def plain(parts: Parts) -> str:
    """Return the reference without its italics."""
    return "".join(text for text, _ in parts)


def _ended(name: str) -> str:
    return name if name.endswith((".", "?", "!")) else f"{name}."


def _date(numbers: tuple[int, ...], lang: str) -> str:
    """Return the date of publication, year first, as far as it is known.

    >>> _date((2022, 1, 14), "en"), _date((2022, 1), "vi"), _date((), "en")
    ('2022, January 14', '2022, tháng 1', 'n.d.')
    """
    if not numbers:
        return "n.d." if lang == "en" else "k.n."
    year = f"{numbers[0]:04}"
    if len(numbers) == 1:
        return year
    if lang == "en":
        return " ".join([f"{year}, {_MONTHS[numbers[1] - 1]}", *(str(day) for day in numbers[2:])])
    return f"{year}, " + "".join(f"{day} " for day in numbers[2:]) + f"tháng {numbers[1]}"


def _day(numbers: tuple[int, ...], lang: str) -> str:
    """Return the day of retrieval.

    >>> _day((2026, 3, 1), "en"), _day((2026, 3, 1), "vi")
    ('March 1, 2026', '1 tháng 3 năm 2026')
    """
    year, month, day = numbers
    return f"{_MONTHS[month - 1]} {day}, {year}" if lang == "en" else f"{day} tháng {month} năm {year}"
