"""An article's body as this kind of CMS really carries it: five habits of typing, none of them tidy."""

import html
import unicodedata
from html.entities import codepoint2name
from itertools import groupby

from crawler.demo.content import DemoArticle, Part

_CELL = 'style="border:1px solid #999;padding:3px"'


def body(article: DemoArticle) -> str:
    """Return the HTML of an article's body in its layout."""
    wrap = _LAYOUTS[article.layout]
    pieces = []
    for kind, group in groupby(article.parts, key=lambda part: part.kind):
        parts = list(group)
        if kind == "table_row":
            pieces.append(_table(parts))
        elif kind == "list_item":
            pieces.append("<ul>\n" + "\n".join(f"<li>{_words(part)}</li>" for part in parts) + "\n</ul>")
        elif kind == "picture":
            pieces.extend(_picture(article, part) for part in parts)
        else:
            pieces.extend(wrap(_set(part)) for part in parts)
    if article.has_lead:
        pieces[0] = wrap(f"<b>{_words(article.parts[0])}</b>")
    if article.layout == "rows":
        pieces = [piece if piece.startswith("<tr>") else f"<tr><td>{piece}</td></tr>" for piece in pieces]
    inside = "\n".join(pieces)
    if article.layout == "word":
        # Text pasted from Word through the editor's filter arrives with Latin letters as entities.
        inside = "".join(_entity(char) for char in inside)
    if article.spelling == "NFD":
        inside = unicodedata.normalize("NFD", inside)
    return _AROUND[article.layout].format(inside)


def _words(part: Part) -> str:
    return html.escape(part.text, quote=False)


def _set(part: Part) -> str:
    if part.kind == "heading":
        return f"<b>{_words(part)}</b>"
    if part.kind == "signature":
        return f'<span style="display:block;text-align:right"><b>{_words(part)}</b></span>'
    return _words(part)


def _table(rows: list[Part]) -> str:
    lines = ['<table border="1" cellspacing="0" width="100%" style="border-collapse:collapse">']
    for number, row in enumerate(rows):
        tag = "th" if number == 0 else "td"
        cells = "".join(f"<{tag} {_CELL}>{html.escape(cell, quote=False)}</{tag}>" for cell in row.cells)
        lines.append(f"<tr>{cells}</tr>")
    return "\n".join([*lines, "</table>"])


def _picture(article: DemoArticle, part: Part) -> str:
    source = f"/wps/wcm/connect/{article.id}/anh-1.png?MOD=AJPERES"
    return (
        f'<div style="text-align:center"><img src="{source}" alt="Responsive image" class="img-responsive"/>'
        f'<br/><i style="font-size:11px">{_words(part)}</i></div>'
    )


def _entity(char: str) -> str:
    name = codepoint2name.get(ord(char)) if 0xA0 < ord(char) < 0x100 else None
    return f"&{name};" if name else char


def _font(words: str) -> str:
    return f"&nbsp;&nbsp; {words}<br /><br />"


def _row(words: str) -> str:
    return f'<tr><td align="justify" class="txt">{words}</td></tr>\n<tr><td height="6"></td></tr>'


def _paragraph(words: str) -> str:
    return f'<p style="text-align:justify">{words}</p>'


def _word(words: str) -> str:
    return (
        '<p class="MsoNormal" style="margin-bottom:6.0pt;text-align:justify;text-indent:.5in">'
        f'<span style="font-size:14.0pt;mso-bidi-font-family:Arial">{words}<o:p></o:p></span></p>'
    )


def _div(words: str) -> str:
    return f'<div dir="ltr" style="text-align:justify">{words}</div>\n<div>&nbsp;</div>'


_LAYOUTS = {"font": _font, "rows": _row, "paragraphs": _paragraph, "word": _word, "divs": _div}
_AROUND = {
    "font": '<font face="Arial" size="2"><div align="justify">{}</div></font>',
    "rows": '<table width="100%" border="0" cellpadding="0">{}</table>',
    "paragraphs": '<div class="noidung">{}</div>',
    "word": "<!--[if gte mso 9]><xml><w:WordDocument></w:WordDocument></xml><![endif]--><div>{}</div>",
    "divs": "<div>{}</div>",
}
