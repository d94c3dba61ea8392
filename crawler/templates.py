"""Chrome learned from a portal's own pages: where content stands, and what recurs inside it.

Block frequency alone is wrong: a legal clause recurs on 40 % of a portal's pages and is content
(measured). What tells furniture from a clause is the structure it stands in: a furniture place says the
same on every page (digits masked), a body place says something new each time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from archive.records import ChromeModel
from crawler.chrome import digested
from crawler.evidence import DATED, PROSE, SPARED, TABLED, TITLE_LIKE, Evidence, Row

# Pages beyond this add little and cost memory.
MOST_PAGES = 60
# A template has chrome of its own from so many pages on.
_TEMPLATE_PAGES = 5
_STATIC_SHARE = 0.3
_STATIC_VARIETY = 0.34
# In a place whose words vary, only what nearly every page says is furniture.
_EVERYWHERE = 0.8
_COVER = 0.9
# A paragraph is no container, nor is a table: rows stand in the text around them.
_LINE_TAGS = frozenset(
    [
        "p",
        "li",
        "tr",
        "b",
        "strong",
        "span",
        "font",
        "em",
        "i",
        "a",
        "ul",
        "ol",
        "tbody",
        "thead",
        "table",
        "dt",
    ]
)


def learn(portal_key: str, pages: Sequence[Evidence]) -> ChromeModel:
    """Return the model that *pages* (distinct article pages of one portal) teach.

    Templates are told apart by the slot their own words stand in; each has chrome of its own, for what
    stands on all pages of a template of few pages is rare in the portal.
    """
    pages = pages[-MOST_PAGES:]
    chrome = _recurring(pages)
    templates = _templates(pages, chrome)
    for _, members in templates:
        if _TEMPLATE_PAGES <= len(members) < len(pages):
            for mark, share in _recurring(members, part=True).items():
                chrome[mark] = max(share, chrome.get(mark, 0.0))
    if len(templates) > 1:
        # What is known of each template now may move its slot further down.
        templates = _templates(pages, chrome)
    slots = tuple((path, round(len(members) / len(pages), 3)) for path, members in templates)
    heads = Counter(page.head for page in pages if page.head)
    data = {
        "heads": [head for head, count in heads.items() if count > max(2, 0.2 * len(pages))],
        "titles": _titles(templates, chrome),
        "dates": _dates(templates),
    }
    return digested(ChromeModel(portal_key, len(pages), slots, chrome, data))


def _recurring(pages: Sequence[Evidence], *, part: bool = False) -> dict[str, float]:
    """Return the marks of furniture with the share of *pages* that carry them.

    In a *part* of the portal's pages the text itself may recur (forms, procedures): there only places that
    say nothing else are furniture.
    """
    seen: Counter[str] = Counter()
    variety: defaultdict[str, set[str]] = defaultdict(set)
    occurrences: Counter[str] = Counter()
    rows: dict[str, Row] = {}
    for page in pages:
        for row in {row.mark: row for row in page.rows}.values():
            seen[row.mark] += 1
            variety[_place(row)].add(row.mark)
            occurrences[_place(row)] += 1
            rows[row.mark] = row
    text_places = _text_places(pages, seen)
    often = {mark for mark, count in seen.items() if count >= _EVERYWHERE * len(pages)}
    at_edge = _at_edge(pages, often)
    chrome = {}
    for mark, count in seen.items():
        row, share = rows[mark], count / len(pages)
        if count < 3 or row.flags & SPARED:
            continue
        place = _place(row)
        static = len(variety[place]) <= max(1, _STATIC_VARIETY * occurrences[place])
        in_text = _marked_part(row.path) in text_places
        if row.flags & PROSE and in_text:
            # A list or a quotation of the body, with a sentence many documents share: no place of its own.
            static = False
        # Tables of one kind begin with the same row.
        everywhere = (
            mark in often and not part and not row.flags & TABLED and (not in_text or mark in at_edge)
        )
        if everywhere or (static and share >= _STATIC_SHARE):
            chrome[mark] = round(share, 3)
    return chrome


def _place(row: Row) -> str:
    """Return what must say the same on every page to be furniture: a line's path, for a row its table's."""
    if not row.flags & TABLED:
        return row.path
    steps = row.path.split("/")
    while len(steps) > 1 and not steps[-1].startswith("table"):
        steps.pop()
    return "/".join(steps)


def _at_edge(pages: Sequence[Evidence], often: set[str]) -> set[str]:
    """Return those of *often* that stand before all other lines of their container, or behind them.

    A greeting or a share line does; what forms and procedures repeat stands between what they fill in.
    """
    inside: Counter[str] = Counter()
    for page in pages:
        own: dict[str, tuple[int, int]] = {}
        for at, row in enumerate(page.rows):
            if row.mark not in often:
                part = _marked_part(row.path)
                own[part] = (own.get(part, (at, at))[0], at)
        for at, row in enumerate(page.rows):
            if row.mark in often:
                first, last = own.get(_marked_part(row.path), (at, at))
                inside[row.mark] += first < at < last
    return {mark for mark in often if inside[mark] <= 0.1 * len(pages)}


def _text_places(pages: Sequence[Evidence], seen: Counter[str]) -> set[str]:
    """Return the marked containers that hold a good part of the pages' own sentences."""
    own: Counter[str] = Counter(
        _marked_part(row.path)
        for page in pages
        for row in page.rows
        if row.flags & PROSE and seen[row.mark] == 1
    )
    return {place for place, count in own.items() if count >= 0.1 * own.total()}


