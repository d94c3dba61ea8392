"""Two real portals, crawled whole from their recordings: everything, once, and at what price."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

import pytest

from archive.revisions import blocks_of
from benchmarks.metric import Score, plain
from tests.portal.crawling import crawl, query, states
from tests.portal.replay import Replay

DRAFT = "KHÔNG HIỂN THỊ"


@pytest.mark.parametrize(("name", "most_per_article"), [("nukeviet", 1.35), ("wordpress", 1.5)])
def test_a_portal_is_archived_whole_and_once(
    shared_dir: Path, tmp_path: Path, name: str, most_per_article: float
) -> None:
    archive = tmp_path / "archive"
    with Replay.of_warc(shared_dir / "captures" / f"{name}.warc.gz") as replay:
        done = crawl(replay.origin + "/", archive, "--json")
        assert done.returncode == 0, done.stderr
        summary = json.loads(done.stdout)
        log = list(replay.site.log)
        first = len(log)
        again = crawl(replay.origin + "/", archive, "--json")
        assert again.returncode == 0
        recrawl = len(replay.site.log) - first
        truth = [
            json.loads(line)
            for line in (shared_dir / "captures" / f"{name}.truth.jsonl").read_text("utf-8").splitlines()
        ]
        wanted = {unquote(replay.site.url(row["url"])) for row in truth if DRAFT not in row["title"]}

    assert summary["platform"] == name
    assert summary["requests"] == first, "the summary counts what the server saw"
    found = [unquote(url) for (url,) in query(archive, "SELECT url FROM articles")]
    assert len(found) == len(set(found))
    assert wanted <= set(found), sorted(wanted - set(found))
    assert not query(archive, f"SELECT url FROM articles WHERE title LIKE '%{DRAFT}%'")
    titles = [
        title
        for (title,) in query(
            archive, "SELECT title FROM articles WHERE url LIKE '%/print%' OR url LIKE '%savefile%'"
        )
    ]
    assert not titles, "a twin became an article"
    _check_quality(archive, truth, replay)

    ends = states(archive)
    assert "leased" not in ends
    assert "pending" not in ends
    files = sum(summary["requests_by_kind"].get(kind, 0) for kind in ("attachment", "image"))
    assert (first - files) / len(wanted) <= most_per_article
    idle = query(
        archive,
        "SELECT count(*) FROM captures c JOIN urls u USING (url_id)"
        " WHERE u.kind = 'page' AND u.article_id IS NULL AND u.reason != 'redirect'",
    )
    assert idle[0][0] <= 0.01 * first, "pages that led to no article, list or file: traps"
    assert recrawl <= 0.03 * first, "a recrawl of what did not change is cheap"
    assert json.loads(again.stdout)["articles"] == {"new": 0, "changed": 0, "same": 0}

    # I1: every row points at whole bytes; every exchange of the log has its capture.
    for file, offset, length in query(archive, "SELECT warc_file, warc_offset, warc_length FROM captures"):
        assert (archive / "warc" / file).stat().st_size >= offset + length
    assert query(archive, "SELECT count(*) FROM captures")[0][0] == first + recrawl


def _check_quality(archive: Path, truth, replay) -> None:
    """What is in the archive after the crawl reads as the truth does: multi-page articles joined too."""
    score = Score()
    with closing(sqlite3.connect(f"file:{archive / 'archive.db'}?mode=ro", uri=True)) as connection:
        rows = {
            unquote(url): (revision, title, lead, text, published)
            for url, revision, title, lead, text, published in connection.execute(
                "SELECT url, revision_id, title, lead, text, published_at FROM articles"
            )
        }
        for row in truth:
            revision, title, lead, text, published = rows[unquote(replay.site.url(row["url"]))]
            blocks = [
                block.text
                for block in blocks_of(connection, revision)
                if block.kind not in ("table_row", "caption")
            ]
            score.add_body("\n".join(blocks), row["body_text"])
            for cell in (
                cell for table in row["tables"] for cells in table for cell in cells if cell.strip()
            ):
                score.add("cell", plain(cell) in plain(text))
            if row["description"]:
                score.add("lead", plain(row["description"]) in plain(f"{lead} {text}"))
            score.add("title", plain(title) == plain(row.get("title_displayed") or row["title"]))
            score.add("time", published == row["published"])
    assert score.f1 >= 0.99
    assert score.share("cell") == 1.0
    assert score.share("lead") >= 0.99
    assert score.share("title") >= 0.995
    assert score.share("time") >= 0.99
