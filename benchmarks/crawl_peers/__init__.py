"""Other crawlers, each a process of its own: `python -m benchmarks.crawl_peers NAME URL [MAX]`."""

# trafilatura's crawler takes no numeric host for a portal: it is given this name for the loopback.
NAMED = "cong.gov.example"
