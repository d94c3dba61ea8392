"""RTF, which often goes by the name of .doc: its words, without its pictures and tables of fonts."""

import re
import time

from crawler.files.text import Found

_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
_ASIDE = frozenset(
    b"fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr"
    b" footerf generator themedata datastore"
    b" listtable listoverridetable rsidtbl xmlnstbl latentstyles fldinst".split()
)
_BREAKS = {
    b"par": "\n",
    b"line": "\n",
    b"row": "\n",
    b"sect": "\n",
    b"page": "\n",
    b"tab": " ",
    b"cell": " | ",
}
_SIGNS = {
    b"lquote": "‘",
    b"rquote": "’",
    b"ldblquote": "“",
    b"rdblquote": "”",
    b"bullet": "•",
    b"endash": "–",
    b"emdash": "—",
}


def read_rtf(body: bytes, deadline: float) -> Found:
    """Return the text until *deadline*. Bytes are windows-1252: old fonts are put right afterwards."""
    parts: list[str] = []
    stack: list[tuple[bool, int]] = []
    aside, fallback, skip = False, 1, 0
    codepage = "cp1252"
    for count, found in enumerate(_TOKEN.finditer(body)):
        word, number, code, sign, brace, words = found.groups()
        if brace == b"{":
            stack.append((aside, fallback))
        elif brace == b"}":
            aside, fallback = stack.pop() if stack else (False, 1)
        elif sign == b"*" or word in _ASIDE:
            aside = True
        elif word == b"uc":
            fallback = int(number or 1)
        elif word == b"ansicpg" and number in (b"1258", b"1250", b"1251"):
            codepage = f"cp{number.decode()}"
        elif word == b"bin":
            break  # raw bytes follow: only pictures have them, and nothing after can be told from them
        elif not aside:
            text, skip = _spoken(word, number, code, sign, words, codepage, skip, fallback)
            parts.append(text)
        if count % 20_000 == 0 and time.monotonic() > deadline:
            return Found("".join(parts), notes=("its beginning",))
    return Found("".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _spoken(
    word: bytes | None,
    number: bytes | None,
    code: bytes | None,
    sign: bytes | None,
    words: bytes | None,
    codepage: str,
    skip: int,
    fallback: int,
) -> tuple[str, int]:
    """Return what one token says, and how many characters after it only repeat it for old readers."""
    if word == b"u" and number is not None:
        return chr(int(number) % 0x10000), fallback
    if code is not None:
        return ("", skip - 1) if skip else (bytes([int(code, 16)]).decode(codepage, "replace"), 0)
    if words is not None:
        return words[skip:].decode(codepage, "replace"), max(0, skip - len(words))
    if word is not None:
        return _BREAKS.get(word) or _SIGNS.get(word, ""), skip
    return {b"~": " ", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}"}.get(sign or b"", ""), skip
