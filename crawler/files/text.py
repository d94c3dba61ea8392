"""What every reader of files gives: its findings or its fault, and text without control characters."""

import re
from dataclasses import dataclass, field

from archive.attached import FileState
from archive.vietnamese.legacy import convert

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufeff\ufffe\uffff\u200b\u2060]")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n\s*")

_ONSET = "ngh|ng|nh|ch|gi|kh|ph|qu|th|tr|[bcdđghklmnrstvx]"
_HORN = re.compile(
    rf"(?<![\w-])({_ONSET})?-(?:(?<=\w-)(?![\w-])|([aunictm]|ng|[ơờớởỡợ](?:ng|[cimnptu])?)(?![\w-]))",
    re.IGNORECASE,
)


class FileFault(Exception):
    """A file whose text cannot be had; its text says why."""

    def __init__(self, state: FileState, why: str) -> None:
        super().__init__(why)
        self.state = state


@dataclass(frozen=True, slots=True)
class Found:
    """What a reader found. `pictures` says that pages carry pictures, `notes` what was left out."""

    text: str
    pages: int | None = None
    pictures: bool = False
    notes: tuple[str, ...] = field(default=())
    state: FileState | None = None
    repaired: str | None = None


def plain(text: str) -> str:
    """Return *text* with one kind of line end and space, without control characters and empty lines."""
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n"))
    text = text.replace("\f", "\n")
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def mend_horns(text: str) -> str:
    """Return text of a TCVN3 PDF with its ư, which such files lose: they write it as the soft hyphen.

    WinAnsiEncoding calls that code "hyphen" (ISO 32000, annex D), so a PDF reader says "tr-íc" for "trước".
    A hyphen becomes ư only where a syllable comes out of it: "QĐ-UBND" and "2021-2025" stay.
    """
    return _HORN.sub(lambda found: f"{found[1] or ''}ư{found[2] or ''}", text)


def from_font(text: str, font: str | None) -> tuple[str, str | None]:
    """Return *text* as Unicode where its font tells an old encoding, and that encoding's name.

    `.VnTime` is TCVN3 and `.VnTimeH` its capitals; `VNI-Times` is VNI. The font is proof: text of a few
    words, which could not be judged by its words, is put right too.
    """
    if not font or text.isascii():
        return text, None
    if font.startswith(".Vn"):
        return convert(text, "tcvn3", capitals=font.endswith("H")), "tcvn3"
    if font.upper().startswith("VNI"):
        return convert(text, "vni"), "vni"
    return text, None
