"""Each Scrapy setting that differs from Scrapy's own, with its reason beside it.

Retries, redirects, robots.txt and pacing do not happen inside Scrapy: they go through the ledger, so
that each of them is captured, counted, paced and survives a kill.
"""

from importlib.metadata import version
from typing import Any

BOT_NAME = "khocong"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"

# Who asks, and where complaints go: whoever runs a crawl names themselves in KHOCONG_CONTACT (a mail
# address or a page). No address of ours stands in: the archivist answers for a crawl, not the program.
USER_AGENT_FORM = f"KhoCong/{version(BOT_NAME)} (+{{contact}})"
DEFAULT_CONTACT = "archive of public e-portals; operator unnamed"
USER_AGENT = USER_AGENT_FORM.format(contact=DEFAULT_CONTACT)
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    # Several portals answer in English, or redirect to /en, without it.
    "Accept-Language": "vi,en;q=0.3",
    # Only what archive.warc.reader can undo with the standard library.
    "Accept-Encoding": "gzip, deflate",
}

# A local HTTP server that runs Python, on by default since Scrapy 2.19; and a console of the same power.
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False

# The frontier says how many URLs are asked at a time (one where there is a delay) and paces them by
# crawler.gates, which count from an answer's first byte; Scrapy's own delay varies by half in both
# directions and would go below it.
DOWNLOAD_DELAY = 0
DOWNLOAD_DELAY_JITTER = 0
AUTOTHROTTLE_ENABLED = False  # fast 429s make it speed up (measured)
CONCURRENT_REQUESTS = 16
CONCURRENT_REQUESTS_PER_DOMAIN = 2

# The ledger knows what was met; a filter in memory would drop retries.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
# Nothing is followed or repeated behind the ledger's back (I2, I6, I7).
ROBOTSTXT_OBEY = False
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
RETRY_ENABLED = False
# Session cookies tie pages to a visitor and make theme switches stick (NukeViet's nvvithemever).
COOKIES_ENABLED = False
# A proxy from the environment would resolve names for us, and the address check would see the proxy only.
HTTPPROXY_ENABLED = False
# Bodies are captured compressed and unpacked in the reading process, with a limit there.
COMPRESSION_ENABLED = False
HTTPCACHE_ENABLED = False
REFERER_ENABLED = False
DEPTH_STATS_VERBOSE = False

# Pages of portals stay under 2 MB; the largest attachments seen are scanned plans of some 50 MB.
# Scrapy's own limit is 1 GiB. crawler.spiders.portal lowers it for what should be a page.
DOWNLOAD_MAXSIZE = 64 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
# Portals answer in 0.2 to 8 s; a slow drip must not hold its slot for Scrapy's three minutes.
DOWNLOAD_TIMEOUT = 60
# A body shorter than announced arrives flagged and is judged by us: many portals announce a wrong length.
DOWNLOAD_FAIL_ON_DATALOSS = False
# Names are resolved by us, and every address is checked before it is connected to (I7).
TWISTED_DNS_RESOLVER = "crawler.connecting.CheckedResolver"
DNS_TIMEOUT = 20
DOWNLOADER_MIDDLEWARES = {
    "crawler.middlewares.scope.ScopeMiddleware": 50,
    "crawler.middlewares.cookies.CookieGateMiddleware": 700,
    # Next to the wire, where bodies are still compressed and a failure fails the request (measured).
    "crawler.middlewares.capture.CaptureMiddleware": 950,
    # The ledger holds the scope, no portal asks for a password, and nobody reads Scrapy's counters.
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
}
# Only http(s) exists here: file:, data:, ftp: and s3: have been reached through redirects before.
DOWNLOAD_HANDLERS: dict[str, Any] = {
    "file": None,
    "data": None,
    "ftp": None,
    "s3": None,
    # Certificates are verified first; where a portal's is broken the crawl goes on, and each capture says so.
    "http": "crawler.wire.BoundedHandler",
    "https": "crawler.wire.VerifiedFirst",
}

# The command shows progress itself and the ledger keeps the counts; each of Scrapy's extensions costs every
# request some calls. Its list is emptied, as what EXTENSIONS sets to None is imported all the same: for the
# remote control aiohttp, 160 ms of CPU.
EXTENSIONS_BASE: dict[str, Any] = {}
STATS_DUMP = False
# Scrapy words a line for each answer and then finds that nobody wants it.
LOG_FORMATTER = "crawler.middlewares.quiet.QuietFormatter"
# Only what the spider middlewares do is not wanted: depth and offsite are the ledger's, errors are read.
SPIDER_MIDDLEWARES: dict[str, Any] = {
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
LOG_LEVEL = "INFO"
