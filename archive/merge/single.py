"""A portal both archives know: the shard's captures one by one, as if they had been made here (I3)."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from archive.database import ArchiveDatabase
from archive.files import link_file
from archive.records import Article, Attachment, Capture, Citation, Image, Link, Outcome
from archive.store.blocks import decode_blocks
from archive.store.fields import FIELDS
from archive.store.removed import unpack_removed

_CAPTURE = tuple(field.name for field in fields(Capture))
_ARTICLE_FIELDS = ", ".join(f"a.{name}" for name in FIELDS)
_LINK = ("url", "urlkey", "kind", "state", "reason", "priority", "fetch_url", "lastmod")


def unknown_links(connection: sqlite3.Connection, portal: str) -> Iterator[Link]:
    """Yield the shard's URLs of *portal* that the archive's ledger does not have."""
    for row in connection.execute(
        f"SELECT {', '.join(_LINK)} FROM shard.urls AS t WHERE portal_key = ? AND NOT EXISTS (SELECT 1"
        " FROM main.urls AS m WHERE m.portal_key = t.portal_key AND m.urlkey = t.urlkey) ORDER BY url_id",
        (portal,),
    ):
        fields_ = dict(zip(_LINK, row, strict=True))
        if fields_["state"] != "excluded":
            fields_["state"], fields_["reason"] = "pending", ""
        yield Link(**fields_)


def new_outcomes(connection: sqlite3.Connection, portal: str, names: Mapping[str, str]) -> Iterator[Outcome]:
    """Yield the shard's captures of *portal* that the archive does not have, oldest first."""
    columns = ", ".join(f"t.{name}" for name in _CAPTURE)
    rows = connection.execute(
        f"SELECT m.url_id, u.state, u.reason, t.capture_id, {columns} FROM shard.captures AS t"
        " JOIN shard.urls AS u ON u.url_id = t.url_id"
        " JOIN main.urls AS m ON m.portal_key = u.portal_key AND m.urlkey = u.urlkey"
        " WHERE u.portal_key = ? AND NOT EXISTS (SELECT 1 FROM main.captures AS c"
        " WHERE c.record_id = t.record_id) ORDER BY t.captured_at, t.capture_id",
        (portal,),
    ).fetchall()
    for url_id, state, reason, capture_id, *values in rows:
        said = dict(zip(_CAPTURE, values, strict=True))
        said["warc_file"] = names.get(said["warc_file"], said["warc_file"])
        if state == "leased":
            state = "pending"
        yield Outcome(
            url_id, state, reason, capture=Capture(**said), article=_article(connection, portal, capture_id)
        )


def bring_texts(db: ArchiveDatabase, portal: str) -> None:
    """Copy what the shard's attached files of *portal* say, and tie it to the articles that point to them.

    Called when all its captures are here; files whose bytes are known keep the text they have.
    """
    skipped = ("file_id", "capture_id", "body_digest")
    with db.transaction() as connection:
        columns = [row[1] for row in connection.execute("PRAGMA main.table_info(files)")]
        names = [name for name in columns if name not in skipped]
        rows = connection.execute(
            f"SELECT c.capture_id, c.url_id, t.body_digest, {', '.join(f't.{name}' for name in names)}"
            " FROM shard.files AS t JOIN shard.captures AS o ON o.body_digest = t.body_digest"
            " JOIN shard.urls AS u ON u.url_id = o.url_id"
            " JOIN main.captures AS c ON c.record_id = o.record_id"
            " WHERE u.portal_key = ? ORDER BY o.captured_at, o.capture_id",
            (portal,),
        ).fetchall()
        for capture_id, url_id, digest, *values in rows:
            connection.execute(
                f"INSERT INTO files (capture_id, body_digest, {', '.join(names)})"
                f" VALUES (?, ?{', ?' * len(names)}) ON CONFLICT (body_digest) DO NOTHING",
                (capture_id, digest, *values),
            )
            (file_id,) = connection.execute(
                "SELECT file_id FROM files WHERE body_digest = ?", (digest,)
            ).fetchone()
            link_file(connection, url_id, capture_id, file_id)


def _article(connection: sqlite3.Connection, portal: str, capture_id: int) -> Article | None:
    """Return the article whose text was first seen in a capture of the shard, None where it brought none."""
    row = connection.execute(
        "SELECT r.revision_id, r.text_digest, r.extractor, r.method, r.body, r.blocks, r.removed, r.notes,"
        f" r.reading, a.article_id, a.url, a.content_id, p.platform, {_ARTICLE_FIELDS}"
        " FROM shard.revisions r JOIN shard.articles a ON a.article_id = r.article_id"
        " JOIN shard.portals p ON p.portal_key = a.portal_key"
        " WHERE r.capture_id = ? AND a.portal_key = ? ORDER BY r.number LIMIT 1",
        (capture_id, portal),
    ).fetchone()
    if row is None:
        return None
    (revision_id, digest, extractor, method, body, blocks, removed, notes, reading, article_id, url,
     content_id, platform, *values) = row  # fmt: skip
    said: dict[str, Any] = dict(zip(FIELDS, values, strict=True))
    said["tags"] = json.loads(said["tags"])
    attachments, images = _files(connection, article_id)
    if body is not None:
        kept = json.loads(body)
        attachments = tuple(Attachment(**file) for file in kept.pop("attachments", ()))
        images = tuple(Image(**image) for image in kept.pop("images", ()))
        said = {name: kept.get(name) for name in FIELDS}
        said.update({name: said[name] or "" for name in ("lead", "text", "published_evidence")})
    said["tags"] = tuple(said["tags"] or ())
    return Article(
        url=url, canonical_url=url, platform=platform or "generic", content_id=content_id,
        blocks=decode_blocks(blocks, said["text"]), citations=_citations(connection, revision_id),
        attachments=attachments, images=images, method=method, notes=tuple(json.loads(notes)),
        removed=unpack_removed(connection, removed, "shard"), text_digest=digest,
        extractor=extractor, reading=reading, **said,
    )  # fmt: skip


def _citations(connection: sqlite3.Connection, revision_id: int) -> tuple[Citation, ...]:
    rows = connection.execute(
        "SELECT c.verbatim, d.normal, d.doc_type, d.number, d.year, d.symbol, d.issuer, d.issued_on,"
        " c.start_offset, c.end_offset FROM shard.citations c JOIN shard.documents d"
        " ON d.document_id = c.document_id WHERE c.revision_id = ? ORDER BY c.citation_id",
        (revision_id,),
    )
    return tuple(Citation(*row) for row in rows)


def _files(
    connection: sqlite3.Connection, article_id: int
) -> tuple[tuple[Attachment, ...], tuple[Image, ...]]:
    files = connection.execute(
        "SELECT url, label FROM shard.attachments WHERE article_id = ? ORDER BY attachment_id", (article_id,)
    )
    images = connection.execute(
        "SELECT url, caption, alt FROM shard.images WHERE article_id = ? ORDER BY image_id", (article_id,)
    )
    return tuple(Attachment(*row) for row in files), tuple(Image(*row) for row in images)
