"""TimeMaps by the letter of RFC 7089 and RFC 8288, TimeGate choices, and Atom by the letter of RFC 4287."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import pytest

from archive.export.feeds import atom
from archive.export.timemap import Memento, link_format, nearest

BASE = "https://kho.example.vn"
URL = 'http://phuong1.example.gov.vn/tin-tuc/bài "1".html?a=<b>&c=d, e'
AT = ("2019-05-13T02:00:00+00:00", "2019-05-13T02:00:00.500000+00:00", "2021-03-01T00:00:00+00:00")

# link-value = "<" URI-Reference ">" *( OWS ";" OWS link-param ), all quoted as in RFC 7089.
LINK = re.compile(r'<(?P<target>[^<>"\s]+)>(?P<params>(?:; [a-z]+="[^"]*")*)(?:,\n|\n$)')
PARAM = re.compile(r'; ([a-z]+)="([^"]*)"')
IMF_DATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}"
    r" \d\d:\d\d:\d\d GMT"
)


def parsed(text):
    """Every link of a link-format document; whatever the grammar does not allow fails."""
    links, end = [], 0
    for match in LINK.finditer(text):
        assert match.start() == end, f"not a link: {text[end : match.start()]!r}"
        end = match.end()
        params = PARAM.findall(match["params"])
        assert len({name for name, _ in params}) == len(params), "a parameter is given twice"
        links.append((match["target"], dict(params)))
    assert end == len(text), f"not a link: {text[end:]!r}"
    return links


def with_rel(links, rel):
    return [(target, params) for target, params in links if rel in params["rel"].split(" ")]


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_timemap_is_what_the_rfc_says(count):
    found = [Memento(URL, at, number) for number, at in enumerate(AT[:count])]
    links = parsed(link_format(URL, found, BASE))
    ((original, _),) = with_rel(links, "original")
    ((gate, _),) = with_rel(links, "timegate")
    ((own, said),) = with_rel(links, "self")
    assert said["type"] == "application/link-format"
    assert gate.endswith(original)
    assert own.endswith(original)
    mementos = with_rel(links, "memento")
    assert len(mementos) == count
    times = [parsedate_to_datetime(params["datetime"]) for _, params in mementos]
    assert times == sorted(times)
    assert all(IMF_DATE.fullmatch(params["datetime"]) for _, params in mementos)
    assert all(target.startswith(f"{BASE}/") for target, _ in mementos)
    if count:
        assert with_rel(links, "first") == [mementos[0]]
        assert with_rel(links, "last") == [mementos[-1]]
        assert (said["from"], said["until"]) == (mementos[0][1]["datetime"], mementos[-1][1]["datetime"])
    else:
        assert "from" not in said
    known = {"original", "timegate", "self", "memento", "first", "last"}
    assert all(set(params["rel"].split(" ")) <= known for _, params in links)


def test_a_timegate_chooses_the_nearest():
    found = [Memento(URL, at, number) for number, at in enumerate(AT)]
    assert nearest(found, datetime(2000, 1, 1, tzinfo=UTC)) == found[0]
    assert nearest(found, datetime(2030, 1, 1, tzinfo=UTC)) == found[2]
    assert nearest([], datetime(2030, 1, 1, tzinfo=UTC)) is None


ATOM = "{http://www.w3.org/2005/Atom}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def test_a_feed_is_what_the_rfc_says():
    row = {"title": "Bài <1> & 2", "lead": "", "text": "Một\x0bhai", "updated_at": None, "byline": None,
           "portal_name": "", "portal": "minhhoa", "captured_at": "2026-03-01T08:00:00+00:00"}  # fmt: skip
    rows = [
        {**row, "url": f"http://x.gov.vn/tin bài/{number}", "published_at": at}
        for number, at in enumerate(("2021-12-28", "2021-12-28T15:30:00+07:00", None))
    ]
    feed = ET.fromstring(atom(rows, "Kho Cổng", "urn:khocong:all", "2026-03-01T08:00:00+00:00", f"{BASE}/f"))
    assert feed.tag == f"{ATOM}feed"
    for parent in (feed, *feed.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            (one,) = parent.findall(f"{ATOM}{name}")
            assert (one.text or "").strip(), f"{name} is empty"
        assert RFC3339.fullmatch(parent.findtext(f"{ATOM}updated"))
        identifier = parent.findtext(f"{ATOM}id")
        assert re.fullmatch(r"[a-z][a-z0-9+.-]*:[^\s<>\"]+", identifier), "an absolute IRI"
    entries = feed.findall(f"{ATOM}entry")
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 3
    for entry in entries:
        (author,) = entry.findall(f"{ATOM}author")
        assert author.findtext(f"{ATOM}name")
        assert len([one for one in entry.findall(f"{ATOM}link") if one.get("rel") == "alternate"]) == 1
        published = entry.findtext(f"{ATOM}published")
        assert published is None or RFC3339.fullmatch(published)
    assert [one.get("href") for one in feed.findall(f"{ATOM}link") if one.get("rel") == "self"] == [
        f"{BASE}/f"
    ]
