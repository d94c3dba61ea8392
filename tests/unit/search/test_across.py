"""Several archives answer as one of all of them would."""

import pytest
import written_archive

from archive import Archive
from archive.search import across, search

QUERIES = (
    "chi thi 33 dan van", "Châu Đốc", "dan", "dân", "phường", "UBND tỉnh họp", "hoà giải", "trong cay sat lo",
    "hoc sinh", "bác sĩ trẻ", "nước sạch OR nuoc", "gia đình", "mua mưa",
    '"nông thôn"', "doanh nghiệp năng lượng",
    "tre* em", "-dân phường", "year:2022", "source:báo",
)  # fmt: skip


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """The written archive cut by portal into three, and whole."""
    made = []
    for keys in (("chaudoc",), ("dongthap", "thuanhoa"), ("danang",)):
        articles = [one for one in written_archive.ARTICLES if one[0] in keys]
        portals = {key: written_archive.PORTALS[key] for key in keys}
        made.append(written_archive.make(tmp_path_factory.mktemp("shard") / "kho", articles, portals))
    return made, written_archive.make(tmp_path_factory.mktemp("whole") / "kho")


@pytest.mark.parametrize("query", QUERIES)
def test_the_same_articles_lead(shards, query):
    folders, whole = shards
    with Archive(whole) as archive:
        one = archive.search(query, limit=50, facets=True)
    several = across(folders, query, limit=50, facets=True)
    assert (several.total, several.total_is_exact) == (one.total, True)
    assert {hit.title for hit in several.hits} == {hit.title for hit in one.hits}
    assert several.facets.values == one.facets.values
    # Lengths are compared with those of their own archive still, so near ties may change places.
    first = one.hits[0]
    ties = {hit.title for hit in one.hits if hit.score >= 0.8 * first.score}
    assert several.hits[0].title in ties


@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_dates_are_one_order(shards, sort):
    folders, whole = shards
    with Archive(whole) as archive:
        one = archive.search("dân", sort=sort, limit=50)
    several = across(folders, "dân", sort=sort, limit=50)
    assert [hit.title for hit in several.hits] == [hit.title for hit in one.hits]


def test_pages_do_not_overlap(shards):
    folders, _ = shards
    whole = [hit.url for hit in across(folders, "dan", limit=12).hits]
    pages = [hit.url for at in (0, 4, 8) for hit in across(folders, "dan", limit=4, offset=at).hits]
    assert pages == whole
    assert len(set(pages)) == 12


def test_scores_follow_the_words_of_all_archives(tmp_path):
    """A word that is common here and rare there is worth the same in both."""
    common = [("chaudoc", "2022-01-01", None, None, f"Châu Đốc tin {n}", f"Tin số {n}.") for n in range(30)]
    common.append(("chaudoc", "2022-01-02", None, None, "Lễ hội Châu Đốc", "Lễ hội Châu Đốc ở Châu Đốc."))
    rare = [("danang", "2022-01-01", None, None, f"Tin khác {n}", f"Chuyện số {n}.") for n in range(30)]
    rare.append(("danang", "2022-01-02", None, None, "Đà Nẵng", "Lễ hội có khách từ Châu Đốc."))
    portals = written_archive.PORTALS
    folders = [
        written_archive.make(tmp_path / key, articles, {key: portals[key]})
        for key, articles in (("chaudoc", common), ("danang", rare))
    ]
    hits = across(folders, "Châu Đốc lễ hội").hits
    assert [hit.title for hit in hits] == ["Lễ hội Châu Đốc", "Đà Nẵng"]
    assert [hit.archive for hit in hits] == [str(folder) for folder in folders]


def test_marks_are_ignored_only_where_nobody_has_them(shards):
    folders, _ = shards
    with_marks = across(folders, "Hoà giải")
    assert {hit.portal for hit in with_marks.hits} == {"danang"}
    without = across(folders, "hóa giai viên")
    assert without.total > 0
    assert any("without marks" in note for note in without.notes)


def test_one_text_in_two_archives_is_one_hit(tmp_path):
    row = written_archive.ARTICLES[0]
    folders = [
        written_archive.make(tmp_path / key, [(key, *row[1:])], {key: written_archive.PORTALS[key]})
        for key in ("chaudoc", "dongthap")
    ]
    found = across(folders, "dan van")
    (hit,) = found.hits
    assert (found.total, found.folded, hit.also_portals) == (2, 1, 1)


def test_one_archive_is_the_search_itself(folder):
    with Archive(folder) as archive:
        alone = search(archive.db, "dan van")
    assert [hit.url for hit in across([folder], "dan van").hits] == [hit.url for hit in alone.hits]
