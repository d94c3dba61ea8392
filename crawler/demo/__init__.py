"""A small portal that ships with the project: its articles as data, its pages, and a server on loopback.

It is built like the portals of An Giang's cities (WebSphere): URLs with state, layout tables, one fixed
`<title>`, and the chrome that leaks into text. `articles()` is the truth an extraction is compared with.
"""

from crawler.demo.content import DemoArticle, articles
from crawler.demo.server import DemoServer
from crawler.demo.site import CHROME, NAME

__all__ = ["CHROME", "NAME", "DemoArticle", "DemoServer", "articles"]
