"""Giving tasks out, shards of a machine, and what is wrong with workers: without a cluster."""

import os
from concurrent.futures import Future
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from types import SimpleNamespace

import pytest

from archive.errors import KhoCongError, UsageError
from crawler.cluster import dispatch, on_dask
from crawler.cluster.dispatch import Dispatcher
from crawler.cluster.engines import engine_of
from crawler.cluster.jobs import Busy, Result
from crawler.cluster.on_dask import Dask
from crawler.cluster.shards import found_in, has_home, taken
from crawler.reextract import rules_digest


@dataclass(frozen=True)
class Made:
    """A task that is never run."""

    home: str
    hosts: tuple[str, ...] = ()

    def failed(self, why):
        return {"home": self.home, "why": why}


class Answers:
    """An engine that answers each task with what comes next for it, and notes what ran beside what."""

    slots = 4

    def __init__(self, answers):
        self.answers = answers
        self.given = []
        self.open = {}
        self.beside = []
        self.stopped = False

    def submit(self, job):
        self.beside.append(set(self.open) | {job.home})
        self.given.append(job.home)
        future = Future()
        self.open[job.home] = future
        if len(self.given) >= self.slots or job.home in self.given[:-1]:
            self.finish()
        return future

    def finish(self):
        for home, future in list(self.open.items()):
            del self.open[home]
            answer = self.answers[home].pop(0) if self.answers.get(home) else Result({"home": home})
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def stop(self):
        self.stopped = True
        self.finish()


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(dispatch, "_BUSY_AGAIN_S", 0.0)
    monkeypatch.setattr(dispatch, "_LOOK_S", 0.01)


def run(engine, jobs, say=lambda _line: None):
    dispatcher = Dispatcher(engine, jobs, say=say)
    original = dispatcher._look

    def look(wait_s):
        engine.finish()
        original(wait_s)

    dispatcher._look = look
    return dispatcher.run()


def test_tasks_of_one_host_are_never_given_out_together():
    jobs = [Made("a", ("x.vn",)), Made("b", ("x.vn", "y.vn")), Made("c", ("y.vn",)), Made("d")]
    engine = Answers({})
    given = run(engine, jobs)
    assert sorted(one["home"] for one in given.made) == ["a", "b", "c", "d"]
    assert not any({"a", "b"} <= beside or {"b", "c"} <= beside for beside in engine.beside)
    assert any({"a", "d"} <= beside for beside in engine.beside)


def test_what_is_busy_is_asked_again_and_what_dies_three_times_has_failed():
    engine = Answers(
        {
            "a": [Result(busy="x.vn is being asked"), Result({"home": "a"}, "s", "m")],
            "b": [KhoCongError("its worker died")] * 3,
        }
    )
    told = []
    given = run(engine, [Made("a"), Made("b")], told.append)
    assert given.shards == {("m", "s")}
    assert {one["home"]: one.get("why") for one in given.made} == {"a": None, "b": "failed: its worker died"}
    assert engine.given.count("b") == 3
    assert sum("tried again" in line for line in told) == 2


def test_ctrl_c_ends_what_runs_and_names_what_was_not_begun():
    engine = Answers({})
    engine.slots = 1
    dispatcher = Dispatcher(engine, [Made("a", ("x.vn",)), Made("b", ("x.vn",))])
    looked = []
    original = dispatcher._look

    def look(wait_s):
        looked.append(wait_s)
        if len(looked) == 1:
            raise KeyboardInterrupt
        original(wait_s)

    dispatcher._look = look
    given = dispatcher.run()
    assert engine.stopped
    assert given.interrupted
    assert [job.home for job in given.skipped] == ["b"]
    assert [one["home"] for one in given.made] == ["a"]


def test_a_shard_is_held_by_one_and_remembers_whose_home_it_is(tmp_path):
    with taken(tmp_path, "portal a") as first, taken(tmp_path, "portal b") as second:
        assert first != second
        with pytest.raises(Busy, match="in use"), taken(tmp_path, "portal a"):
            pass
    with taken(tmp_path, "portal c") as third, taken(tmp_path, "portal b") as again:
        assert (third, again) == (first, second)
    assert has_home(tmp_path, "portal a")
    assert not has_home(tmp_path, "portal d")
    assert found_in(tmp_path) == []
    (first / "archive.db").write_bytes(b"")
    assert found_in(tmp_path) == [first]


def test_a_shard_falls_free_with_the_process_that_held_it(tmp_path):
    child = os.fork()
    if not child:
        with taken(tmp_path, "portal a"):
            os._exit(0)
    os.waitpid(child, 0)
    with taken(tmp_path, "portal a") as shard:
        assert shard.is_dir()


@pytest.mark.parametrize("address", ["scheduler:8786", "local:0", "local:many", "http://a/"])
def test_an_address_that_means_nothing_is_refused(address, tmp_path):
    with pytest.raises(UsageError, match="--cluster"):
        engine_of(address, tmp_path, lambda _said: None)


@pytest.mark.parametrize(
    ("versions", "rules", "said"),
    [
        (PackageNotFoundError("khocong"), "", "has no khocong"),
        (ConnectionError("gone"), "", "cannot be asked"),
        ("0.0.1", "", "has khocong 0.0.1"),
        (version("khocong"), "other", "reads by other code or rules"),
        (version("khocong"), rules_digest(), ""),
    ],
)
def test_workers_with_another_version_or_other_rules_are_not_given_anything(versions, rules, said):
    engine = object.__new__(Dask)
    answers = {version: versions, rules_digest: rules}
    engine._client = SimpleNamespace(
        get_versions=lambda **_how: {},
        scheduler_info=lambda **_how: {"workers": {"tcp://w": {"nthreads": 1}}},
        run=lambda function, *_given, on_error: {"tcp://w": answers[function]},
    )
    assert on_dask.version is version
    if not said:
        engine._check()
        return
    with pytest.raises(KhoCongError, match=said):
        engine._check()
