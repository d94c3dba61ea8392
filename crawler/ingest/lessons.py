"""What an intake learns of each portal on the way, as a crawl does: chrome, and what was read before it."""

from collections.abc import Callable
from dataclasses import replace

from archive.records import Article, ChromeModel, Portal
from archive.store import Store
from crawler.chrome import digest_of, is_mature
from crawler.ingest.portals import PortalFinder
from crawler.learning import Learning
from crawler.page import Page
from crawler.readers import Readers


class Lessons:
    """The learning of an intake, one `Learning` a portal. *flush* puts what is queued on disk.

    With *fixed*, a portal's mature model is used as it stands and not learned anew: a rebuild reads every
    page with the model the archive had at last.
    """

    def __init__(
        self,
        store: Store,
        readers: Readers,
        finder: PortalFinder,
        flush: Callable[[], None],
        *,
        fixed: bool = False,
    ) -> None:
        self._store = store
        self._readers = readers
        self._finder = finder
        self._flush = flush
        self._unstored: BaseException | None = None
        self._fixed = fixed
        self._by_portal: dict[str, Learning] = {}

    def _of(self, portal: Portal) -> Learning:
        learning = self._by_portal.get(portal.key)
        if learning is None:
            learning = Learning(self._store, self._readers, portal, None, self._store_first)
            self._by_portal[portal.key] = learning
        return learning

    def _store_first(self) -> None:
        """Store what is queued, for learning to look at. Learning survives a failure, the intake must not."""
        try:
            self._flush()
        except BaseException as error:
            self._unstored = error
            raise

    def wants_evidence(self, portal: Portal) -> bool:
        """Say whether the next article page of the portal shall say what it teaches."""
        return self._of(portal).wants_evidence

    @staticmethod
    def is_behind(page: Page | None, portal: Portal) -> bool:
        """Say whether a page was read before the portal's model was what it is now."""
        return Learning.is_behind(page, portal)

    async def bring_up(self, portal: Portal, article: Article) -> None:
        """Before a new capture of a known article is compared with it: have both read alike."""
        await self._of(portal).bring_up(portal, article)

    async def note(self, page: Page, portal: Portal) -> None:
        """Take note of an article page that is queued, and learn if it is time to."""
        learning = self._of(portal)
        learning.note(page, portal)
        if self._fixed and is_mature(portal.chrome):
            return

        def use(model: ChromeModel) -> None:
            self._finder.learn(replace(portal, chrome=model))

        await learning.go_on(portal, use)
        if self._unstored is not None:
            raise self._unstored

    @staticmethod
    def is_late(article: Article, portal: Portal) -> bool:
        """Say whether an article that was held back is behind the portal's model."""
        known = digest_of(portal.chrome)
        return bool(known) and article.reading.partition(" ")[2] != known
