"""Abbreviations that public offices write without explaining them, as data (`abbreviations.json`)."""

import json
from functools import cache
from pathlib import Path


@cache
def expansions() -> dict[str, tuple[str, ...]]:
    """Return abbreviation → full forms, as written in official texts, the likeliest first.

    Search reads the table both ways. An abbreviation of several meanings ("TT": thông tư, thị trấn) has
    several forms; none is in use for the dictionary's sake alone.
    """
    table = json.loads(Path(__file__).with_name("abbreviations.json").read_text("utf-8"))
    return {short: tuple(fulls) for short, fulls in table.items()}
