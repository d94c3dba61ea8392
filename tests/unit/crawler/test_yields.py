"""Families of URLs: what they teach, when they are put last, and when they are closed."""

import pytest

from archive.records import LeasedUrl, Link
from crawler.spelling import Spelling
from crawler.yields import DEMOTED, Yields, family_of, folder_of

ROOT = "http://xa.gov.example"


def lease(path, kind="page", priority=30):
    return LeasedUrl(1, "xa", ROOT + path, kind, 0, priority=priority)


def links(*paths, kind="article"):
    return [Link(ROOT + path, path, kind) for path in paths]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/tin/", "/tin/page-2/"),
        ("/tin", "/tin/page/3"),
        ("/tin", "/tin?page=4"),
        ("/tin?muc=3", "/tin?muc=3&page=2"),
        ("/tin/", "/tin/trang-12"),
    ],
)
def test_all_pages_of_a_listing_are_one_family(one, other):
    assert family_of(ROOT + one) == family_of(ROOT + other)


def test_two_listings_are_two_families():
    assert family_of(ROOT + "/tin/") != family_of(ROOT + "/van-ban/")


def test_folders():
    assert folder_of(ROOT + "/the/bong-da") == folder_of(ROOT + "/the/du-lich")
    assert folder_of(ROOT + "/?p=11") == folder_of(ROOT + "/?p=12")
    assert folder_of(ROOT + "/xem?b=1&a=2") == folder_of(ROOT + "/xem?a=3&b=4")
    assert folder_of(ROOT + "/gioi-thieu") == "", "what stands at the root has nothing in common"


def test_a_listing_ends_after_three_pages_without_anything_new():
    yields = Yields()
    for number in range(1, 4):
        assert yields.closed(lease(f"/tin?page={number}", "listing")) == ""
        yields.note(lease(f"/tin?page={number}", "listing"), 0)
    assert yields.closed(lease("/tin?page=4", "listing")) == "listing repeats what is known"
    assert yields.closed(lease("/van-ban?page=4", "listing")) == ""


def test_one_new_article_keeps_a_listing_open():
    yields = Yields()
    for number, fresh in ((1, 0), (2, 0), (3, 1), (4, 0), (5, 0)):
        yields.note(lease(f"/tin?page={number}", "listing"), fresh)
    assert yields.closed(lease("/tin?page=6", "listing")) == ""


def test_a_page_that_repeats_the_one_before_ends_its_listing_at_once():
    yields = Yields()
    yields.note(lease("/tin?page=7", "listing"), 3, digest="sha1:A")
    yields.note(lease("/tin?page=8", "listing"), 0, digest="sha1:A")
    assert yields.closed(lease("/tin?page=9", "listing")) == "listing repeats what is known"


def test_listings_are_reconciled_when_they_name_what_is_known_and_nothing_else():
    yields = Yields()
    for number in range(100):
        yields.note_page(lease(f"/tin/{number}.html"), article=True, links=(), fresh=0)
    for listing in range(12):
        known = links(*(f"/tin/{n}.html" for n in range(listing * 6, listing * 6 + 6)))
        deep = "?page=2" if listing > 9 else ""
        assert yields.closed(lease(f"/muc-{'abcdefghijkl'[listing]}{deep}", "listing")) == ""
        yields.note(lease(f"/muc-{'abcdefghijkl'[listing]}{deep}", "listing"), 0, known)
    assert yields.closed(lease("/muc-z", "listing")) == "listings are reconciled"
    yields.note(lease("/muc-y", "listing"), 1)
    assert yields.closed(lease("/muc-z", "listing")) == "", "something new: not reconciled at all"


