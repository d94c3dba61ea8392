"""Who governed what, when: 63 provinces, 34 after them, and the units the registry names."""

from datetime import date

import pytest

from archive import jurisdictions

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)


def provinces_on(day):
    return [
        u for u in jurisdictions.load().values() if u.level in jurisdictions.PROVINCIAL and u.lived_on(day)
    ]


def test_there_are_63_and_then_34():
    assert len(provinces_on(date(2020, 1, 1))) == 63
    assert len(provinces_on(BEFORE)) == 63
    assert len(provinces_on(AFTER)) == 34
    assert len([u for u in provinces_on(AFTER) if u.level == "central_city"]) == 6


def test_every_province_of_the_table_leads_to_its_successor(shared_dir):
    lines = (shared_dir / "facts" / "provinces.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(lines) == 63
    for line in lines:
        old, _, _, _, new, _ = line.split("\t")
        old_name = old.replace(" (city)", "")
        new_name = new.split(" (")[0]
        before = jurisdictions.province_of(old_name, date(2024, 12, 31))
        after = jurisdictions.at(before.key, AFTER)
        assert after is jurisdictions.province_of(new_name, AFTER), line
        assert after.lived_on(AFTER)


def test_a_merged_province_is_followed_forward_and_back():
    kien_giang = jurisdictions.unit("vn-kien-giang")
    assert jurisdictions.successor("vn-kien-giang").key == "vn-an-giang-2025"
    assert jurisdictions.at("vn-kien-giang", AFTER).key == "vn-an-giang-2025"
    assert jurisdictions.at("vn-an-giang-2025", BEFORE).key == "vn-an-giang"
    assert {u.key for u in jurisdictions.predecessors("vn-an-giang-2025")} == {"vn-an-giang", "vn-kien-giang"}
    assert kien_giang.lived_on(BEFORE)
    assert not kien_giang.lived_on(AFTER)
    assert jurisdictions.unit("vn-an-giang-2025").seat_in == "vn-kien-giang"


def test_a_district_has_no_successor_but_its_land_has_a_province():
    chau_doc = jurisdictions.unit("vn-an-giang-chau-doc")
    assert (chau_doc.level, chau_doc.name, chau_doc.short_name) == ("city", "Thành phố Châu Đốc", "Châu Đốc")
    assert jurisdictions.successor(chau_doc.key) is None
    assert jurisdictions.at(chau_doc.key, BEFORE) is chau_doc
    assert jurisdictions.at(chau_doc.key, AFTER).key == "vn-an-giang-2025"
    assert jurisdictions.province(chau_doc.key).key == "vn-an-giang"
    assert jurisdictions.province(chau_doc.key, AFTER).key == "vn-an-giang-2025"


@pytest.mark.parametrize(
    ("name", "day", "key"),
    [
        ("Kiên Giang", None, "vn-kien-giang"),
        ("kien giang", AFTER, "vn-an-giang-2025"),
        ("tỉnh An Giang", BEFORE, "vn-an-giang"),
        ("An Giang", None, "vn-an-giang-2025"),
        ("TP HCM", AFTER, "vn-ho-chi-minh-2025"),
        ("TP. Hồ Chí Minh", BEFORE, "vn-ho-chi-minh"),
        ("Bà Rịa – Vũng Tàu", BEFORE, "vn-ba-ria-vung-tau"),
        ("Thừa Thiên Huế", date(2026, 1, 1), "vn-hue"),
        ("Đắc Lắc", None, None),
        ("Hoà Bình", BEFORE, "vn-hoa-binh"),
    ],
)
def test_names_old_and_new_are_understood(name, day, key):
    found = jurisdictions.province_of(name, day)
    assert (found.key if found else None) == key


def test_initials_name_every_candidate():
    assert [u.key for u in jurisdictions.initials("AG", BEFORE)] == ["vn-an-giang"]
    assert [u.key for u in jurisdictions.initials("AG", AFTER)] == ["vn-an-giang-2025"]
    assert [u.key for u in jurisdictions.initials("BR-VT", BEFORE)] == ["vn-ba-ria-vung-tau"]
    assert {u.key for u in jurisdictions.initials("HN", BEFORE)} == {"vn-ha-noi", "vn-ha-nam"}
    assert {u.key for u in jurisdictions.initials("BĐ", BEFORE)} == {"vn-binh-dinh"}
    assert jurisdictions.initials("") == ()


def test_unknown_keys_are_key_errors():
    with pytest.raises(KeyError):
        jurisdictions.unit("vn-atlantis")


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (
            "{level: province, name: A, evidence: seen, successor: vn-no, valid_to: 2025-06-30}",
            "successor 'vn-no'",
        ),
        ("{level: province, name: A, evidence: seen, valid_to: 30-6-2025}", "valid_to"),
        ("{level: hamlet, name: A, evidence: seen}", "level must be"),
        ("{level: province, name: A, evidence: seen, colour: red}", "unknown field 'colour'"),
        ("{level: province, name: A, evidence: seen, successor: vn-b}", "must begin when it ends"),
    ],
)
def test_a_bad_row_is_named(tmp_path, row, complaint):
    path = tmp_path / "units.yml"
    path.write_text(
        f"units:\n  vn-a: {row}\n  vn-b: {{level: province, name: B, evidence: seen}}\n", encoding="utf-8"
    )
    with pytest.raises(ValueError, match=complaint):
        jurisdictions.read_units(path)
