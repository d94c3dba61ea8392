"""Facets from the narrow table, prefixes spelled out, pages, feeds, the recipes of the documentation."""

import sqlite3
from pathlib import Path
from xml.etree import ElementTree

import pytest
import written_archive

from archive import Archive
from archive.export.saved import feed_of_search
from archive.places import refresh
from archive.search import by_date, parse, ranking, search
from archive.search.index import check, reindex
from archive.search.openings import words_beginning
from archive.search.results import matching

ROOT = Path(__file__).resolve().parents[3]


def rows_of(conn):
    return conn.execute("SELECT * FROM search_facets ORDER BY 1").fetchall()


def test_facets_follow_every_change(bare):
    written_archive.fill(bare)
    assert check(bare) == []
    bare.execute("UPDATE articles SET status = 'gone', section = 'Mục mới' WHERE article_id = 3")
    bare.execute("UPDATE articles SET published_at = '1999-01-01' WHERE article_id = 4")
    bare.execute("DELETE FROM articles WHERE article_id = 5")
    counted = search(bare, "", facets=True).facets
    values = {name: dict(found) for name, found in counted.values.items()}
    assert values["status"]["gone"] == 1
    assert values["section"]["Mục mới"] == 1
    assert values["year"]["1999"] == 1
    assert counted.counted == len(written_archive.ARTICLES) - 1
    assert sum(values["portal"].values()) == counted.counted
    kept = rows_of(bare)
    bare.execute("DELETE FROM search_facets WHERE article_id > 10")
    bare.execute("UPDATE search_facets SET kind = 0 WHERE article_id = 9")
    assert any("search_facets" in problem for problem in check(bare))
    reindex(bare)
    assert rows_of(bare) == kept
    assert check(bare) == []


def test_documents_are_counted_as_they_are_cited(bare):
    written_archive.fill(bare)
    bare.execute("INSERT INTO documents (document_id, normal, number) VALUES (7, '33/CT-TTg', '33')")
    for revision in (1, 2):
        bare.execute(
            "INSERT INTO citations (revision_id, document_id, verbatim, start_offset, end_offset)"
            " VALUES (?, 7, 'x', 0, 1)",
            (revision,),
        )
    assert dict(search(bare, "", facets=True).facets.values["document"]) == {"33/CT-TTg": 2}
    assert search(bare, "", filters={"document": "33/CT-TTg"}).total == 2
    bare.execute("DELETE FROM citations WHERE revision_id = 2")
    assert dict(search(bare, "", facets=True).facets.values["document"]) == {"33/CT-TTg": 1}
    assert check(bare) == []


def test_provinces_are_those_of_today(tmp_path):
    from archive.database import open_archive

    db = open_archive(tmp_path / "kho", write=True)
    refresh(db)
    written_archive.fill(db.conn)
    (key,) = db.execute(
        "SELECT jurisdiction FROM jurisdictions WHERE level LIKE '%province%' AND name LIKE '%An Giang%'"
    ).fetchone() or ("",)
    db.execute("UPDATE portals SET jurisdiction = ? WHERE portal_key = 'chaudoc'", [key])
    provinces = dict(search(db, "", facets=True).facets.values["province"])
    assert any("An Giang" in name for name in provinces), provinces
    db.close()


def test_a_prefix_is_the_words_it_stands_for(written):
    assert words_beginning(written, "articles_folded", "ngh") == sorted(
        set(words_beginning(written, "articles_folded", "ngh"))
    )
    assert "nghe" in words_beginning(written, "articles_folded", "ngh")
    for typed, index in (("th*", "articles_folded"), ("trồ*", "articles_exact"), ("20*", "articles_folded")):
        spelled = matching(written, parse(typed))
        source, params = spelled.source()
        mine = {row[0] for row in written.execute(f"SELECT m.rowid {source}", params)}
        native = {
            row[0]
            for row in written.execute(
                f"SELECT rowid FROM {index} WHERE {index} MATCH ?",
                ("{title lead text files} : " + f'"{typed[:-1]}" *',),
            )
        }
        assert mine == native, typed
        assert search(written, typed).total == len(native)


@pytest.mark.parametrize("typed", ["th*", "dan th*", '"dan va"*', "đồng th*", "-th* dân", "ng* OR th*"])
def test_wide_prefixes_answer_with_titles_first(written, typed):
    found = search(written, typed, limit=100)
    assert len(found.hits) == found.total > 0
    assert len({hit.url for hit in found.hits}) == found.total


def test_pages_of_every_order_are_parts_of_one_list(written, monkeypatch):
    orders = {}
    # Sorted; walked by date with the ids of the match; walked with a probe each.
    for few, always, bound in ((20_000, 100, 20_000), (20_000, 0, 4), (-1, 0, 4)):
        monkeypatch.setattr(by_date, "_FEW", few)
        monkeypatch.setattr(by_date, "_SORTED_ANYWAY", always)
        monkeypatch.setattr(by_date, "_PROBE_SHARE", 10**9 if few < 0 else 50)
        monkeypatch.setattr(ranking, "RANK_BOUND", bound)
        for sort in ("rank", "newest", "oldest"):
            for query in ("dân", "dan", "phường OR tỉnh", "th*", ""):
                whole = [hit.url for hit in search(written, query, sort=sort, limit=100).hits]
                paged = [
                    hit.url
                    for at in range(0, len(whole), 5)
                    for hit in search(written, query, sort=sort, limit=5, offset=at).hits
                ]
                assert paged == whole, (sort, query)
                if sort != "rank":
                    assert orders.setdefault((sort, query), whole) == whole


def test_the_feed_of_a_search(folder):
    with Archive(folder) as archive:
        made = feed_of_search(archive, "phường", self_url="https://kho.example/tim.atom?q=phường")
        newest = archive.search("phường", sort="newest", limit=100).hits
        assert made == feed_of_search(archive, "phường", self_url="https://kho.example/tim.atom?q=phường")
        other = feed_of_search(archive, "phường", filters={"year": "2022"})
    feed = ElementTree.fromstring(made)
    atom = "{http://www.w3.org/2005/Atom}"
    assert [entry.find(f"{atom}title").text for entry in feed.findall(f"{atom}entry")] == [
        hit.title for hit in newest
    ]
    assert len(ElementTree.fromstring(other).findall(f"{atom}entry")) < len(newest)
    assert feed.find(f"{atom}id").text != ElementTree.fromstring(other).find(f"{atom}id").text


def test_the_recipe_in_plain_sql(folder):
    text = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
    recipes = [part.split("```")[0] for part in text.split("```sql\n")[1:]]
    assert len(recipes) >= 3
    conn = sqlite3.connect(f"file:{folder / 'archive.db'}?mode=ro", uri=True)
    for recipe in recipes:
        assert conn.execute(recipe).fetchall(), recipe
    titles = [row[0] for row in conn.execute(recipes[0])]
    with Archive(folder) as archive:
        assert titles[0] == archive.search("dan van").hits[0].title
    conn.close()
