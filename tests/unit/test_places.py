"""Every portal and article knows its unit then and now, and either name finds them."""

import sqlite3
from contextlib import closing
from datetime import date

import pytest

from archive import jurisdictions, places
from archive.reading import Archive
from archive.records import Portal
from archive.store import Store

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)
PORTALS = {
    "angiang": "vn-an-giang",
    "chaudoc-angiang": "vn-an-giang-chau-doc",
    "kiengiang": "vn-kien-giang",
    "huongtra": "vn-hue-huong-tra",
    "thuathienhue": "vn-thua-thien-hue",
    "camau": "vn-ca-mau-2025",
    "khong-ro": None,
}
DAYS = ("2021-12-28T15:30:00+07:00", "2025-06-30", "2025-07-01T08:00:00+07:00")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An archive of seven portals, each with an article before the merger, on its eve and after it."""
    path = tmp_path_factory.mktemp("noi") / "archive"
    with Store(path) as store:
        for key, unit in PORTALS.items():
            store.save_portal(Portal(key, f"Cổng {key}", (f"{key}.gov.example",), jurisdiction=unit))
        with store.db.transaction() as connection:
            for key in PORTALS:
                for number, day in enumerate(DAYS):
                    url = f"https://{key}.gov.example/{number}"
                    connection.execute(
                        "INSERT INTO articles (portal_key, url, urlkey, title, text, published_at,"
                        " text_digest, first_captured_at, last_captured_at) "
                        "VALUES (?, ?, ?, 'Họp', 'Nội dung.', ?, 'x', '2026-01-01', '2026-01-01')",
                        (key, url, url, day),
                    )
    return path


def rows(folder, sql, *values):
    # What any SQLite client sees: no function of ours is needed.
    with closing(sqlite3.connect(folder / "archive.db")) as connection:
        return connection.execute(sql, values).fetchall()


def test_an_article_names_its_unit_then_and_now(folder):
    sql = (
        "SELECT unit_then, province_then, unit_now, province_now FROM articles_by_place"
        " WHERE portal = ? ORDER BY published_at"
    )
    city = ("Thành phố Châu Đốc", "Tỉnh An Giang", "Tỉnh An Giang", "Tỉnh An Giang")
    assert rows(folder, sql, "chaudoc-angiang") == [city, city, ("Tỉnh An Giang",) * 4]
    old = ("Tỉnh Kiên Giang", "Tỉnh Kiên Giang", "Tỉnh An Giang", "Tỉnh An Giang")
    assert rows(folder, sql, "kiengiang") == [old, old, ("Tỉnh An Giang",) * 4]
    # A portal registered with the new unit: its older articles belong to the one of the same name.
    assert rows(folder, sql, "camau")[0] == ("Tỉnh Cà Mau",) * 4
    town = rows(folder, sql, "huongtra")
    assert town[0][:2] == ("Thị xã Hương Trà", "Tỉnh Thừa Thiên Huế"), "Huế was no city of its own in 2021"
    assert town[1][:2] == ("Thị xã Hương Trà", "Thành phố Huế")
    assert town[2] == ("Thành phố Huế",) * 4
    assert rows(folder, sql, "khong-ro") == [(None,) * 4] * 3
    assert rows(folder, "SELECT count(*) FROM articles_by_place") == [(3 * len(PORTALS),)]


def test_a_portal_names_its_unit_then_and_now(folder):
    sql = "SELECT unit, unit_until, unit_now, province, province_now FROM portals_by_place WHERE portal = ?"
    assert rows(folder, sql, "chaudoc-angiang") == [
        ("Thành phố Châu Đốc", "2025-06-30", "Tỉnh An Giang", "Tỉnh An Giang", "Tỉnh An Giang")
    ]
    assert rows(folder, sql, "kiengiang")[0][2:] == ("Tỉnh An Giang", "Tỉnh Kiên Giang", "Tỉnh An Giang")
    assert rows(folder, sql, "khong-ro") == [(None,) * 5]


def test_the_tables_say_what_the_functions_say(folder):
    governed = rows(folder, "SELECT jurisdiction, first_on, last_on, unit, province FROM governed")
    for key, first, last, unit, province in governed:
        for day in (first, last):
            found = jurisdictions.at(key, date.fromisoformat(day))
            above = jurisdictions.province(found.key, date.fromisoformat(day))
            assert (found.key, above.key if above else None) == (unit, province), (key, day)
    spans = {}
    for key, first, last, *_ in governed:
        assert first <= last
        assert spans.get(key, "") < first, "spans of one place never overlap"
        spans[key] = last
    assert set(spans) == set(jurisdictions.load())


def test_the_tables_are_filled_once_and_again_when_the_data_changed(tmp_path):
    with Store(tmp_path / "a") as store:
        assert places.refresh(store.db) is False
        with store.db.transaction() as connection:
            connection.execute("UPDATE jurisdictions_read SET digest = 'older'")
            connection.execute("DELETE FROM governed")
        assert places.refresh(store.db) is True
        assert store.db.execute("SELECT count(*) FROM governed").fetchone()[0] > len(jurisdictions.load())


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ('province:"Kiên Giang"', {"kiengiang"}),
        ("province:kiengiang", {"kiengiang"}),
        ('province:"An Giang"', {"angiang", "chaudoc-angiang", "kiengiang"}),
        ('province:"Châu Đốc"', {"chaudoc-angiang"}),
        ('province:"thành phố châu đốc"', {"chaudoc-angiang"}),
        ('province:"Thừa Thiên Huế"', {"huongtra", "thuathienhue"}),
        ("province:Huế", {"huongtra", "thuathienhue"}),
        ('province:"Bạc Liêu"', set()),
        ('province:"Cà Mau"', {"camau"}),
    ],
)
def test_either_name_finds_the_portals_of_a_place(folder, asked, found):
    with Archive(folder) as archive:
        hits = archive.search(asked, limit=100).hits
    assert {hit.portal for hit in hits} == found
    assert len(hits) == 3 * len(found)


@pytest.mark.parametrize(
    ("key", "then", "now", "how"),
    [
        ("vn-an-giang-chau-doc", "vn-an-giang-chau-doc", "vn-an-giang-2025", "derived"),
        ("vn-kien-giang", "vn-kien-giang", "vn-an-giang-2025", "named"),
        ("vn-an-giang-2025", "vn-an-giang", "vn-an-giang-2025", "named"),
        ("vn-ha-noi", "vn-ha-noi", "vn-ha-noi", "unchanged"),
    ],
)
def test_then_and_now_say_how_they_are_known(key, then, now, how):
    first, last, known = jurisdictions.then_and_now(key, BEFORE, AFTER)
    assert (first.key, last.key, known) == (then, now, how)


def test_a_district_that_ended_leads_to_its_province_and_back_to_itself():
    ended = [
        one for one in jurisdictions.load().values() if one.valid_to == BEFORE and one.level == "district"
    ]
    assert len(ended) > 10
    for one in ended:
        assert jurisdictions.at(one.key, BEFORE) is one
        after = jurisdictions.at(one.key, AFTER)
        assert after is not None
        assert after.level in jurisdictions.PROVINCIAL
        assert after is jurisdictions.province(one.key, AFTER)
        assert one.key in jurisdictions.below({jurisdictions.province(one.key).key})
