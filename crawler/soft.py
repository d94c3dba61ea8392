"""Pages that answer 200 and say nothing: waiting rooms, log-ins, maintenance, "not found", parked hosts.

A soft page is recognised by what it says AND by having no article of its own: news about a maintenance
of the water works is news.
"""

import re
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from archive.vietnamese.fold import fold
from crawler.dom import SILENT_TAGS, find_value, squeeze, words_of

# (reason, words in the title or heading, words anywhere on a page with little text) — folded.
_SIGNS: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...] = (
    (
        "wait_page",
        re.compile(
            r"^(?:hay doi|vui long (?:cho|doi)|please wait|just a moment|attention required"
            r"|dang kiem tra trinh duyet|checking your browser)"
        ),
        re.compile(
            r"hay doi|truy cap qua nhieu|qua nhieu yeu cau|too many requests|checking your browser"
            r"|ddos protection|"
            r"vui long (?:cho|doi)(?: trong)? (?:giay lat|\d+ giay|it phut)|enable javascript and cookies"
        ),
    ),
    (
        "maintenance",
        re.compile(
            r"bao tri|under maintenance|tam ngung (?:hoat dong|phuc vu)|nang cap he thong|site offline"
            r"|dang (?:duoc )?nang cap"
        ),
        re.compile(
            r"(?:website|trang|cong|he thong|site)[^.]{0,60}(?:dang (?:duoc )?(?:bao tri|nang cap)"
            r"|tam ngung|is (?:under|down for) maintenance)"
        ),
    ),
    (
        "not_found",
        re.compile(
            r"^(?:loi )?404|khong tim thay|not found|khong ton tai|page not available|trang (?:ban"
            r"|quy khach)[^.]{0,30}khong|"
            r"tai nguyen khong|noi dung khong"
        ),
        re.compile(
            r"(?:trang|bai viet|noi dung|duong dan|lien ket|tai lieu|ban ghi"
            r"|du lieu)[^.]{0,60}(?:khong (?:ton tai|tim thay|co)|da bi xoa|bi go)|"
            r"page (?:you (?:are|requested)[^.]{0,40})?(?:not found|does not exist|could not be found)"
            r"|http error 404|khong co du lieu"
        ),
    ),
    (
        "login",
        re.compile(r"^(?:dang nhap|login|sign in|log in|dang nhap he thong)$"),
        re.compile(r"(?:ban|quy khach) (?:phai|can|vui long) dang nhap|you must (?:be logged|log) in"),
    ),
    (
        "parked",
        re.compile(
            r"domain (?:is )?(?:for sale|parked)|ten mien (?:nay )?(?:dang duoc rao ban|het han"
            r"|da dang ky)|it works|welcome to nginx|iis windows|default web site"
        ),
        re.compile(
            r"domain (?:name )?(?:is |has )?(?:for sale|expired|parked)|ten mien[^.]{0,40}(?:het han"
            r"|rao ban|tam ngung)|buy this domain"
        ),
    ),
)
_SPAM = re.compile(
    r"\b(?:nha cai|ca cuoc|casino|slot (?:game|doi thuong)|no hu|tai xiu|xoc dia|soi keo|ty le keo"
    r"|baccarat|jackpot|kubet|w88|fun88|m88|sunwin|go88)\b"
)
_SHORT_PAGE = 900
_LITTLE = 3000
# One of these stands in whatever _SPAM counts: folding each article takes 0.4 ms.
_SPAM_WORD = re.compile(
    r"nh[aà] c[aá]i|c[aá] c[uư][oợ]c|casino|slot|n[oổ] h[uũ]|t[aà]i x[iỉ]u|x[oó]c [dđ][iĩ]a|soi k[eè]o"
    r"|l[eệ] k[eè]o|baccarat|jackpot|kubet|w88|fun88|m88|sunwin|go88"
)
# Two sentences: a notice of an error says no more.
_BRIEF = 250


def soft_reason(tree: HtmlElement, url: str, title: str, body_chars: int, article: str = "") -> str:
    """Return why a page that answered 200 is not content ("" when nothing speaks against it).

    *article* is the text that was found, *body_chars* its length: with a real body only a title that says
    so counts, and hidden links beside it do not.
    """
    heading = fold(title) or fold(find_value(tree, ("//title", "//h1")))
    page_title = fold(find_value(tree, ("//title",)))
    little = body_chars < _SHORT_PAGE
    body = tree.body if tree.body is not None else tree
    speaks = [bool(in_title.search(heading) or in_title.search(page_title)) for _, in_title, _ in _SIGNS]
    # Folding a page's words takes longer than parsing it: only what says so, or says little, is asked.
    asked = little and (any(speaks) or _says_little(body))
    words = fold(words_of(body)[:6000]) if asked else ""
    for (reason, _, in_page), said in zip(_SIGNS, speaks, strict=True):
        if not asked or not (said or len(words) < _LITTLE):
            continue
        says_so = in_page.search(words)
        if body_chars < _BRIEF and (says_so or (said and body_chars < _BRIEF / 2)):
            return reason
        # Longer apologies stand on pages of their own; news of a power cut stands among a portal's links.
        if said and says_so and sum(1 for _ in zip(tree.iter("a"), range(3), strict=False)) < 3:
            return reason
    if body_chars < 250 and _is_login_form(tree):
        return "login"
    if _is_spam(f"{title}\n{article}" if body_chars >= _BRIEF else words_of(body)):
        return "injected_spam"
    return ""


def _says_little(body: HtmlElement) -> bool:
    """Say whether a page may have fewer characters than an article among a portal's menus."""
    chars = 0
    for node in body.iter("*"):
        if node.tag not in SILENT_TAGS and node.text:
            chars += len(node.text.strip())
        if node.tail:
            chars += len(node.tail.strip())
        if chars >= _LITTLE:
            return False
    return True


def _is_spam(words: str) -> bool:
    """Say whether words speak of betting again and again: news of one raid names one game, spam them all."""
    said = words[:60_000].lower()
    if not _SPAM_WORD.search(said):
        return False
    found = _SPAM.findall(fold(said))
    return len(found) >= 6 and len(set(found)) >= 3


def _is_login_form(tree: HtmlElement) -> bool:
    passwords = tree.xpath("//input[@type='password']")
    return bool(passwords) and len(squeeze(words_of(tree))) < 1500


def is_home(url: str) -> bool:
    """Say whether the URL is a portal's front page, where missing pages are often redirected to."""
    parts = urlsplit(url)
    return (
        parts.path
        in (
            "",
            "/",
            "/vi",
            "/vi/",
            "/index.php",
            "/home",
            "/trang-chu",
            "/wps/portal/Home",
            "/Default.aspx",
            "/default.aspx",
        )
        and not parts.query
    )
