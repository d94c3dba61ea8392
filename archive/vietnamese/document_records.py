"""The record of a document on its own page: Số ký hiệu, Ngày ban hành, Trích yếu, Cơ quan ban hành.

Portals print it as labelled lines or as a table, label beside value or labels above values. One record is
the announcement of one document; a table of several is a list.
"""

import re
from dataclasses import dataclass

from archive.vietnamese.dates import read_day
from archive.vietnamese.fold import fold

_LABELS = {
    "number": r"so(?: ?/ ?| )?(?:ky hieu|hieu|van ban|vb|cong van)(?: van ban| vb)?|so",
    "day": r"ngay (?:ban hanh|ky|van ban)(?: van ban)?",
    "subject": r"trich yeu(?: noi dung| van ban)?|noi dung trich yeu|ve viec",
    "issuer": r"(?:co quan|noi|don vi|to chuc)(?: ban hanh| phat hanh)(?: van ban)?",
    "other": r"loai van ban|nguoi ky|chuc vu|linh vuc|ngay (?:co )?hieu luc|tinh trang(?: hieu luc)?"
    r"|(?:tep|file|tai lieu|van ban) (?:dinh kem|kem theo)|hinh thuc van ban",
}
_LABEL = re.compile("|".join(f"(?P<{name}>{form})" for name, form in _LABELS.items()))
# Each record has a line or a cell that opens with "Số": no other text is folded line by line.
_HEAD = r"\s{0,4}[Ss](?:[ốỐoOôÔ]\b|o\u0302\u0301)"
_MAY_BEGIN = re.compile(_HEAD)
# A pattern that begins with a character of a set passes over the others four times as fast.
_MAY_BE = re.compile(rf"[\n|]{_HEAD}")
_BORDER = re.compile("[:：|]")
_NUMBER = re.compile(r"\d{1,6}[a-z]?\s?(?:[/-]\s?\d{4}\s?)?[/-]\s?[A-ZĐÐ][\wĐđÐ/&.–-]{1,30}")
# A number alone is a header; with two of its companions it is a record.
_LEAST_COMPANIONS = 2
_MOST_LINES = 400
_LONGEST_LABEL = 45


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """What a record says: the number as printed, the ISO day, the subject and the issuing body."""

    number: str
    day: str | None
    subject: str | None
    issuer: str | None


def read_record(text: str) -> DocumentRecord | None:
    """Return the one record in *text*, or None where there is none, or a list of several."""
    if _MAY_BEGIN.match(text) is None and _MAY_BE.search(text) is None:
        return None
    lines = text.split("\n")[:_MOST_LINES]
    found = _labelled(lines) or _table(lines)
    number = _NUMBER.search(found.get("number", "")) if found else None
    if found is None or number is None:
        return None
    day = found.get("day")
    read = read_day(day, 0) if day else None
    return DocumentRecord(
        number.group().strip(), read[0] if read else None, found.get("subject"), found.get("issuer")
    )


def _pair(line: str) -> tuple[str, str]:
    border = _BORDER.search(line[:_LONGEST_LABEL])
    return (line[: border.start()].strip(), line[border.end() :].strip(" |\t")) if border else ("", "")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def _label_of(words: str) -> str | None:
    match = _LABEL.fullmatch(" ".join(fold(words).split()).strip(" :："))
    return match.lastgroup if match else None


def _labelled(lines: list[str]) -> dict[str, str] | None:
    """Read "label: value" and "label | value" lines; twice the number is a list."""
    found: dict[str, str] = {}
    companions: set[str] = set()
    for line in lines:
        label, value = _pair(line)
        name = _label_of(label)
        if name is None or not value:
            continue
        if name == "number" and "number" in found:
            return None
        companions.add(fold(label))
        found.setdefault(name, value)
    return found if "number" in found and len(companions) > _LEAST_COMPANIONS else None


def _table(lines: list[str]) -> dict[str, str] | None:
    """Read a row of labels with one row of values below it."""
    for at, line in enumerate(lines):
        names = [_label_of(cell) for cell in _cells(line)]
        if "number" not in names or sum(name is not None for name in names) <= _LEAST_COMPANIONS:
            continue
        width = len(names)
        rows = []
        for below in lines[at + 1 : at + 3]:
            cells = _cells(below)
            if len(cells) == width:
                rows.append(cells)
        if len(rows) != 1:
            return None
        return {name: cell for name, cell in zip(names, rows[0], strict=True) if name}
    return None
