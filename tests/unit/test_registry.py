"""The registry: every file loads, every mistake is named by file and line, any URL is a portal."""

import re
from datetime import date

import pytest

from archive import jurisdictions
from archive.errors import UnknownPortal
from crawler import registry
from crawler.platforms import PLATFORMS

GOOD = """name: Cổng thông tin điện tử xã Minh Hòa
jurisdiction: vn-an-giang
hosts: [minhhoa.gov.example, www.minhhoa.gov.example]
evidence: {kind: believed, noted_on: 2026-11-23, what: made up}
"""


@pytest.fixture(scope="module")
def portals():
    return registry.load_all(platforms=frozenset(PLATFORMS))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "minhhoa.yml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def test_every_provincial_domain_is_registered(portals, shared_dir):
    lines = (shared_dir / "facts" / "provinces.tsv").read_text(encoding="utf-8").splitlines()[1:]
    hosts = {host.name: portal for portal in portals.values() for host in portal.hosts}
    for line in lines:
        domain = line.split("\t")[1]
        unit = jurisdictions.unit(hosts[domain].jurisdiction)
        assert unit.level in jurisdictions.PROVINCIAL, domain


def test_every_successor_has_a_portal(portals):
    """Each of the 34 provinces is reached from the portals of those it was made of."""
    after = date(2025, 7, 1)
    reached = set()
    for portal in portals.values():
        unit = portal.unit_on(after)
        if portal.successor:
            following = portals[portal.successor].unit_on(after)
            assert following is unit, portal.key
        if unit is not None and unit.level in jurisdictions.PROVINCIAL:
            reached.add(unit.key)
    assert len(reached) == 34


def test_every_host_of_the_facts_is_registered_or_left_out_by_name(portals, shared_dir):
    text = (shared_dir / "facts" / "portals.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:[a-z0-9-]+\.)+gov\.vn\b", text))
    known = {host.name.removeprefix("www.") for portal in portals.values() for host in portal.hosts}
    missing = {host for host in named if host.removeprefix("www.") not in known}
    assert missing <= {"hdnd.gov.vn"}, sorted(missing)


def test_each_portal_says_how_it_is_known(portals):
    for portal in portals.values():
        assert portal.evidence in ("seen", "listed", "believed")
        assert portal.evidence_what
        assert portal.evidence_on is not None
        assert portal.seeds
        assert portal.name


def test_a_portal_is_found_by_key_host_and_url():
    for word in (
        "chaudoc-angiang",
        "CHAUDOC-angiang",
        "chaudoc.angiang.gov.vn",
        "www.chaudoc.angiang.gov.vn",
        "http://chaudoc.angiang.gov.vn/wps/portal/Home/x",
        "https://CHAUDOC.angiang.gov.vn:443/",
    ):
        assert registry.find(word).key == "chaudoc-angiang", word
    assert registry.find("angiang.gov.vn").key == "angiang"
    assert registry.find("minhhoa.gov.example") is None
    assert registry.find("no such thing") is None


def test_any_url_is_a_portal_of_its_own_host():
    portal = registry.resolve("http://127.0.0.1:8081/news/")
    assert (portal.key, portal.hosts, portal.platform) == ("127.0.0.1-8081", ("127.0.0.1:8081",), None)
    assert registry.resolve("xa.gov.example").hosts == ("xa.gov.example",)
    assert registry.resolve("https://xa.gov.example:443/a").key == "xa.gov.example"
    assert registry.resolve("localhost:8000").key == "localhost-8000"


@pytest.mark.parametrize("word", ["chau doc", "Châu Đốc", "chaudoc", "chaudoc-an-giang"])
def test_an_unknown_word_names_the_nearest_keys(word):
    with pytest.raises(UnknownPortal, match="chaudoc-angiang"):
        registry.resolve(word)


@pytest.mark.parametrize(
    "word", ["", "???", "ftp://xa.gov.example/", "xa gov example", "http://", "http://[::1"]
)
def test_what_is_neither_key_nor_url_is_unknown(word):
    with pytest.raises(UnknownPortal):
        registry.resolve(word)
    with pytest.raises(UnknownPortal):
        registry.seeds_for(word)


def test_seeds_are_the_portals_own_or_the_url():
    assert [s.url for s in registry.seeds_for("http://127.0.0.1:8081")] == ["http://127.0.0.1:8081/"]
    assert [s.url for s in registry.seeds_for("xa.gov.example")] == ["https://xa.gov.example/"]
    deep = registry.seeds_for("https://chaudoc.angiang.gov.vn/wps/portal/Home/khac")
    assert deep[0].url.endswith("/khac")
    assert deep[1:] == registry.seeds_for("chaudoc-angiang")


def test_a_platform_is_a_hint_unless_pinned(folder):
    path = folder / "minhhoa.yml"
    path.write_text(GOOD + "platform: liferay\n", encoding="utf-8")
    config = registry.load_all(folder)["minhhoa"]
    assert (config.platform, config.to_portal().platform) == ("liferay", None)
    path.write_text(GOOD + "platform: liferay\npin_platform: true\n", encoding="utf-8")
    assert registry.load_all(folder)["minhhoa"].to_portal().platform == "liferay"


