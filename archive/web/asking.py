"""What a reader asked of a search page: text, filters, order, page; and in which language."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, urlencode

from archive.search.facets import FACETS
from archive.web import words

PAGE_SIZE = 20
MAX_PAGE = 500
# A hundred filters are no search; each one costs a condition.
MOST_FILTERS = 40
# The filters a page keeps in its address: the facets, and those that only a link or a hand sets.
FILTERS = (*dict.fromkeys((*FACETS, "province", "after", "before", "doc")),)
SORTS = ("rank", "newest", "oldest")


class Asked:
    """What a search page was asked; every state of it is an address."""

    def __init__(self, request: Any) -> None:
        self.text: str = (request.args.get("q") or "")[:2000]
        given = {name: request.args.getlist(name) for name in FILTERS}
        self.filters: dict[str, list[str]] = {
            name: list(dict.fromkeys(value[:300] for value in values if value))[:MOST_FILTERS]
            for name, values in given.items()
            if any(values)
        }
        sort = request.args.get("sort")
        self.sort: Any = sort if sort in SORTS else "rank"
        page = request.args.get("page") or "1"
        self.page = min(MAX_PAGE, max(1, int(page))) if page.isdecimal() and len(page) < 6 else 1
        self.per_page = PAGE_SIZE

    @property
    def for_search(self) -> dict[str, list[str]]:
        """The filters as the search takes them: a facet's value is meant whole."""
        # The section "Tin tức", not "Tin tức trong tỉnh".
        return {
            name: [f"={value}" for value in values] if name in ("section", "source") else values
            for name, values in self.filters.items()
        }

    def address(self, path: str = "/tim", **changes: Any) -> str:
        """Return the address of this search with *changes*; a new filter or order starts at page 1."""
        values: dict[str, Any] = {"q": self.text, **self.filters}
        if self.sort != "rank":
            values["sort"] = self.sort
        values |= changes
        query = urlencode({key: value for key, value in values.items() if value}, doseq=True)
        return f"{path}?{query}" if query else path

    def adder(self, name: str) -> Callable[[str], str]:
        """Return a function that gives the address of this search with one more value of the filter *name*.

        A page has a hundred such links: what they share is spelled once.
        """
        nothing: dict[str, Any] = {name: None}
        whole = self.address(**nothing)
        chosen = [quote_plus(value) for value in self.filters.get(name, [])]
        before = f"{whole}{'&' if '?' in whole else '?'}" + "".join(f"{name}={one}&" for one in chosen)
        return lambda value: f"{before}{name}={quote_plus(value)}"

    def without(self, name: str, value: str) -> str:
        """Return the address of this search without one of its filters."""
        kept: dict[str, Any] = {name: [one for one in self.filters.get(name, []) if one != value]}
        return self.address(**kept)

    def cleared(self) -> str:
        """Return the address of this search without any filter."""
        nothing: dict[str, Any] = dict.fromkeys(self.filters)
        return self.address(**nothing)


def language(request: Any) -> str:
    """Return the language of a page: the one asked for, else the one remembered, else Vietnamese."""
    asked = request.args.get("lang") or request.cookies.get("khocong_lang")
    return asked if asked in words.LANGUAGES else words.LANGUAGES[0]
