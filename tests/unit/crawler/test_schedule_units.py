"""The schedule in the words of others: systemd reads its own, cron lines are parsed back."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from apscheduler.triggers.cron import CronTrigger

from archive.errors import KhoCongError
from crawler.scheduling.cadence import Every, parse_cron
from crawler.scheduling.timetable import Entry
from crawler.scheduling.units import cron_lines, every_as_cron, units

FOLDER = Path("/var/lib/khocong/kho so 1")
ENTRIES = [
    Entry("angiang", Every(6 * 3600), group="tinh"),
    Entry("dongthap", Every(6 * 3600), group="tinh"),
    Entry("hue", parse_cron("30 2 * * 1-5", "Asia/Ho_Chi_Minh"), max_requests=500),
    Entry("cantho", parse_cron("15 */8 1,15 * *", "Europe/Berlin")),
    Entry("dak-lak", Every(7 * 86_400)),
    Entry("quảng-trị", Every(86_400), jitter_s=0),
]


def test_systemd_reads_the_units(tmp_path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze on this machine")
    made = units(ENTRIES, FOLDER)
    assert len(made) == 10
    for name, text in made.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [analyze, "verify", "--man=no", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for text in made.values():
        for calendar in re.findall(r"^OnCalendar=(.+)$", text, re.MULTILINE):
            subprocess.run([analyze, "calendar", calendar], check=True, capture_output=True)


def test_units_say_what_was_wished():
    made = units(ENTRIES, FOLDER)
    timer = made["khocong-crawl-hue.timer"]
    assert "OnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 2:30:00 Asia/Ho_Chi_Minh" in timer
    assert "Persistent=true" in timer
    assert "RandomizedDelaySec=1800" in timer
    assert "OnCalendar=*-*-1,15 0/8:15:00 Europe/Berlin" in made["khocong-crawl-cantho.timer"]
    assert "OnUnitActiveSec=21600s" in made["khocong-crawl-tinh.timer"]
    service = made["khocong-crawl-tinh.service"]
    assert "crawl angiang dongthap --archive '/var/lib/khocong/kho so 1'" in service
    assert "turns.lock" in service
    assert "--max-requests 500" in made["khocong-crawl-hue.service"]


def test_cron_lines_are_read_back():
    lines = [line for line in cron_lines(ENTRIES, FOLDER) if not line.startswith(("#", "CRON_TZ"))]
    assert len(lines) == 5
    for line in lines:
        CronTrigger.from_crontab(" ".join(line.split()[:5]), timezone="UTC")
        assert "flock --wait" in line
    shown = "\n".join(cron_lines(ENTRIES, FOLDER))
    assert shown.index("CRON_TZ=Asia/Ho_Chi_Minh") < shown.index("30 2 * * mon,tue,wed,thu,fri")


@pytest.mark.parametrize("seconds", [600, 1800, 3600, 7200, 6 * 3600, 12 * 3600, 86_400, 7 * 86_400])
def test_an_interval_in_cron_comes_as_often(seconds):
    from datetime import UTC, datetime

    cron = parse_cron(every_as_cron(Every(seconds), "nhom"), "UTC")
    at = datetime(2026, 3, 2, tzinfo=UTC)
    found = []
    for _ in range(4):
        at = cron.next("", at)
        found.append(at)
    assert {(b - a).total_seconds() for a, b in zip(found, found[1:], strict=False)} == {float(seconds)}


def test_an_interval_that_cron_cannot_say():
    with pytest.raises(KhoCongError, match="cron cannot say every 7 h"):
        every_as_cron(Every(7 * 3600), "nhom")
