"""Queries with known answers over the two replays: floors that may rise and never fall."""

import random
from collections import defaultdict
from pathlib import Path

import pytest

from archive import Archive
from archive.search import across, ranking
from archive.vietnamese.fold import fold
from tests.quality.replayed import NAMES, queries, replayed_archive
from tests.quality.test_replays import capture

QUERIES = queries(Path(__file__).with_name("relevance.txt"))
RECALL_FLOOR, FIRST_FLOOR = 0.99, 0.985
# Ranking only the newest few of a match, as a huge archive must: here the newest 5 of at most 329.
BOUNDED_RECALL, BOUNDED_FIRST = 0.95, 0.93
# Each replay an archive of its own, searched together: the answer first, and the ten that are the same.
ACROSS_FIRST, ACROSS_SHARED = 0.98, 0.96


@pytest.fixture(scope="module")
def replayed(shared_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("replayed") / "archive"
    pids = replayed_archive(shared_dir / "captures", folder)
    with Archive(folder) as archive:
        yield archive, {url: pid.removeprefix("v-") for url, pid in pids.items()}


@pytest.fixture(scope="module")
def shards(shared_dir, tmp_path_factory):
    """Each replay as an archive of its own."""
    folders = [tmp_path_factory.mktemp(name) / "archive" for name in NAMES]
    for name, folder in zip(NAMES, folders, strict=True):
        replayed_archive(shared_dir / "captures", folder, (name,))
    return folders


def found(replayed, query):
    """Return the article numbers of each of the first ten hits, copies folded into one among them."""
    archive, pids = replayed
    return [
        [pids[url] for url in (hit.url, *(copy.url for copy in hit.copies))]
        for hit in archive.search(query, limit=10).hits
    ]


def measured(replayed):
    """Return the share of queries whose answer comes first, the mean recall@10, and both by kind."""
    firsts, recalls = defaultdict(list), defaultdict(list)
    missed = []
    for kind, query, first, others in QUERIES:
        hits = found(replayed, query)
        flat = {pid for hit in hits for pid in hit}
        wanted = {first[0], *others}
        firsts[kind].append(bool(hits) and not set(first).isdisjoint(hits[0]))
        recalls[kind].append(len(wanted & flat) / len(wanted))
        if not firsts[kind][-1] or recalls[kind][-1] < 1:
            missed.append((query, first, hits[:3]))
    everything = [sum(sum(rows, []), 0.0) / len(QUERIES) for rows in (firsts.values(), recalls.values())]
    return *everything, {kind: sum(rows) / len(rows) for kind, rows in firsts.items()}, missed


def test_the_set_is_large_enough_and_of_every_kind():
    kinds = {kind for kind, *_ in QUERIES}
    assert len(QUERIES) >= 150
    assert kinds == {"none", "full", "half", "tone", "d", "abbr", "doc", "name", "form", "lang"}
    assert len({query for _, query, *_ in QUERIES}) == len(QUERIES)


def test_the_answer_comes_first_and_nothing_is_missed(replayed):
    first, recall, kinds, missed = measured(replayed)
    assert recall >= RECALL_FLOOR, missed
    assert first >= FIRST_FLOOR, missed
    assert min(kinds.values()) >= 0.9, (kinds, missed)


def test_what_ranking_a_bounded_set_costs(replayed, monkeypatch):
    monkeypatch.setattr(ranking, "RANK_BOUND", 5)
    first, recall, _, missed = measured(replayed)
    assert recall >= BOUNDED_RECALL, missed
    assert first >= BOUNDED_FIRST, missed


def test_two_archives_answer_as_their_union(replayed, shards):
    archive, pids = replayed
    first = shared = 0.0
    for _, query, answers, _ in QUERIES:
        one = {hit.title for hit in archive.search(query, limit=10).hits}
        several = across(shards, query, limit=10).hits
        shared += len(one & {hit.title for hit in several}) / max(1, len(one))
        leading = [several[0].url, *(copy.url for copy in several[0].copies)] if several else []
        first += not set(answers).isdisjoint(pids[url] for url in leading)
    assert first / len(QUERIES) >= ACROSS_FIRST
    assert shared / len(QUERIES) >= ACROSS_SHARED


@pytest.mark.parametrize("how", ["full", "none", "half", "upper"])
def test_every_title_finds_its_article_first(replayed, shared_dir, how):
    dice = random.Random(1)
    rows = [row for name in NAMES for row in capture(shared_dir / "captures", name)[1]]
    missed = []
    for row in rows[:: 1 if how == "none" else 3]:
        title = row.get("title_displayed") or row["title"]
        query = {
            "full": title,
            "none": fold(title),
            "half": " ".join(word if dice.random() < 0.5 else fold(word) for word in title.split()),
            "upper": title.upper(),
        }[how]
        hits = found(replayed, query)
        if not hits or row["pid"].removeprefix("v-") not in hits[0]:
            missed.append((query, hits[:3]))
    assert not missed
