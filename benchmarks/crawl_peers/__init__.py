"""Other crawlers, each a process of its own: `python -m benchmarks.crawl_peers NAME URL [MAX]`."""
