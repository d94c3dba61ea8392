"""Decoded text put right before it is parsed: fonts of before Unicode, mistaken letters, escaped markup.

Everything here changes what surely is damage and leaves the rest as published (I10). Each function is
called only where the bytes of a page hold its signs, so the common page pays nothing.
"""

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator

from archive.vietnamese import legacy

TAG = re.compile(r"<[^<>]{0,2000}>")
_NAME = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,15})\b")
# Inside these nothing is prose: what looks like damage is code, or a form's value.
_CODE = frozenset(["pre", "code", "textarea", "script", "style", "xmp", "samp", "kbd", "title", "template"])
_VOID = frozenset(
    ["br", "img", "hr", "input", "meta", "link", "wbr", "col", "area", "base", "embed", "param"]
)
# Opening one of these ends an open one of the same name; of those that end a paragraph, the usual ones.
_ENDS_ITSELF = frozenset(["p", "li", "td", "th", "tr", "dt", "dd", "option"])
_ENDS_P = frozenset(["p", "div", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"])

# The fonts whose letters are no Unicode: TCVN3 (capitals end in H), VNI, VPS.
_FAMILY = r"(\.Vn[A-Za-z0-9 -]{1,30}|VNI[- ][A-Za-z0-9 -]{1,30}|VPS [A-Za-z0-9 -]{1,30})"
_FONT = re.compile(
    rf"(?:\bface\s?=\s?|font-family\s?:\s?|\bfont\s?:[^;\"<>]{{0,60}}?)(?:[\"']|&quot;){{0,2}}\s?{_FAMILY}",
    re.IGNORECASE,
)
_OTHER_FONT = re.compile(r"\bface\s?=|font-family\s?:", re.IGNORECASE)
_CLASSES = re.compile(r"\bclass\s?=\s?[\"']?([^\"'<>]{1,200})", re.IGNORECASE)
_STYLE = re.compile(r"<style\b[^<>]{0,300}>([^<]++(?:<(?!/style)[^<]*+)*+)", re.IGNORECASE)
_SELECTED = re.compile(r"\.([A-Za-z][\w-]{0,60})\s{0,3}(?:,|$)")
# Editors of that time wrote Latin letters as entities: "Quy&Otilde;t &reg;&THORN;nh".
_LATIN_ENTITY = re.compile(r"&(?:#(?:1[6-9]\d|2[0-4]\d|25[0-5])|[A-Za-z]{2,6}\d?);")

_ESCAPED_TAG = r"&lt;/?(?:p|div|span|br|strong|em|b|i|u|table|tbody|tr|td|th|ul|ol|li|h[1-6]|a|img|font)\b"
_ESCAPED_START = re.compile(_ESCAPED_TAG, re.IGNORECASE)
_ESCAPED_CLOSE = re.compile(r"&lt;/(?:p|div|span|strong|table|ul|ol|li|h[1-6]|td)&gt;", re.IGNORECASE)
_ESCAPED_ANY = re.compile(r"&lt;.{0,500}?&gt;", re.DOTALL)
_ESCAPED_ENTITY = re.compile(
    r"&amp;((?:[aeiouyAEIOUY](?:grave|acute|circ|tilde|uml)|nbsp|[lr][sd]quo|ndash|hellip|#\d{3,4});)"
)
# In prose the entity stands in a word, or is the space between two: "v&amp;agrave;&amp;nbsp;c&amp;aacute;c".
_IN_A_WORD = re.compile(
    r"(?:[A-Za-z]|;)&amp;[aeiouyAEIOUY](?:grave|acute|circ|tilde);|&amp;[aeiouy]\w{4,5};[a-z]"
)
_LEAST_WORDS = 40


def runs(text: str) -> Iterator[tuple[str, str]]:
    """Yield (tag, what follows it up to the next) of a whole page; the first tag is "".

    Joined they are *text* again.
    """
    end, tag = 0, ""
    for found in TAG.finditer(text):
        yield tag, text[end : found.start()]
        tag, end = found.group(), found.end()
    yield tag, text[end:]


def convert_prose(text: str, change: Callable[[str], str]) -> str:
    """Change what stands between tags; attribute values are addresses and stay."""
    return "".join(tag + change(run) for tag, run in runs(text))


def mend_fonts(text: str) -> str:
    """Return *text* with what is set in a legacy font converted, element by element; the rest stays."""
    classes = _classes_of(text)
    pieces: list[str] = []
    stack: list[tuple[str, str]] = []
    names: Counter[str] = Counter()
    for tag, run in runs(text):
        if named := _NAME.match(tag):
            name = named[2].lower()
            if named[1]:
                _close(stack, names, name)
            elif name not in _VOID and not tag.endswith("/>"):
                if stack and (
                    (name in _ENDS_ITSELF and stack[-1][0] == name)
                    or (name in _ENDS_P and stack[-1][0] == "p")
                ):
                    names[stack.pop()[0]] -= 1
                font = _font_of(tag, classes, stack[-1][1] if stack else "")
                stack.append((name, font))
                names[name] += 1
        pieces.append(tag)
        font = stack[-1][1] if stack else ""
        pieces.append(_mend_run(run, font) if font and stack[-1][0] not in _CODE - {"title"} else run)
    return "".join(pieces)


def _close(stack: list[tuple[str, str]], names: "Counter[str]", name: str) -> None:
    if names[name] < 1:
        return
    while stack:
        popped = stack.pop()[0]
        names[popped] -= 1
        if popped == name:
            return


def _classes_of(text: str) -> dict[str, str]:
    """Return the classes that a style sheet inside the page sets in a legacy font."""
    found: dict[str, str] = {}
    for sheet in _STYLE.findall(text):
        for rule in sheet.split("}"):
            selectors, _, said = rule.partition("{")
            if font := _FONT.search(said[:1000]):
                for name in _SELECTED.findall(selectors[-300:].strip()):
                    found[name] = font[1]
    return found


def _font_of(tag: str, classes: dict[str, str], inherited: str) -> str:
    if "=" not in tag:
        return inherited
    if font := _FONT.search(tag):
        return font[1]
    if _OTHER_FONT.search(tag):
        return ""
    if classes and (named := _CLASSES.search(tag)):
        return next((classes[name] for name in named[1].split() if name in classes), inherited)
    return inherited


def _mend_run(run: str, font: str) -> str:
    plain = _LATIN_ENTITY.sub(_latin_letter, run)
    # Editors leave the old font's name on text retyped in Unicode: then the run is Vietnamese already.
    if plain.isascii() or legacy.is_unicode_vietnamese(plain):
        return run
    encoding = {".V": "tcvn3", "VN": "vni", "VP": "vps"}[font[:2].upper()]
    mended = legacy.convert(plain, encoding, capitals=encoding == "tcvn3" and font.rstrip().endswith("H"))
    before = legacy.vietnamese_words(plain)
    return run if before and before >= legacy.vietnamese_words(mended) else mended


def _latin_letter(found: re.Match[str]) -> str:
    letter = html.unescape(found.group())
    return letter if len(letter) == 1 and "\xa0" < letter <= "\xff" else found.group()


def mend_mistaken(text: str) -> tuple[str, str | None]:
    """Return *text* without letters mistaken for others, and their encoding; or as it was, and None.

    The page as a whole where all of it is mistaken; else those of its runs that surely are.
    """
    visible = TAG.sub(" ", text[:200_000])
    plain = _LATIN_ENTITY.sub(_latin_letter, visible)
    _, name = legacy.repair(plain)
    if name not in (None, "font"):
        assert name is not None
        return convert_prose(text, lambda run: _converted(run, name)), name
    found: Counter[str] = Counter()

    def change(run: str) -> str:
        if run.isascii() and "&" not in run:
            return run
        letters = _LATIN_ENTITY.sub(_latin_letter, run)
        mended, encoding = legacy.repair(letters)
        if encoding in (None, "font"):
            return run
        found[str(encoding)] += 1
        return mended

    changed = convert_prose(text, change)
    return (changed, found.most_common(1)[0][0]) if found else (text, None)


def _converted(run: str, encoding: str) -> str:
    letters = _LATIN_ENTITY.sub(_latin_letter, run)
    # A menu in Unicode around an old article stays as it is.
    return (
        run
        if letters.isascii() or legacy.is_unicode_vietnamese(letters)
        else legacy.convert(letters, encoding)
    )


def mend_escaped(text: str) -> str:
    """Return *text* with prose that was escaped twice unescaped once; code that is shown stays code.

    A run is prose escaped twice when it begins and ends in escaped markup and holds sentences between, or
    when entities of Vietnamese letters stand inside its words.
    """
    pieces: list[str] = []
    inside = ""
    for tag, run in runs(text):
        if named := _NAME.match(tag):
            name = named[2].lower()
            if inside and named[1] and name == inside:
                inside = ""
            elif not inside and not named[1] and name in _CODE:
                inside = name
        pieces += [tag, run if inside or "&" not in run else _unescaped(run)]
    return "".join(pieces)


def _unescaped(run: str) -> str:
    in_words = len(_IN_A_WORD.findall(run))
    bare = run.strip()
    if _ESCAPED_START.match(bare) and bare.endswith("&gt;") and (closes := len(_ESCAPED_CLOSE.findall(bare))):
        words = len(_ESCAPED_ANY.sub("", bare))
        if (words >= _LEAST_WORDS and (closes > 1 or in_words)) or in_words > 1:
            return html.unescape(run)
    return _ESCAPED_ENTITY.sub(r"&\1", run) if in_words > 1 else run
