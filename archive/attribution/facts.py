"""The facts of an article's origin, gathered from its row, its revision, its capture and its portal."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime

from archive import jurisdictions


@dataclass(frozen=True, slots=True)
class Attribution:
    """Everything that says where a text was published, by whom, and how its copy here can be proved.

    `place` and `place_now` name the unit of government the portal spoke for on the day of publication (of
    capture, where that is unknown) and the one of today. `source` is the syndicating source as printed,
    `source_name` the portal it means. `extractor` is the version that read the text out of the page.
    """

    url: str
    fetched_url: str
    title: str
    lead: str
    portal: str
    portal_name: str
    organ: str | None
    place: str | None
    place_now: str | None
    published_at: str | None
    published_precision: str | None
    updated_at: str | None
    section: str | None
    byline: str | None
    source: str | None
    source_portal: str | None
    source_name: str | None
    rests_on: str | None
    rests_on_date: str | None
    captured_at: str
    payload_digest: str
    body_digest: str
    text_digest: str
    warc_file: str
    warc_offset: int
    extractor: str
    revision: int
    status: str
    documents: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def published_on(self) -> tuple[int, ...]:
        """Return year, month and day of publication as far as they are known; () without a date."""
        return _parts(self.published_at, self.published_precision)

    @property
    def captured_on(self) -> tuple[int, ...]:
        """Return year, month and day of the capture (UTC)."""
        return _parts(self.captured_at, "day")


_ROW = """
SELECT a.url, c.url AS fetched_url, a.title, a.lead, a.portal_key AS portal, p.name AS portal_name, p.organ,
       p.jurisdiction, a.published_at, a.published_precision, a.updated_at, a.section, a.byline, a.source,
       a.source_portal, s.name AS source_name, a.rests_on, a.rests_on_date, c.captured_at, c.payload_digest,
       c.body_digest, a.text_digest, c.warc_file, c.warc_offset, r.extractor, r.number AS revision, a.status,
       a.revision_id, a.tags
FROM articles a JOIN revisions r ON r.revision_id = a.revision_id
JOIN captures c ON c.capture_id = r.capture_id JOIN portals p ON p.portal_key = a.portal_key
LEFT JOIN portals s ON s.portal_key = a.source_portal
WHERE a.article_id = ?
"""


def attribution_of(
    connection: sqlite3.Connection, article_id: int, *, today: date | None = None
) -> Attribution | None:
    """Return the attribution of an article's current text, or None for an unknown id."""
    cursor = connection.execute(_ROW, (article_id,))
    row = cursor.fetchone()
    if row is None:
        return None
    fields = dict(zip((column[0] for column in cursor.description), row, strict=True))
    key, revision_id = fields.pop("jurisdiction"), fields.pop("revision_id")
    fields["portal_name"] = fields["portal_name"] or fields["portal"]
    then = _day(fields["published_at"], fields["published_precision"]) or _day(fields["captured_at"], "day")
    documents = connection.execute(
        "SELECT d.normal FROM citations c JOIN documents d ON d.document_id = c.document_id"
        " WHERE c.revision_id = ? GROUP BY d.document_id ORDER BY min(c.start_offset)",
        (revision_id,),
    ).fetchall()
    tags = connection.execute("SELECT value FROM json_each(?)", (fields.pop("tags"),)).fetchall()
    return Attribution(
        **fields,
        place=place_on(key, then),
        place_now=place_on(key, today or datetime.now(UTC).date()),
        documents=tuple(name for (name,) in documents),
        tags=tuple(str(tag) for (tag,) in tags),
    )


def place_on(key: str | None, day: date | None) -> str | None:
    """Return the unit of government of *key* on *day* with the province above it; a bare name stays one."""
    if not key or key not in jurisdictions.load():
        return key or None
    unit = jurisdictions.at(key, day) if day else jurisdictions.unit(key)
    if unit is None:
        return None
    above = jurisdictions.province(unit.key, day)
    return unit.name if above is None or above.key == unit.key else f"{unit.name}, {above.name}"


def _parts(at: str | None, precision: str | None) -> tuple[int, ...]:
    numbers = (at or "")[:10].split("-")
    known = {"year": 1, "month": 2}.get(precision or "", 3)
    try:
        return tuple(int(number) for number in numbers[:known])
    except ValueError:
        return ()


def _day(at: str | None, precision: str | None) -> date | None:
    parts = _parts(at, precision)
    try:
        return date(*(parts + (1, 1))[:3]) if parts else None
    except ValueError:
        return None
