"""The demo portal on a socket: it listens on loopback only, logs what was asked, and always stops."""

import http.client
import socket
from urllib.parse import urlsplit

import pytest

from crawler.demo import DemoServer


def ask(port, method, target):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, target)
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply, body


def test_it_serves_and_logs():
    with DemoServer() as portal:
        assert urlsplit(portal.url).hostname == "127.0.0.1"
        home, _ = ask(portal.port, "GET", "/")
        assert (home.status, home.headers["Location"]) == (302, "/wps/portal/Home/trang-chu")
        page, body = ask(portal.port, "GET", "/wps/portal/Home/trang-chu")
        assert page.headers["Content-Type"] == "text/html; charset=UTF-8"
        assert len(body) == int(page.headers["Content-Length"])
        head, nothing = ask(portal.port, "HEAD", "/robots.txt")
        assert (head.status, nothing) == (200, b"")
        assert int(head.headers["Content-Length"]) > 0
        assert [entry[1:] for entry in portal.log] == [
            ("/", 302),
            ("/wps/portal/Home/trang-chu", 200),
            ("/robots.txt", 200),
        ]


def fail_inside(portal, idle):
    with portal:
        idle.connect(("127.0.0.1", portal.port))
        raise RuntimeError("inside")


def test_it_stops_even_when_the_block_fails_and_a_client_hangs():
    portal = DemoServer()
    with socket.socket() as idle:
        with pytest.raises(RuntimeError, match="inside"):
            fail_inside(portal, idle)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", portal.port), 2)


def test_a_port_can_be_asked_for_again():
    with DemoServer() as first:
        port = first.port
    with DemoServer(port) as second:
        assert ask(port, "GET", "/robots.txt")[0].status == 200
        assert second.port == port
