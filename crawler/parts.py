"""Multi-page articles: the parts a CMS spreads over several pages become one article again."""

from dataclasses import replace

from archive.digests import text_digest
from archive.records import Article
from archive.vietnamese.document_no import announced_document, find_citations


def join_parts(first: Article, rest: list[Article]) -> Article:
    """Return a multi-page article as one: the first part's fields, the lines of all parts in order.

    Lines that a template repeats on each part (a lead set again) are taken once.
    """
    blocks = list(first.blocks)
    seen = {block.text for block in first.blocks if len(block.text) > 60} | {first.lead}
    attachments = {item.url: item for item in first.attachments}
    images = {item.url: item for item in first.images}
    for part in rest:
        blocks.extend(block for block in part.blocks if block.text not in seen or block.kind == "table_row")
        seen.update(block.text for block in part.blocks if len(block.text) > 60)
        attachments.update({item.url: item for item in part.attachments if item.url not in attachments})
        images.update({item.url: item for item in part.images if item.url not in images})
    text = "\n".join(block.text for block in blocks if block.kind != "caption")
    rests = announced_document(first.title, first.lead, text)
    joined = replace(
        first,
        text=text,
        blocks=tuple(blocks),
        attachments=tuple(attachments.values()),
        images=tuple(images.values()),
        next_page=None,
        byline=first.byline or next((part.byline for part in rest if part.byline), None),
        source=first.source or next((part.source for part in rest if part.source), None),
        rests_on=rests[0] if rests else None,
        rests_on_date=rests[1] if rests else None,
        notes=(*first.notes, f"joined from {1 + len(rest)} pages"),
        text_digest=text_digest(first.title, first.lead, text),
    )
    return replace(joined, citations=tuple(find_citations(joined.full_text)))
