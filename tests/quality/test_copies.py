"""Copies found among two real portals, against what is known of them: floors that may rise, never fall."""

import itertools
import json

import pytest
import written_archive

from archive.database import open_archive
from archive.near_duplicates import update
from archive.near_duplicates.likeness import prepare, similarity

PRECISION, RECALL = 0.99, 0.99


@pytest.fixture(scope="module")
def truth(shared_dir):
    articles = []
    for name in ("nukeviet", "wordpress"):
        with (shared_dir / "captures" / f"{name}.truth.jsonl").open(encoding="utf-8") as lines:
            articles += [json.loads(line) for line in lines]
    return articles


def is_copy(one, other):
    mine, theirs = ({article["pid"], article["variant_of"]} - {None, ""} for article in (one, other))
    return bool(mine & theirs)


def test_copies_of_two_portals(truth, tmp_path):
    db = open_archive(tmp_path / "kho", write=True)
    rows = [
        ("chaudoc" if one["cms"] == "nukeviet" else "dongthap", one["published"], one["category"], None,
         one["title"], one["body_text"])
        for one in truth
    ]  # fmt: skip
    written_archive.fill(db.conn, rows)
    for number, one in enumerate(truth, 1):
        db.execute("UPDATE articles SET lead = ? WHERE article_id = ?", [one["description"] or "", number])
    db.conn.commit()
    done = update(db)
    found = set(db.execute("SELECT article_id, other_id FROM near_duplicates").fetchall())
    db.close()
    assert (done.articles, done.pairs) == (len(truth), len(found))
    prepared = [prepare(one["title"], one["description"] or "", one["body_text"]) for one in truth]
    true, alike = set(), set()
    for first, second in itertools.combinations(range(len(truth)), 2):
        if is_copy(truth[first], truth[second]):
            true.add((first + 1, second + 1))
            if similarity(prepared[first], prepared[second]) >= 0.7:
                alike.add((first + 1, second + 1))
    assert len(alike) >= 100
    assert len(found & true) / len(found) >= PRECISION
    assert len(found & alike) / len(alike) >= RECALL
