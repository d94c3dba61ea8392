"""When portals are crawled: a file of wishes in, runs out, one portal never twice at once."""
