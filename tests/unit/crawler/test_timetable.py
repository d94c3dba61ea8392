"""The file that says when portals are crawled: what it means, and how a mistake in it is named."""

import pytest

from crawler.registry_fields import RegistryError
from crawler.scheduling.cadence import Cron, Every
from crawler.scheduling.timetable import Timetable, read_timetable

WHOLE = """\
timezone: Europe/Berlin
at_once: 3
crawl: named
defaults: {every: 12 h, jitter: 10 min, quiet_hours: "22:00-05:00", max_requests: 500}
groups:
  tinh:
    portals: [angiang, "*-angiang"]
    every: 6 h
    priority: high
portals:
  hue: {cron: "30 2 * * *", quiet_hours: "", max_requests: 0, priority: 2.5, retry: 0}
"""


def read(tmp_path, text):
    path = tmp_path / "schedule.yml"
    path.write_text(text, encoding="utf-8")
    return read_timetable(path)


def test_the_nearest_word_counts(tmp_path):
    table = read(tmp_path, WHOLE)
    assert table.at_once == 3
    one = table.entry("chaudoc-angiang", "07:00-11:30")
    assert (one.cadence, one.weight, one.group, one.jitter_s) == (Every(21_600), 4.0, "tinh", 600)
    assert (one.quiet, one.max_requests) == (("22:00-05:00", "07:00-11:30"), 500)
    hue = table.entry("hue")
    assert hue.cadence == Cron("30 2 * * *", "Europe/Berlin")
    assert (hue.quiet, hue.max_requests, hue.weight, hue.retry_s, hue.group) == ((), None, 2.5, 0, "")
    assert table.entry("khac").cadence == Every(43_200)


def test_which_portals_are_meant(tmp_path):
    archive, registry = ["chaudoc-angiang", "mot"], ["longxuyen-angiang", "hai"]
    table = read(tmp_path, WHOLE)
    assert table.keys(archive, registry) == ["angiang", "chaudoc-angiang", "hue", "longxuyen-angiang"]
    assert read(tmp_path, "crawl: archive\n").keys(archive, registry) == archive
    assert len(read(tmp_path, "crawl: registry\n").keys(archive, registry)) == 4
    assert Timetable().keys(archive, registry) == archive
    assert Timetable().entry("mot").cadence == Every(86_400)


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        ("at_once: 0\n", 1, "not a number from 1 to 256"),
        ("timezone: Asia/Nowhere\n", 1, "unknown timezone"),
        ("crawl: everything\n", 1, "must be one of named, archive, registry"),
        ("defaults: {}\nwhen: now\n", 2, "unknown key 'when'"),
        ("defaults:\n  jitter: 5 min\n  every: often\n", 3, "no length of time like '6 h'"),
        ("defaults:\n  every: 5 min\n", 2, "ten minutes is the least"),
        ("defaults:\n  every: 6 h\n  cron: '0 3 * * *'\n", 3, "exclude each other"),
        ("defaults:\n  cron: '0 25 * * *'\n", 2, "cron"),
        ("defaults:\n  cron: '0 3 1 * 1'\n", 2, "name one of them"),
        ("defaults:\n  quiet_hours: 7-11\n", 2, "HH:MM-HH:MM"),
        ("defaults:\n  max_requests: many\n", 2, "not a number of requests"),
        ("defaults:\n  priority: urgent\n", 2, "none of high, normal, low"),
        ("defaults: []\n", 1, "mapping"),
        ("groups:\n  a:\n    every: 6 h\n", 3, "needs portals"),
        ("groups:\n  a: {portals: [x]}\n  b: {portals: [x]}\n", 3, "'x' is in two groups"),
        ("groups:\n  a: [x]\n", 2, "needs a mapping"),
        ("portals:\n  x: daily\n", 2, "needs a mapping"),
        ("portals:\n  x: {every: 6 h, evry: 5}\n", 2, "unknown key 'evry'"),
        ("at_once: 3\n\tbroken", 2, "not readable as YAML"),
        ("- a list\n", 1, "mapping of keys"),
    ],
)
def test_a_mistake_is_named_by_file_and_line(tmp_path, text, line, complaint):
    with pytest.raises(RegistryError) as caught:
        read(tmp_path, text)
    assert f"schedule.yml:{line}: " in str(caught.value), caught.value
    assert complaint in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(RegistryError, match="there is no such file"):
        read_timetable(tmp_path / "nothing.yml")