def test_a_full_file_is_read_whole(folder):
    (folder / "day-du.yml").write_text(
        """name: Cổng đầy đủ
jurisdiction: vn-an-giang-chau-doc
organ: UBND thành phố
platform: nukeviet
hosts:
  - daydu.gov.example
  - {host: cu.gov.example, valid_to: 2025-06-30}
seeds:
  - {url: "https://daydu.gov.example/news/", category: tin_tuc}
politeness: {delay_s: 5, quiet_hours: "07:00-11:30"}
expect: {min: {articles_per_week: 10, with_published_at: 0.95}, max: {articles_per_week: 400}}
successor: minhhoa
status: redirecting
rendering: browser
wait_for: "#danh-sach li"
source_names: [ĐĐ]
evidence: {kind: seen, noted_on: 2026-11-23, what: a page}
notes: "x"
""",
        encoding="utf-8",
    )
    config = registry.load_all(folder, platforms=frozenset(PLATFORMS))["day-du"]
    assert config.hosts[1] == registry.Host("cu.gov.example", None, date(2025, 6, 30))
    assert config.politeness.delay_s == 5.0
    assert config.seeds[0].category == "tin_tuc"
    assert config.expect["min"]["with_published_at"] == 0.95
    assert config.unit_on(date(2025, 7, 1)).key == "vn-an-giang-2025"
    assert (config.rendering, config.wait_for) == ("browser", "#danh-sach li")


@pytest.mark.parametrize(
    ("addition", "line", "complaint"),
    [
        ("colour: red\n", 5, "unknown key 'colour'"),
        ("successor: nowhere\n", 5, "unknown successor 'nowhere'"),
        ("platform: geocities\n", 5, "unknown platform 'geocities'"),
        ("status: asleep\n", 5, "status must be one of"),
        ("politeness: {delay_s: fast}\n", 5, "delay_s 'fast'"),
        ("politeness: {delay: 5}\n", 5, "politeness takes"),
        ("politeness: {quiet_hours: noon}\n", 5, "quiet_hours"),
        ("politeness: {insecure_tls: maybe}\n", 5, "insecure_tls is allow or refuse"),
        ("expect: {least: 3}\n", 5, "expect is"),
        ("expect:\n  min:\n    joy: 3\n", 6, "nothing to expect"),
        ('seeds: ["https://elsewhere.gov.example/"]\n', 5, "not an http"),
        ("name: again\n", 5, "written twice"),
        ("notes: [a\n", 6, "not readable as YAML"),
    ],
)
def test_a_mistake_is_named_by_file_and_line(folder, addition, line, complaint):
    (folder / "minhhoa.yml").write_text(GOOD + addition, encoding="utf-8")
    with pytest.raises(registry.RegistryError) as raised:
        registry.load_all(folder, platforms=frozenset(PLATFORMS))
    message = str(raised.value)
    assert re.match(rf".*minhhoa\.yml:{line}: ", message), message
    assert complaint in message


