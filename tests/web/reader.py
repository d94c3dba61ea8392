"""A reader of one archive through Datasette's own test client."""

import asyncio

from archive.web.serve import build


class Browser:
    """Asks the pages of one archive, each time from the start."""

    def __init__(self, folder):
        self.folder = folder
        self.datasette = build(folder)

    def get(self, path, **options):
        return asyncio.run(self.datasette.client.get(path, **options))
