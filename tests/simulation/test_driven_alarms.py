"""Alarms over months as the schedule drives them: every 6 to 36 hours, retries, cut runs, set clocks."""

import os
from datetime import timedelta

import pytest

from archive.store import Store
from tests.simulation.driving import drive
from tests.simulation.test_month_alarms import Watchman, _is_right

EVERY = timedelta(days=1)


@pytest.mark.parametrize("seed", range(20 if os.environ.get("KHOCONG_LONG_TESTS") else 2))
def test_what_happens_is_told_once_whenever_runs_come(seed, tmp_path):
    (tmp_path / "hosts").mkdir()
    history = drive(seed, tmp_path / "hosts")
    month, runs = history.month, history.seen
    with Store(tmp_path / "a") as store:
        watchman = Watchman(store, month)
        for key in month.portals:
            for seen in month.history(key, EVERY):
                assert watchman.take(seen) == ([], []), seen
        told = [watchman.take(seen) for seen in runs]
    wanted = {(one.run, one.recovery): one.incident for one in month.expected(runs)}
    assert len(wanted) >= 25
    wrong = []
    for number, (raised, recovered) in enumerate(told):
        for recovery, kinds in ((False, raised), (True, recovered)):
            incident = wanted.pop((number, recovery), None)
            if incident is None:
                wrong += [(runs[number].portal, number, recovery, kind, "false alarm") for kind in kinds]
            elif not _is_right(incident, kinds):
                wrong.append((runs[number].portal, number, recovery, kinds, incident.how))
    assert wrong == []
    assert wanted == {}
