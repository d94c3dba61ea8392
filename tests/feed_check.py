"""Is a feed what its standard says? Run as a program of its own: `python tests/feed_check.py atom < feed`.

No maintained validator can be installed (the W3C's was last packaged for Python 2): the engines are others',
libxml2's RELAX NG and feedparser's strict reading ("bozo"); the grammars beside this file are ours, written
from RFC 4287 and the RSS 2.0 specification and narrower than both: what the W3C only warns of fails as well.
"""

import sys
from collections import Counter
from email.utils import parsedate_to_datetime
from pathlib import Path

import feedparser
from lxml import etree


def faults(form: str, data: bytes) -> list[str]:
    """Return what is wrong with a feed, nothing for one that is as it must be."""
    tree = etree.fromstring(data)
    grammar = etree.RelaxNG(etree.parse(Path(__file__).with_name(f"{form}.rng")))
    found = [] if grammar.validate(tree) else [str(error) for error in grammar.error_log]
    read = feedparser.parse(data)
    if read.bozo:
        found.append(f"feedparser: {read.bozo_exception}")
    if read.version != {"atom": "atom10", "rss": "rss20"}[form]:
        found.append(f"feedparser takes it for {read.version!r}")
    space = {"a": "http://www.w3.org/2005/Atom"}
    entries = tree.findall("a:entry", space) or tree.findall("channel/item")
    if len(read.entries) != len(entries):
        found.append(f"feedparser reads {len(read.entries)} of {len(entries)} entries")
    ids = Counter(one.findtext("a:id", None, space) or one.findtext("guid") for one in entries)
    found += [f"{name} stands {count} times" for name, count in ids.items() if count > 1]
    for date in tree.iter("pubDate", "lastBuildDate"):
        at = parsedate_to_datetime(date.text)
        if date.text[:3].isalpha() and date.text[:3] != f"{at:%a}":
            found.append(f"{date.text}: not a {date.text[:3]}")
    return found


if __name__ == "__main__":
    wrong = faults(sys.argv[1], sys.stdin.buffer.read())
    print("\n".join(wrong))
    sys.exit(bool(wrong))