def test_a_folder_that_teaches_nothing_comes_last_and_is_then_closed():
    yields = Yields()
    for number in range(3):
        assert not yields.demoted(lease(f"/the/{number}x"))
        assert yields.wary(lease(f"/the/{number}x"))
        yields.note_page(lease(f"/the/{number}x"), article=False, links=(), fresh=0)
    assert yields.demoted(lease("/the/du-lich"))
    assert not yields.demoted(lease("/tin/du-lich"))
    late = lease("/the/du-lich", priority=DEMOTED)
    assert not yields.demoted(late)
    assert yields.closed(late) == "", "it is tried once more before it is closed"
    for _ in range(2):
        yields.note_page(late, article=False, links=(), fresh=0)
    assert yields.closed(late) == "family teaches nothing new"
    yields.note_page(late, article=True, links=(), fresh=0)
    assert yields.closed(late) == "", "an article is worth the folder"


def test_links_into_its_own_family_are_no_gain():
    # A calendar in a form nobody knows: each month names the next one.
    yields = Yields()
    for number in range(3):
        onward = links(f"/lich-hop/thang/{number + 1}", kind="page")
        yields.note_page(lease(f"/lich-hop/thang/{number}"), article=False, links=onward, fresh=1)
    assert yields.demoted(lease("/lich-hop/thang/9"))


def test_soft_errors_count_twice():
    yields = Yields()
    for _ in range(2):
        yields.note_nothing(lease("/cu/a.html"), "redirected_home")
    assert yields.demoted(lease("/cu/b.html"))
    yields.note_nothing(lease("/cu/b.html"), "not_found")
    assert yields.closed(lease("/cu/c.html", priority=DEMOTED)) == "family teaches nothing new"


def test_short_links_to_what_is_known_are_closed():
    yields = Yields()
    yields.note_redirect(lease("/?p=1"), useful=False)
    assert yields.demoted(lease("/?p=2"))
    yields.note_redirect(lease("/?p=2"), useful=False)
    assert yields.closed(lease("/?p=3")) == "redirects to what is known"


def test_the_first_feed_is_always_read():
    yields = Yields()
    for listing in "abc":
        yields.note(lease(f"/{listing}", "listing"), 0)
        yields.note(lease("/rss", "feed"), 0)
    assert yields.closed(lease("/rss", "feed")) == ""
    yields.feeds = 1
    assert yields.closed(lease("/rss/tin", "feed")) != ""


def test_the_slash_of_a_folder_is_learned_and_unlearned():
    spelling = Spelling()
    url = ROOT + "/su-kien/le-hoi/"
    for name in ("a", "b"):
        assert spelling.address(url) == url
        spelling.learn(f"{ROOT}/su-kien/{name}/", f"{ROOT}/su-kien/{name}")
    assert spelling.address(url) == url.rstrip("/")
    assert spelling.address(ROOT + "/tin/le-hoi/") == ROOT + "/tin/le-hoi/", "another folder"
    assert spelling.address(ROOT + "/su-kien/x.html") == ROOT + "/su-kien/x.html"
    spelling.learn(f"{ROOT}/su-kien/c", f"{ROOT}/su-kien/c/")
    assert spelling.address(url) == url


def test_a_folder_whose_pages_are_marked_as_tags_is_closed_unasked():
    yields = Yields()
    tags = [Link(f"{ROOT}/the/{name}", name, "page", "excluded", "tag") for name in ("lua", "ca", "tom")]
    root = [Link(f"{ROOT}/{name}", name, "page", "excluded", "tag") for name in ("a", "b", "c")]
    yields.note_page(lease("/tin/1"), article=True, links=tags[:2], fresh=0)
    assert yields.closed(lease("/the/xoai")) == ""
    yields.note_page(lease("/tin/2"), article=True, links=[*tags, *root], fresh=0)
    assert yields.closed(lease("/the/xoai")) == "tag"
    assert yields.closed(lease("/gioi-thieu")) == "", "what stands at the root has nothing in common"
    yields.note_page(lease("/the/bai-viet"), article=True, links=(), fresh=0)
    assert yields.closed(lease("/the/xoai")) == "", "a folder that has held an article is no tag's"


