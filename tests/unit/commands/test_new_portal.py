"""`khocong new-portal`: a look at a site becomes a registry file that loads."""

from datetime import date

import pytest

from archive.errors import KhoCongError
from crawler import registry
from crawler.commands.new_portal import Look, place_file, proposal, read_look

DAY = date(2026, 11, 23)
FRONT = """<html><head><meta name="generator" content="Joomla! - Open Source Content Management">
<title>Trang chủ - Trang thông tin điện tử xã "Minh Hòa"</title></head><body><h1>Tin mới</h1></body></html>"""


def test_the_front_page_tells_name_and_platform():
    look = read_look("https://minhhoa.angiang.gov.vn/", FRONT)
    assert look.name == 'Trang thông tin điện tử xã "Minh Hòa"'
    assert look.platform == "joomla"
    with pytest.raises(KhoCongError, match="empty page"):
        read_look("https://minhhoa.angiang.gov.vn/", " ")


def test_the_file_it_writes_loads(tmp_path):
    look = read_look("https://www.minhhoa.angiang.gov.vn/", FRONT)
    key, text = proposal(look, DAY)
    path = place_file(key, text, tmp_path)
    assert path == tmp_path / "angiang" / "minhhoa-angiang.yml"
    config = registry.load_all(tmp_path)[key]
    assert config.name == look.name
    assert [host.name for host in config.hosts] == ["minhhoa.angiang.gov.vn", "www.minhhoa.angiang.gov.vn"]
    assert config.jurisdiction == "vn-an-giang-2025"
    assert (config.platform, config.to_portal().platform) == ("joomla", None)
    assert (config.evidence, config.evidence_on) == ("seen", DAY)
    with pytest.raises(KhoCongError, match="exists"):
        place_file(key, text, tmp_path)


def test_what_is_not_seen_is_left_out(tmp_path):
    key, text = proposal(Look("http://127.0.0.1:8081/", "127.0.0.1:8081", "generic", 0.0), DAY)
    assert "jurisdiction" not in text
    assert "\nplatform:" not in text
    path = place_file(key, text, tmp_path)
    assert path == tmp_path / "unplaced" / "127-0-0-1-8081.yml"


def test_a_file_that_does_not_load_does_not_stay(tmp_path):
    with pytest.raises(KhoCongError):
        place_file("x", "name: x\nhosts:\n  - x.gov.example\n", tmp_path)
    assert not list(tmp_path.rglob("*.yml"))


@pytest.mark.parametrize(
    ("host", "name", "unit", "organ"),
    [
        ("chaudoc2.angiang.gov.vn", "Trang thông tin điện tử thành phố Châu Đốc", "vn-an-giang-chau-doc",
         "Ủy ban nhân dân thành phố Châu Đốc"),
        ("chauduc.angiang.gov.vn", "Trang thông tin điện tử xã Vĩnh Trung", "vn-an-giang-2025",
         "Ủy ban nhân dân xã Vĩnh Trung"),
        ("xaydung.kiengiang.gov.vn", "Cổng TTĐT Sở Xây dựng tỉnh Kiên Giang", "vn-an-giang-2025",
         "Sở Xây dựng tỉnh Kiên Giang"),
        ("minhhoa.gov.example", "Cổng thông tin điện tử", None, None),
    ],
)  # fmt: skip
def test_unit_and_organ_are_guessed_and_said_to_be(tmp_path, host, name, unit, organ):
    key, text = proposal(Look(f"https://{host}/", name, "generic", 0.0), DAY)
    config = registry.load_all(place_file(key, text, tmp_path).parent)[key]
    assert (config.jurisdiction, config.organ) == (unit, organ)
    assert ("guessed" in config.notes) is bool(unit or organ)