def _marked_part(path: str) -> str:
    """Return a path up to its innermost step that has a class or an id."""
    steps = path.split("/")
    while len(steps) > 2 and not ("." in steps[-1] or "#" in steps[-1]):
        steps.pop()
    return "/".join(steps)


def _templates(pages: Sequence[Evidence], chrome: dict[str, float]) -> list[tuple[str, list[Evidence]]]:
    """Return the containers that hold the pages' own words with their pages, one for each template."""
    words = {id(page): _own_words(page, chrome) for page in pages}
    found: list[tuple[str, list[Evidence]]] = []
    left = list(pages)
    roots = _roots(list(words.values()))
    while left and len(found) < 6:
        path = roots.pop(0) if roots else _common_container([words[id(page)] for page in left])
        held = [page for page in left if path and _coverage(words[id(page)], path) >= 0.6]
        if len(held) < max(2, 0.05 * len(pages)):
            if roots:
                continue
            break
        found.append((_common_container([words[id(page)] for page in held]) or path, held))
        members = {id(page) for page in held}
        left = [page for page in left if id(page) not in members]
    return sorted(found, key=lambda template: -len(template[1]))


def _roots(pages: list[list[tuple[str, float]]]) -> list[str]:
    """Return the containers of templates that have nothing in common, the most used first; [] for one.

    A box that some pages have within the container of others (text pasted from Word) is no template.
    """
    votes: Counter[str] = Counter(path for lines in pages if (path := _common_container([lines])))
    often = [path for path, count in votes.most_common() if count >= max(2, 0.1 * len(pages))]
    roots = [path for path in often if not any(path.startswith(other + "/") for other in often)]
    return roots if len(roots) > 1 else []


def _own_words(page: Evidence, chrome: dict[str, float]) -> list[tuple[str, float]]:
    return [(row.path, row.weight) for row in page.rows if row.weight and row.mark not in chrome]


def _coverage(lines: Iterable[tuple[str, float]], slot: str) -> float:
    inside = total = 0.0
    for path, weight in lines:
        total += weight
        if path == slot or path.startswith(slot + "/"):
            inside += weight
    return inside / total if total else 0.0


def _weights(pages: list[list[tuple[str, float]]]) -> dict[str, float]:
    """Return the weight of each container's words, each page counting alike."""
    weights: defaultdict[str, float] = defaultdict(float)
    for lines in pages:
        total = sum(weight for _, weight in lines) or 1.0
        for path, weight in lines:
            steps = path.split("/")
            for depth in range(1, len(steps) + 1):
                weights["/".join(steps[:depth])] += weight / total
    return weights


def _common_container(pages: list[list[tuple[str, float]]]) -> str:
    """Return the deepest path that holds nearly all own words of most pages."""
    weights = _weights(pages)
    whole = max(weights.values(), default=0.0)
    best = ""
    for path, weight in weights.items():
        if weight >= _COVER * whole and path.count("/") > best.count("/") and not _is_line(path):
            best = path
    return best


def _is_line(path: str) -> bool:
    return path.rsplit("/", 1)[-1].split("#")[0].split(".")[0] in _LINE_TAGS


def _titles(templates: Sequence[tuple[str, list[Evidence]]], chrome: dict[str, float]) -> list[str]:
    """Return where each template sets titles: the first line of a place before the body, new each time."""
    found = []
    for slot, pages in templates:
        marks: defaultdict[str, set[str]] = defaultdict(set)
        once: Counter[str] = Counter()
        told: Counter[str] = Counter()
        for page in pages:
            # Where sentences stand too, the first line is as likely the sapo.
            told.update({row.path for row in page.rows if row.flags & PROSE})
            body = next(
                (at for at, row in enumerate(page.rows)
                 if row.flags & PROSE and row.mark not in chrome and row.path.startswith(slot)),
                len(page.rows),
            )  # fmt: skip
            firsts: dict[str, Row] = {}
            for row in page.rows[: body + 1]:
                if row.mark not in chrome:
                    firsts.setdefault(row.path, row)
            for row in firsts.values():
                if row.flags & TITLE_LIKE:
                    once[row.path] += 1
                    marks[row.path].add(row.mark)
        own = [path for path, count in once.items() if _is_own(count, len(marks[path]), len(pages))]
        found += [path for path in own if told[path] < 0.3 * len(pages)][:1]
    return list(dict.fromkeys(found))


def _is_own(count: int, distinct: int, pages: int) -> bool:
    return pages >= 3 and count >= 0.8 * pages and distinct >= 0.5 * count


def _dates(templates: Sequence[tuple[str, list[Evidence]]]) -> list[str]:
    """Return where each template sets the date of publication: one date line a page, at one place."""
    found = []
    for _, pages in templates:
        places: Counter[str] = Counter()
        for page in pages:
            dated = Counter(row.path for row in page.rows if row.flags & DATED)
            places.update(path for path, count in dated.items() if count == 1)
        found += [path for path, count in places.items() if count >= 0.8 * len(pages) >= _TEMPLATE_PAGES]
    return list(dict.fromkeys(found))
