"""Times of the archive in the forms that feeds and Memento want. A bare date is its midnight in Vietnam."""

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

VIETNAM = timezone(timedelta(hours=7))


def moment(at: str) -> datetime:
    """Return an ISO time or bare date ("2021", "2021-12" too) as an aware time.

    What is neither, as a row of a stranger's archive may have it, is 1970: it must not end a whole feed.
    """
    word = at or "1970-01-01"
    word += "-01" * (2 - word.count("-")) if len(word) < 10 else ""
    try:
        when = datetime.fromisoformat(word)
    except ValueError:
        when = datetime(1970, 1, 1)
    return when if when.tzinfo else when.replace(tzinfo=VIETNAM)


def rfc3339(at: str) -> str:
    """Return the form Atom wants.

    >>> rfc3339("2021-12-28"), rfc3339("2021-12-28T15:30:00+07:00")
    ('2021-12-28T00:00:00+07:00', '2021-12-28T15:30:00+07:00')
    """
    return moment(at).replace(microsecond=0).isoformat()


def rfc822(at: str) -> str:
    """Return the form RSS wants."""
    return format_datetime(moment(at).replace(microsecond=0))


def http_date(at: str) -> str:
    """Return the form HTTP and Memento want: GMT."""
    return format_datetime(
        moment(at).astimezone(timezone(timedelta())).replace(microsecond=0), usegmt=False
    ).replace("+0000", "GMT")
