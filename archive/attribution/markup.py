"""RIS and BibTeX: text formats where what a page prints must never become markup."""

from archive.attribution.facts import Attribution
from archive.attribution.formats import iso_date, key_of, provenance

# Letters stay Unicode, which biber and today's bibtex styles read; what TeX acts on is spelled out. Braces
# are spelled as words too: BibTeX counts them even behind a backslash.
_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "&": r"\&",
        "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    }
)  # fmt: skip
_IN_URL = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C", "%": "%", " ": "%20"})


def bibtex(one: Attribution) -> str:
    """Return an @misc entry with url and urldate, which BibTeX and biblatex both take.

    Titles and names stand in a second pair of braces: their capitals stay, and "và" or "and" in an
    organ's name does not make two authors of it.
    """
    fields = {
        "author": f"{{{_tex(one.byline or one.organ or one.portal_name)}}}",
        "title": f"{{{_tex(one.title)}}}",
        "year": f"{one.published_on[0]:04}" if one.published_on else "",
        "month": str(one.published_on[1]) if len(one.published_on) > 1 else "",
        "date": iso_date(one.published_on),
        "howpublished": _tex(one.portal_name),
        "organization": _tex(one.organ) if one.organ else "",
        "address": _tex(one.place) if one.place else "",
        "url": one.url.translate(_IN_URL),
        "urldate": iso_date(one.captured_on),
        "langid": "vietnamese",
        "note": _tex(f"Nguồn: {one.source}") if one.source else "",
        "abstract": _tex(one.lead),
        "keywords": _tex(", ".join(one.tags)),
        "annote": _tex(provenance(one)),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@misc{{{key_of(one)},\n" + ",\n".join(lines) + "\n}\n"


def ris(one: Attribution) -> str:
    """Return a record of RIS, lines ended by CR LF as its definition says."""
    day = "/".join([*(f"{number:02}" for number in one.published_on), "", ""][:3])
    fields: list[tuple[str, str | None]] = [
        ("TY", "ELEC"),
        ("ID", key_of(one)),
        ("TI", one.title),
        ("AU", one.byline or one.organ or one.portal_name),
        ("T2", one.portal_name),
        ("PB", one.organ),
        ("CY", one.place),
        ("PY", str(one.published_on[0]) if one.published_on else None),
        ("DA", f"{day}/" if one.published_on else None),
        ("SE", one.section),
        ("AB", one.lead),
        *(("KW", tag) for tag in one.tags),
        ("LA", "vi"),
        ("UR", one.url),
        ("Y2", "/".join(f"{number:02}" for number in one.captured_on) + "/"),
        ("AN", one.text_digest),
        ("DB", "Kho Cổng"),
        ("N1", f"Nguồn: {one.source}" if one.source else None),
        ("N1", ", ".join(one.documents)),
        ("N1", provenance(one)),
        ("ER", ""),
    ]
    return "".join(
        f"{tag}  - {_one_line(value)}\r\n" for tag, value in fields if value or (tag == "ER" and value == "")
    )


def _one_line(text: str | None) -> str:
    # A line that began with two capitals and a dash would be a field of its own.
    return " ".join((text or "").split())


def _tex(text: str) -> str:
    return _one_line(text).translate(_TEX)
