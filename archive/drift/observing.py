"""What a crawl showed of its portal, read from the archive's rows and the bytes it captured."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from urllib.parse import urljoin, urlsplit

from archive.drift import facts as words
from archive.drift.facts import Facts
from archive.drift.layout import common, marks
from archive.drift.notices import MOST_NOTICES, notices_in, words_of
from archive.errors import ArchiveError
from archive.warc.reader import file_in, read_rendered

# A body of fewer characters is a caption or a link to a file; many a notice has no more, so shares count.
_A_BODY = 200
# A changed text this much shorter has lost what it said.
_SHRUNK = 0.5
_LAYOUT_PAGES = 6
_MOST_SITEMAPS = 20
_MOST_TITLES = 200
_LOC = re.compile(rb"<loc\b", re.IGNORECASE)
_SENT_ON = re.compile(
    r"""(?:http-equiv\s{0,3}=\s{0,3}["']?refresh["']?[^<>]{0,80}url\s{0,3}=\s{0,3}["']?"""
    r"""|\blocation(?:\.href)?\s{0,3}=\s{0,3}["']|\blocation\.replace\(\s{0,3}["'])(https?://[^"'<>\s]{4,300})""",
    re.IGNORECASE,
)
# A page that sends its readers on holds little else.
_SENT_ON_CHARS = 4_000
# Doors that every visitor has to pass are no new home.
_DOOR = re.compile(r"\b(?:login|signin|sso|oauth|auth|dang-?nhap|captcha|cas)\b", re.IGNORECASE)
_MAX_BYTES = 8 * 1024 * 1024


class Observer:
    """Reads the facts of one crawl. *after* is the newest capture of crawls that had ended before it."""

    def __init__(self, conn: sqlite3.Connection, warc: Path, crawl_id: int) -> None:
        self._conn = conn
        self._warc = warc
        self.crawl_id = crawl_id
        row = conn.execute(
            "SELECT portal_key, started_at, coalesce(ended_at, started_at), coalesce(reason, 'died'),"
            " requests"
            " FROM crawls WHERE crawl_id = ?",
            (crawl_id,),
        ).fetchone()
        if row is None:
            raise ValueError(f"no crawl {crawl_id}")
        self.portal, started, self.at, self._reason, self._requests = row
        (after,) = conn.execute(
            "SELECT coalesce(max(last_capture_id), 0) FROM crawl_facts WHERE at <= ? AND crawl_id <> ?",
            (started, crawl_id),
        ).fetchone()
        self.after = int(after)

    def facts(self, low: list[str] | None = None, high: list[str] | None = None) -> Facts:
        """Return what the crawl showed; *low* and *high* are the complaints of `expect:`."""
        (answers,) = self._conn.execute(
            "SELECT count(*) FROM captures WHERE capture_id > ? AND crawl_id = ? AND status < 500"
            " AND status <> 429",
            (self.after, self.crawl_id),
        ).fetchone()
        home, detail, front = self._home(int(answers))
        pages, articles, known, missing = self._pages()
        return Facts(
            portal=self.portal,
            at=self.at,
            crawl_id=self.crawl_id,
            reason=self._reason,
            requests=self._requests,
            answers=int(answers),
            home=home,
            home_detail=detail,
            pages=pages,
            articles=articles,
            known=known,
            missing=missing,
            layout=self._layout(front),
            sitemaps=self._sitemaps(),
            notices=self._notices(front),
            low=low,
            high=high,
            **self._texts(),
        )

    def _home(self, answers: int) -> tuple[str, str, str]:
        """Return what the front page did, where it leads or what it says, and its source if it is whole."""
        asked = self._conn.execute(
            "SELECT c.capture_id, c.status, u.reason, c.location, c.url FROM urls u JOIN captures c"
            " USING (url_id) WHERE u.portal_key = ? AND u.kind = 'seed' AND c.capture_id > ?"
            " AND c.crawl_id = ? ORDER BY u.url_id, c.capture_id DESC",
            (self.portal, self.after, self.crawl_id),
        ).fetchall()
        for capture_id, status, reason, location, url in asked:
            if status == 200:
                source = self._source(capture_id)
                if reason in (*words.PARKED, words.MAINTENANCE, "wait_page"):
                    said = words_of(source)[:200].replace("\n", " ")
                    return ("HTTP 503" if reason == "wait_page" else reason), said, ""
                sent = _SENT_ON.search(source) if len(source) < _SENT_ON_CHARS else None
                if sent and (leads := self._elsewhere(url, sent[1])):
                    return words.MOVED, leads, ""
                return words.OK, "", source
            if status == 304:
                return words.OK, "unchanged", ""
            if 300 <= status < 400 and location:
                if leads := self._elsewhere(url, location):
                    return words.MOVED, leads, ""
                continue  # another address of the portal, which has a row of its own
            return f"HTTP {status}", reason, ""
        if asked:
            return words.OK, "", ""
        return self._failure(answers)

    def _failure(self, answers: int) -> tuple[str, str, str]:
        """Return why nothing was heard of the front page: most often its robots.txt was not to be had."""
        if answers or not self._requests:
            return words.NOT_ASKED, "", ""
        row = self._conn.execute(
            "SELECT reason, count(*) AS urls FROM urls WHERE portal_key = ? AND attempts > 0 AND reason <> ''"
            " AND state IN ('pending', 'failed') AND kind IN ('robots', 'seed')"
            " GROUP BY reason ORDER BY urls DESC LIMIT 1",
            (self.portal,),
        ).fetchone()
        if row is None:
            return "no answer", self._reason, ""
        return str(row[0]), self._reason, ""

    def _elsewhere(self, url: str, target: str) -> str:
        """Return where *target* leads when that is no host of the portal, else ""."""
        leads = urljoin(url, target.strip())
        host = (urlsplit(leads).hostname or "").removeprefix("www.")
        (stored,) = self._conn.execute(
            "SELECT hosts FROM portals WHERE portal_key = ?", (self.portal,)
        ).fetchone()
        hosts = [*json.loads(stored), urlsplit(url).netloc]
        own = {(urlsplit(f"//{one}").hostname or "").removeprefix("www.") for one in hosts}
        return "" if not host or host in own or _DOOR.search(leads[:300]) else leads[:300]

    def _pages(self) -> tuple[int, int, int, int]:
        """Return (pages like articles, those that gave one, known articles asked for, those not there)."""
        gave = (
            "EXISTS (SELECT 1 FROM revisions r WHERE r.capture_id = c.capture_id)"
            " OR EXISTS (SELECT 1 FROM sightings s WHERE s.capture_id = c.capture_id)"
        )
        pages, articles, known, missing = self._conn.execute(
            "SELECT coalesce(sum(page), 0), coalesce(sum(page AND gave), 0), coalesce(sum(known), 0),"
            " coalesce(sum(known AND missing), 0) FROM (SELECT"
            " max(c.status = 200 AND (c.mime LIKE '%html%' OR c.mime = '')) AS page,"
            f" max({gave}) AS gave, u.article_id IS NOT NULL AND NOT max(a.first_captured_at >= k.started_at)"
            " AS known,"
            " max(c.status IN (404, 410) OR u.reason IN ('redirected_home', 'not_found')) AS missing"
            " FROM captures c JOIN urls u USING (url_id) JOIN crawls k ON k.crawl_id = c.crawl_id"
            " LEFT JOIN articles a ON a.article_id = u.article_id"
            " WHERE c.capture_id > ? AND c.crawl_id = ?"
            " AND (u.kind = 'article' OR u.article_id IS NOT NULL) GROUP BY u.url_id)",
            (self.after, self.crawl_id),
        ).fetchone()
        return int(pages), int(articles), int(known), int(missing)

    def _texts(self) -> Mapping[str, int]:
        """Count what the texts that are new or changed with this crawl have, and lack."""
        titles: Counter[str] = Counter()
        lengths: list[int] = []
        count: Counter[str] = Counter()
        for row in self._conn.execute(
            "SELECT a.title, coalesce(a.published_at, '') <> '', length(a.text) + length(a.lead), r.number,"
            " r.method, instr(r.reading, ' ') > 0,"
            " (SELECT length(coalesce(json_extract(p.body, '$.text'), ''))"
            " FROM revisions p WHERE p.article_id = r.article_id AND p.number = r.number - 1)"
            " FROM captures c JOIN revisions r USING (capture_id)"
            " JOIN articles a ON a.revision_id = r.revision_id"
            " WHERE c.capture_id > ? AND c.crawl_id = ?",
            (self.after, self.crawl_id),
        ):
            title, dated, chars, number, method, has_model, before = row
            titles[title.strip()] += 1
            lengths.append(chars)
            count["dated"] += dated
            count["bodied"] += chars >= _A_BODY
            if number > 1 and before:
                count["reread"] += 1
                count["shrunk"] += chars < _SHRUNK * before
            if has_model and method != "adapter":
                count["slottable"] += 1
                count["slotted"] += method == "learned"
        own = sum(times for title, times in titles.items() if title and times == 1)
        return {
            **{name: count[name] for name in
               ("dated", "bodied", "reread", "shrunk", "slottable", "slotted")},
            "read": len(lengths),
            "titled": own,
            "body_chars": int(median(lengths)) if lengths else 0,
        }  # fmt: skip

    def _layout(self, front: str) -> dict[str, list[str]]:
        found = {"front": marks(front)} if front else {}
        ids = self._conn.execute(
            "SELECT max(c.capture_id) FROM captures c JOIN urls u USING (url_id)"
            " WHERE c.capture_id > ? AND c.crawl_id = ? AND c.status = 200 AND c.revisit_of IS NULL"
            " AND (u.kind = 'article' OR u.article_id IS NOT NULL) AND c.mime LIKE '%html%'"
            " AND u.kind NOT IN ('seed', 'listing') GROUP BY u.url_id ORDER BY 1 DESC LIMIT ?",
            (self.after, self.crawl_id, _LAYOUT_PAGES),
        ).fetchall()
        pages = [marks(source) for (capture_id,) in ids if (source := self._source(capture_id))]
        if len(pages) >= 2:
            found["article"] = common(pages)
        return found

    def _sitemaps(self) -> dict[str, int]:
        rows = self._conn.execute(
            "SELECT u.url, max(c.capture_id) FROM captures c JOIN urls u USING (url_id)"
            " WHERE u.kind = 'sitemap' AND c.capture_id > ? AND c.crawl_id = ? AND c.status = 200"
            " GROUP BY u.url_id ORDER BY u.url_id LIMIT ?",
            (self.after, self.crawl_id, _MOST_SITEMAPS),
        ).fetchall()
        return {url: len(_LOC.findall(self._body(capture_id))) for url, capture_id in rows}

    def _notices(self, front: str) -> list[str]:
        found = notices_in(words_of(front)) if front else []
        titles = self._conn.execute(
            "SELECT a.title FROM captures c JOIN revisions r USING (capture_id) JOIN articles a"
            " ON a.revision_id = r.revision_id WHERE c.capture_id > ? AND c.crawl_id = ?"
            " ORDER BY c.capture_id DESC LIMIT ?",
            (self.after, self.crawl_id, _MOST_TITLES),
        )
        for (title,) in titles:
            found += notices_in(title)
        return list(dict.fromkeys(found))[:MOST_NOTICES]

    def _source(self, capture_id: int) -> str:
        return self._body(capture_id).decode("utf-8", "replace")

    def _body(self, capture_id: int) -> bytes:
        """Return a captured body with its encoding undone, b"" where it cannot be read."""
        file, offset = self._conn.execute(
            "SELECT warc_file, warc_offset FROM captures WHERE capture_id = ?", (capture_id,)
        ).fetchone()
        try:
            return read_rendered(file_in(self._warc, file), offset).body(_MAX_BYTES)
        except ArchiveError:
            return b""


def crawls_of(conn: sqlite3.Connection, portal: str | None = None) -> Iterator[int]:
    """Yield the last ended crawl of each portal, or of the one named."""
    for (crawl_id,) in conn.execute(
        "SELECT max(crawl_id) FROM crawls WHERE ended_at IS NOT NULL AND ? IN (portal_key, '')"
        " GROUP BY portal_key ORDER BY portal_key",
        (portal or "",),
    ):
        yield int(crawl_id)
