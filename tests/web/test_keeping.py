"""What is kept between two readers: a page while nothing is written, a costly one a little longer."""

import asyncio
import contextlib

import written_archive
from datasette.utils.asgi import Response
from reader import Browser

from archive.database import open_archive
from archive.search.facets import count
from archive.web import counted, keeping, searching
from archive.web.keeping import MOST_KEPT, Kept
from archive.web.rendering import DATABASE


def write(folder, number):
    db = open_archive(folder, write=True)
    with db.transaction() as conn:
        written_archive.add(
            conn, number, "chaudoc", "2026-01-01", None, None, f"Bài số {number}", "Nội dung."
        )
    db.close()


def test_who_has_a_page_is_told_so_until_the_archive_changes(tmp_path):
    browser = Browser(written_archive.make(tmp_path / "kho"))
    for path in ("/", "/tim?q=dong+thap", "/bai/1", "/cong", "/van-ban"):
        first = browser.get(path)
        assert first.headers["cache-control"] == "no-cache"
        again = browser.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
        assert browser.get(path, headers={"if-none-match": '"another"'}).text == first.text
        # Another language is another page.
        assert browser.get(path, cookies={"khocong_lang": "en"}).text != first.text
    before = browser.get("/tim?q=noi+dung")
    write(browser.folder, 900)
    after = browser.get("/tim?q=noi+dung", headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200
    assert "Bài số 900" in after.text


def test_an_answer_is_made_once_for_all_who_wait_and_kept_within_bounds(tmp_path, monkeypatch):
    folder = written_archive.make(tmp_path / "kho")
    memory = Kept(Browser(folder).datasette.get_database(DATABASE))
    made = []

    async def make(name, wait=0.0):
        made.append(name)
        await asyncio.sleep(wait)
        return Response.text(name)

    async def ask(name, fresh_s=0.0, wait=0.0):
        return (await memory.answer(name, lambda: make(name, wait), fresh_s)).body

    async def all_of_it():
        assert await asyncio.gather(*(ask("một", wait=0.01) for _ in range(10))) == ["một"] * 10
        assert await ask("một") == "một"
        assert made == ["một"]
        write(folder, 901)
        await ask("một")
        assert made == ["một", "một"], "it was cheap and the archive has changed"
        await ask("hai", wait=keeping.QUICK_S * 1.5)
        await ask("ba", fresh_s=10)
        write(folder, 902)
        await ask("hai")
        await ask("ba")
        assert made[2:] == ["hai", "ba"], "costly, or said to stay fresh"
        for number in range(MOST_KEPT + 20):
            await ask(str(number))
        assert len(memory._answers) == MOST_KEPT
        monkeypatch.setattr(keeping, "KEPT_S", 0.0)
        made.clear()
        await ask("0"), await ask("0")
        assert made == ["0", "0"]
        monkeypatch.setattr(keeping, "KEPT_S", 60.0)
        long = "x" * (keeping.LONGEST_B + 1)
        await ask(long), await ask(long)
        assert made[2:] == [long, long], "what is long would fill the memory"

    asyncio.run(all_of_it())


def test_what_went_wrong_is_not_kept(tmp_path):
    memory = Kept(Browser(written_archive.make(tmp_path / "kho")).datasette.get_database(DATABASE))
    answers = iter([ValueError("x"), Response.text("none", status=404), Response.text("có")])

    async def make():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def all_of_it():
        with contextlib.suppress(ValueError):
            await memory.answer("a", make, 5.0)
        assert (await memory.answer("a", make, 5.0)).status == 404
        assert (await memory.answer("a", make, 5.0)).body == "có"
        assert (await memory.answer("a", make, 5.0)).body == "có"

    asyncio.run(all_of_it())


def test_facets_are_counted_once_for_every_page_and_order_of_a_search(tmp_path, monkeypatch):
    counts = []

    def counting(*args, **options):
        counts.append(options["matches"])
        return count(*args, **options)

    monkeypatch.setattr(searching, "count", counting)
    browser = Browser(written_archive.make(tmp_path / "kho"))
    first = browser.get("/tim.json?q=noi+dung").json()
    for path in ("/tim?q=noi+dung", "/tim?q=noi+dung&sort=newest", "/tim.json?q=noi+dung&page=2"):
        browser.get(path)
    assert counts == [first["total"]]
    browser.get("/tim?q=noi+dung&portal=chaudoc")
    browser.get("/tim/nam.csv?q=noi+dung&year=2021")
    assert len(counts) == 3
    # Beside a writer they may be a moment old: the page says so, and counts what it has found itself.
    write(browser.folder, 903)
    page = browser.get("/tim?q=noi+dung").text
    assert "Kho đang được cập nhật" in page
    again = browser.get("/tim.json?q=noi+dung").json()
    assert again["total"] == first["total"] + 1
    assert again["facets"] == first["facets"]
    assert len(counts) == 3
    monkeypatch.setattr(counted, "OLD_S", 0.0)
    assert browser.get("/tim.json?q=noi+dung").json()["facets"] != first["facets"]
    assert "Kho đang được cập nhật" not in browser.get("/tim?q=noi+dung&page=1").text
    monkeypatch.setattr(counted, "MOST_KEPT", 1)
    for _ in range(2):
        browser.get("/tim.json?q=dong"), browser.get("/tim.json?q=thap")
    assert len(counts) == 8, "the memory is bounded"