def older(yields, count, at="2020-01-31T23:59:00+07:00"):
    for _ in range(count):
        yields.note_date(at)


def test_listings_end_where_articles_are_older_than_was_asked_for():
    yields = Yields(since="2020-02-01")
    deep, first = lease("/tin?page=9", "listing"), lease("/tin", "listing")
    older(yields, 19)
    assert yields.closed(deep) == ""
    older(yields, 1, at="2020-02-01T00:00:00+07:00")
    older(yields, 19)
    assert yields.closed(deep) == "", "the day itself is new enough, and begins the count anew"
    older(yields, 1)
    assert yields.closed(deep) == "older than --since 2020-02-01"
    assert yields.closed(first) == "", "what is new stands on first pages"
    yields.note_date(None)
    assert yields.closed(deep) != "", "an article without a date says nothing"
    anew = Yields()
    older(anew, 100)
    assert anew.closed(deep) == ""


@pytest.mark.parametrize(("in_sitemaps", "most"), [(1, 8), (0, 80)])
def test_how_many_listings_in_a_row_may_teach_nothing(in_sitemaps, most):
    yields = Yields()
    yields.in_sitemaps, yields.articles = in_sitemaps, 1000
    names = [f"/m{'abcdefghij'[n // 10]}{'abcdefghij'[n % 10]}" for n in range(90)]
    for name in names[: most - 1]:
        yields.note(lease(name, "listing"), 0)
    assert yields.closed(lease("/xyz", "listing")) == ""
    yields.note(lease(names[most - 1], "listing"), 0)
    assert yields.closed(lease("/xyz", "listing")) == "listings teach nothing new"
    yields.note(lease("/khac", "listing"), 1)
    assert yields.closed(lease("/xyz", "listing")) == "", "one that does begins the count anew"


def ground(yields, listings, *, deep, named=10):
    """Let listings of families of their own name what is known, *deep* of them on further pages."""
    for number in range(listings):
        page = "?page=2" if number < deep else ""
        known = links(*(f"/tin/{n}.html" for n in range(named)))
        yields.note(lease(f"/muc-{'abcdefghijklmnop'[number]}{page}", "listing"), 0, known)


@pytest.mark.parametrize(
    ("listings", "deep", "named", "is_closed"),
    [(12, 2, 6, True), (11, 2, 6, False), (12, 1, 6, False), (12, 2, 5, False), (13, 3, 10, True)],
)
def test_when_listings_are_reconciled(listings, deep, named, is_closed):
    yields = Yields()
    yields.articles = 10
    ground(yields, listings, deep=deep, named=named)
    assert (yields.closed(lease("/muc-z", "listing")) == "listings are reconciled") == is_closed


def test_on_known_ground_a_listing_has_two_pages_to_teach_something():
    yields = Yields()
    yields.articles = 10
    known = links(*(f"/tin/{n}.html" for n in range(6)))
    yields.note(lease("/tin?page=1", "listing"), 0, known)
    assert yields.closed(lease("/tin?page=3", "listing")) == ""
    yields.note(lease("/tin?page=2", "listing"), 0, known)
    assert yields.closed(lease("/tin?page=3", "listing")) == "listing repeats what is known"


def test_what_listings_name_beside_articles_is_no_ground():
    yields = Yields()
    yields.articles = 2
    for page in (1, 2):
        yields.note(lease(f"/tin?page={page}", "listing"), 0, links("/a.pdf", "/b.pdf", kind="attachment"))
    assert yields.closed(lease("/tin?page=3", "listing")) == ""


