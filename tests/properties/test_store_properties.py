"""Store twice is store once (I3), in whatever order captures come; and the ledger always adds up (I2)."""

import tempfile
from pathlib import Path

from archive_samples import LINES, PORTAL, article, begun, capture, dump, link
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.ledger import ALLOWED
from archive.records import Block, Outcome
from archive.store import Store
from archive.store.blocks import decode_blocks, encode_blocks

NUMBERS = (1, 2, 3)
texts = st.sampled_from([LINES, LINES[:2], LINES[1:], ("Xem tệp đính kèm.",)])
visits = st.lists(
    st.tuples(st.sampled_from(NUMBERS), st.integers(0, 6), texts, st.sampled_from([200, 404])),
    min_size=1,
    max_size=10,
)


def outcome(number, at, lines, status):
    found = status == 200
    return Outcome(
        number,
        "done" if found else "gone",
        "" if found else "http_404",
        capture=capture(number, at=at, status=status),
        article=article(number, lines=lines) if found else None,
        links=(link(number + 10),),
    )


@settings(max_examples=25, deadline=None)
@given(visits)
def test_twice_is_once(script):
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "a") as store:
        crawl_id = begun(store, NUMBERS)
        batch = [outcome(*one) for one in script]
        store.record(crawl_id, batch)
        once = dump(store)
        store.record(crawl_id, batch)
        for one in reversed(batch):
            store.record(crawl_id, [one])
        assert dump(store) == once
        (total,) = store.db.execute("SELECT count(*) FROM urls").fetchone()
        assert sum(store.ledger.counts(PORTAL.key).values()) == total
        assert store.db.execute("PRAGMA foreign_key_check").fetchall() == []
        wrong = store.db.execute(
            "SELECT count(*) FROM revisions_flat WHERE text IS NULL OR title = ''"
        ).fetchone()
        assert wrong == (0,)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(NUMBERS), st.sampled_from(["pending", "done", "excluded", "failed", "gone"])
        )
    )
)
def test_the_ledger_adds_up_whatever_happens(moves):
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "a") as store:
        crawl_id = begun(store, NUMBERS)
        for number, target in moves:
            store.ledger.lease(PORTAL.key, crawl_id, 1)
            (state,) = store.db.execute("SELECT state FROM urls WHERE url_id = ?", [number]).fetchone()
            if target in ALLOWED[state]:
                store.record(crawl_id, [Outcome(number, target, "x")])
            assert sum(store.ledger.counts(PORTAL.key).values()) == len(NUMBERS)


lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1, max_size=20)
blocks = st.lists(
    st.one_of(
        st.builds(
            Block,
            st.sampled_from(["paragraph", "heading", "list_item", "quote", "caption"]),
            lines,
            st.integers(0, 6),
        ),
        st.lists(lines, min_size=1, max_size=4).map(
            lambda cells: Block("table_row", " | ".join(cells), 0, tuple(cells))
        ),
    ),
    max_size=8,
).map(tuple)


@given(blocks)
def test_blocks_come_back(given_blocks):
    text = "\n".join(block.text for block in given_blocks if block.kind != "caption")
    assert decode_blocks(encode_blocks(given_blocks, text), text) == given_blocks
