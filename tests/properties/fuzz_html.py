"""Atheris (installed by hand) at the reading of a page: `python -m tests.properties.fuzz_html [MINUTES]`.

What reaches new code is kept in tests/properties/corpus, which CI replays (test_html_fuzz); a page that ends
otherwise than read or refused, or takes longer than SECONDS, ends the run and is left as `crash-…` there.
"""

import sys
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")
SECONDS = 10
MOST_BYTES = 4096


def main(minutes: float) -> None:
    """Fuzz for so long, from the corpus into the corpus."""
    import atheris

    with atheris.instrument_imports(include=["crawler", "archive"]):
        from tests.properties import test_html_fuzz

    def one(data: bytes) -> None:
        which = data[0] % len(test_html_fuzz.PORTALS) if data else 0
        test_html_fuzz.read(data[1:], test_html_fuzz.PORTALS[which])

    words = [
        f"-max_total_time={minutes * 60:.0f}", f"-timeout={SECONDS}", f"-max_len={MOST_BYTES}",
        f"-artifact_prefix={CORPUS}/", "-rss_limit_mb=2000", str(CORPUS),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *words], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5)
