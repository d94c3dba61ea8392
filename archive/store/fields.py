"""The fields that a revision keeps of its article, in the forms the tables keep them."""

import json
from dataclasses import asdict

from archive.records import Article, Attachment, Image

# The fields a revision keeps when a later one takes its place in `articles`.
FIELDS = (
    "title", "lead", "text", "published_at", "published_precision", "published_evidence", "updated_at",
    "section", "byline", "source", "source_portal", "rests_on", "rests_on_date", "tags", "confidence",
)  # fmt: skip
_JSON_FIELDS = ("tags",)


def values_of(article: Article) -> list[object]:
    """Return the fields of an article in the order of FIELDS, as the table keeps them."""
    return [
        dump(getattr(article, name)) if name in _JSON_FIELDS else getattr(article, name) for name in FIELDS
    ]


def body_json(
    fields: dict[str, object], attachments: tuple[Attachment, ...], images: tuple[Image, ...]
) -> str:
    """Return what a revision keeps of its own once it is not the current one."""
    kept = {name: value for name, value in fields.items() if value not in (None, "")}
    kept["tags"] = json.loads(str(fields["tags"]))
    kept["attachments"] = [asdict(file) for file in attachments]
    kept["images"] = [asdict(image) for image in images]
    return dump(kept)


def dump(value: object) -> str:
    """Return JSON as the tables keep it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