@pytest.mark.parametrize(
    ("old", "new", "line", "complaint"),
    [
        ("noted_on: 2026-11-23", "on: 2026-11-23", 4, "evidence is"),
        ("jurisdiction: vn-an-giang", "jurisdiction: vn-atlantis", 2, "unknown jurisdiction"),
        ("noted_on: 2026-11-23", "noted_on: last week", 4, "not a date"),
        ("noted_on: 2026-11-23", "noted_on: 2026-13-23", 4, "evidence"),
        ("kind: believed", "kind: rumour", 4, "evidence is"),
        ("minhhoa.gov.example,", "'not a host',", 3, "not a host name"),
        ("hosts: [minhhoa.gov.example, www.minhhoa.gov.example]", "hosts: []", 3, "at least one host"),
        (
            "hosts: [minhhoa.gov.example,",
            "hosts: [{host: minhhoa.gov.example, valid_to: 30/6/2025},",
            3,
            "valid_to '30/6/2025' is not a date",
        ),
        ("name: Cổng", "name: 7\nx: Cổng", 1, ""),
    ],
)
def test_a_wrong_value_is_named_by_file_and_line(folder, old, new, line, complaint):
    (folder / "minhhoa.yml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(registry.RegistryError) as raised:
        registry.load_all(folder)
    assert complaint in str(raised.value)
    if complaint:
        assert f"minhhoa.yml:{line}: " in str(raised.value)


def test_a_host_has_one_portal_at_a_time(folder):
    other = GOOD.replace("[minhhoa.gov.example, www.minhhoa.gov.example]", "[www.minhhoa.gov.example]")
    (folder / "xa.yml").write_text(other, encoding="utf-8")
    with pytest.raises(registry.RegistryError, match=r"xa\.yml:3: the host .* also belongs to minhhoa"):
        registry.load_all(folder)
    # A district's host may pass to the commune of the same name.
    before = "[{host: minhhoa.gov.example, valid_to: 2025-06-30}]"
    after = "[{host: minhhoa.gov.example, valid_from: 2025-07-01}]"
    listed = "[minhhoa.gov.example, www.minhhoa.gov.example]"
    (folder / "minhhoa.yml").write_text(GOOD.replace(listed, before), encoding="utf-8")
    (folder / "xa.yml").write_text(GOOD.replace(listed, after), encoding="utf-8")
    assert len(registry.load_all(folder)) == 2
    assert registry.find("minhhoa.gov.example", folder).key == "xa"


@pytest.mark.parametrize(
    ("printed", "day", "key"),
    [
        ("(Cổng TTĐT tỉnh AG)", date(2021, 12, 28), "angiang"),
        ("Cổng TTĐT tỉnh An Giang", date(2026, 1, 1), "angiang"),
        ("Cổng Thông tin điện tử tỉnh Kiên Giang", date(2020, 1, 1), "kiengiang"),
        ("Cổng TTĐT tỉnh ĐT", date(2020, 1, 1), "dongthap"),
        ("Trang thông tin điện tử thành phố Châu Đốc", None, "chaudoc-angiang"),
        ("Cổng TTĐT tỉnh HN", date(2020, 1, 1), None),
        ("TTXVN", None, None),
        ("Báo An Giang", None, None),
        ("", None, None),
    ],
)
def test_printed_sources_are_resolved_only_when_they_are_clear(printed, day, key):
    assert registry.portal_of_source(printed, day) == key


LONG = """name: Cổng thông tin điện tử xã Minh Hòa
hosts:
  - minhhoa.gov.example
  - www.minhhoa.gov.example
  - cu.minhhoa.gov.example
seeds:
  - https://minhhoa.gov.example/tin-tuc/
  - {url: https://minhhoa.gov.example/van-ban/, category: van_ban}
politeness:
  contact: nobody
  delay_s: 2
evidence:
  kind: believed
  noted_on: 2026-11-23
  what: made up
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "complaint"),
    [
        ("  - cu.minhhoa.gov.example", "  - minhhoa.gov.example", 5, "minhhoa.gov.example is written twice"),
        ("  - www.minhhoa.gov.example", "  - www minhhoa", 4, "not a host name"),
        ("https://minhhoa.gov.example/van-ban/", "https://khac.gov.example/", 8, "on a host of this portal"),
        ("delay_s: 2", "delay_s: quick", 11, "delay_s 'quick'"),
        ("noted_on: 2026-11-23", "noted_on: yesterday", 14, "noted_on 'yesterday' is not a date"),
    ],
)
def test_a_mistake_in_a_long_list_is_named_by_its_own_line(tmp_path, old, new, line, complaint):
    (tmp_path / "minhhoa.yml").write_text(LONG.replace(old, new), encoding="utf-8")
    with pytest.raises(registry.RegistryError) as raised:
        registry.load_all(tmp_path)
    assert f"minhhoa.yml:{line}: " in str(raised.value)
    assert complaint in str(raised.value)


def test_a_host_of_two_portals_is_named_by_its_own_line(tmp_path):
    (tmp_path / "mot.yml").write_text(LONG, encoding="utf-8")
    (tmp_path / "hai.yml").write_text(
        LONG.replace("  - minhhoa", "  - hai").replace("cu.", "x."), encoding="utf-8"
    )
    with pytest.raises(registry.RegistryError, match=r"(hai|mot)\.yml:\d+: "):
        registry.load_all(tmp_path)


def test_other_hosts_of_the_facts_are_registered_too(portals, shared_dir):
    """Those beyond gov.vn; what stands in the facts beside them are newspapers and a law library."""
    text = (shared_dir / "facts" / "portals.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:[a-z0-9-]+\.)+vn\b", text))
    known = {host.name.removeprefix("www.") for portal in portals.values() for host in portal.hosts}
    assert {host for host in named if host.removeprefix("www.") not in known} <= {
        "gov.vn", "baoangiang.com.vn", "baodantoc.vn", "caselaw.vn", "nghean24h.vn", "qdnd.vn", "vov.vn",
        "hdnd.gov.vn",
    }  # fmt: skip


def test_sample_hosts_of_the_provinces_are_under_them(portals, shared_dir):
    lines = (shared_dir / "facts" / "provinces.tsv").read_text(encoding="utf-8").splitlines()[1:]
    hosts = {host.name.removeprefix("www."): portal for portal in portals.values() for host in portal.hosts}
    before = date(2024, 12, 31)
    for line in lines:
        name, _domain, status, samples, after, _ = line.split("\t")
        old = jurisdictions.province_of(name.replace(" (city)", ""), before)
        for host in re.findall(r"(?:[a-z0-9-]+\.)+gov\.vn", samples):
            portal = hosts[host.removeprefix("www.")]
            unit = jurisdictions.province(portal.jurisdiction, before)
            new = jurisdictions.province(portal.jurisdiction, date(2025, 7, 1))
            assert unit is old or (unit is None and new is None) or host.startswith("tayson."), (host, unit)
            assert new is None or jurisdictions.bare_name(new.name) in jurisdictions.bare_name(after), host
            assert portal.evidence in (("seen",) if status.startswith("SEEN") else ("listed", "seen"))