def test_short_links_are_judged_by_form_alone():
    yields = Yields()
    for _ in range(9):
        yields.note_redirect(lease("/tin/cu"), useful=False)
    assert yields.closed(lease("/tin/cu-2")) == ""
    assert not yields.demoted(lease("/tin/cu-2")), "a folder is judged by what its pages are"
    yields.note_redirect(lease("/?p=1"), useful=False)
    assert yields.closed(lease("/?p=2")) == ""
    yields.note_redirect(lease("/?p=2"), useful=True)
    assert not yields.demoted(lease("/?p=3"))
    for _ in range(3):
        yields.note_redirect(lease("/?p=3"), useful=False)
    assert yields.demoted(lease("/?p=4"))
    assert yields.closed(lease("/?p=4")) == "redirects to what is known"


def wasted(yields, folder, count):
    for number in range(count):
        yields.note_page(lease(f"{folder}/{number}"), article=False, links=(), fresh=0)


def test_how_often_a_folder_is_tried():
    yields = Yields()
    wasted(yields, "/a", 2)
    assert not yields.demoted(lease("/a/x"))
    assert not yields.demoted(lease("/a/x", priority=DEMOTED + 1))
    wasted(yields, "/a", 1)
    assert yields.demoted(lease("/a/x", priority=DEMOTED + 1))
    assert not yields.demoted(lease("/a/x", priority=DEMOTED)), "it is last already"
    wasted(yields, "/a", 1)
    assert yields.closed(lease("/a/x", priority=DEMOTED)) == ""
    wasted(yields, "/a", 1)
    assert yields.closed(lease("/a/x", priority=DEMOTED)) == "family teaches nothing new"
    assert yields.closed(lease("/a/x", priority=DEMOTED + 1)) == "", "first it is put last"
    assert not yields.demoted(lease("/a/x", "article")), "only what nobody knows is judged so"


def test_a_folder_that_has_held_articles_is_tried_sixty_times():
    yields = Yields()
    yields.note_page(lease("/a/bai"), article=True, links=(), fresh=0)
    assert not yields.wary(lease("/a/x"))
    wasted(yields, "/a", 59)
    assert yields.wary(lease("/a/x"))
    assert yields.closed(lease("/a/x", priority=DEMOTED)) == ""
    wasted(yields, "/a", 1)
    assert yields.closed(lease("/a/x", priority=DEMOTED)) == "family teaches nothing new"
    assert yields.articles == 1


def test_what_stands_at_the_root_is_never_judged():
    yields = Yields()
    wasted(yields, "", 200)
    for one in (lease("/x"), lease("/x", priority=DEMOTED)):
        assert (yields.demoted(one), yields.closed(one), yields.wary(one)) == (False, "", False)


def test_words_of_nothing():
    yields = Yields()
    yields.note_nothing(lease("/a/1"), "login")
    yields.note_nothing(lease("/a/1"), "not_found")
    assert yields.demoted(lease("/a/2")), "one and two"
    yields.note_nothing(lease("/b/1", "article"), "not_found")
    yields.note_nothing(lease("/b/1"), "maintenance")
    yields.note_nothing(lease("/b/1"), "not_found")
    assert not yields.demoted(lease("/b/2")), (
        "an article that is gone, or a portal at rest, is no fault of b's"
    )


def test_unknown_links_beyond_its_own_family_are_worth_a_folder():
    yields = Yields()
    wasted(yields, "/a", 5)
    onward = [*links("/a/7", kind="page"), *links("/tin/1.html")]
    yields.note_page(lease("/a/6"), article=False, links=onward, fresh=2)
    assert yields.closed(lease("/a/x", priority=DEMOTED)) == ""
    assert not yields.wary(lease("/a/x"))


def test_three_feeds_that_teach_nothing_close_the_others():
    yields = Yields()
    yields.feeds = 1
    for number in range(3):
        assert yields.closed(lease(f"/rss/{number}", "feed")) == ""
        yields.note(lease(f"/rss/{number}", "feed"), 0)
    assert yields.closed(lease("/rss/9", "feed")) == "listing repeats what is known"
    assert yields.closed(lease("/tin", "listing")) == ""
