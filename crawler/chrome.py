"""A portal's chrome model at work: what it cuts from a page, and where it says that the title stands."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from archive.records import ChromeModel, RemovedBlock
from crawler.blocks import Line
from crawler.body import weigh
from crawler.dom import path_of
from crawler.evidence import fingerprint, is_spared

# Fewer pages than this teach nothing reliable (measured: 3 to 5 pages are wrong, 10 are right).
MATURE_PAGES = 10
_RECURS = "recurs on "
# Notices of one office may say the same in every sentence but for a number. Where the model would leave less
# than this of a page's prose, the sentences are its text after all, and only what is no sentence is cut.
_LEAST_TOLD = 80.0


def is_mature(model: ChromeModel | None) -> bool:
    """Say whether a model was learned from pages enough to be believed."""
    return model is not None and model.pages >= MATURE_PAGES


def digest_of(model: ChromeModel | None) -> str:
    """Return what readings with *model* are known by; "" without a mature one.

    Two digests with a dot between: of where slots and titles stand, and of all else. Shares do not count:
    they grow with every page and change no reading.
    """
    return str(model.data.get("digest", "")) if model is not None and is_mature(model) else ""


def digested(model: ChromeModel) -> ChromeModel:
    """Return the model with its digest."""
    places = "\n".join([*(path for path, _ in model.slots), "", *model.data.get("titles", ())])
    rest = "\n".join(
        [*sorted(model.chrome), *sorted(model.data.get("heads", ())), *sorted(model.data.get("dates", ()))]
    )
    digest = ".".join(
        hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).hexdigest() for text in (places, rest)
    )
    return replace(model, data={**model.data, "digest": digest})


def share_of(line: Line, model: ChromeModel | None) -> float | None:
    """Return the share of the portal's pages that say a line too, where that makes it furniture."""
    if model is None or model.pages < MATURE_PAGES or not model.chrome:
        return None
    share = model.chrome.get(fingerprint(path_of(line.element), line.text))
    return None if share is None or is_spared(line) else share


def cut_learned(
    lines: list[Line], model: ChromeModel | None, *, labels: bool = True
) -> tuple[list[Line], list[RemovedBlock]]:
    """Drop the lines the model knows as furniture; return what is left and what was cut, with shares.

    Without *labels*, a short line above links stays: a list of links is known by its name, and cut with it.
    """
    if model is None or model.pages < MATURE_PAGES or not model.chrome:
        return lines, []
    shares = [share_of(line, model) for line in lines]
    told = _tells(line for line, share in zip(lines, shares, strict=True) if share is None)
    spared = told < _LEAST_TOLD and _tells(lines) >= 2 * _LEAST_TOLD
    kept: list[Line] = []
    cut: list[RemovedBlock] = []
    for index, (line, share) in enumerate(zip(lines, shares, strict=True)):
        opens_list = not labels and index + 1 < len(lines) and lines[index + 1].only_links
        if share is None or (spared and weigh(line)) or (opens_list and not line.links and not weigh(line)):
            kept.append(line)
        else:
            cut.append(RemovedBlock(f"{_RECURS}{share:.0%} of pages", path_of(line.element), line.text))
    return kept, cut


def _tells(lines: Iterable[Line]) -> float:
    return sum(weigh(line) for line in lines)


def was_learned(block: RemovedBlock) -> bool:
    """Say whether a block was cut because the portal's pages repeat it."""
    return block.reason.startswith(_RECURS)


def learned_title(lines: Sequence[Line], model: ChromeModel | None) -> int | None:
    """Return the index of the line where the portal's templates set titles, if one line stands there."""
    if model is None or model.pages < MATURE_PAGES:
        return None
    for place in model.data.get("titles", ()):
        last = place.rsplit("/", 1)[-1]
        for index, line in enumerate(lines):
            if not last.startswith(str(line.element.tag)) or path_of(line.element) != place:
                continue
            if share_of(line, model) is None:
                if not line.links:
                    return index
                break
    return None


def is_site_head(text: str, model: ChromeModel | None) -> bool:
    """Say whether a title is what the head of many pages says alike."""
    return model is not None and any(text and text in head for head in model.data.get("heads", ()))


def is_learned_date(line: Line, model: ChromeModel | None) -> bool:
    """Say whether a line stands where the portal's templates set the date of publication."""
    if model is None or model.pages < MATURE_PAGES:
        return False
    return path_of(line.element) in model.data.get("dates", ())
