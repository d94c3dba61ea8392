"""The demo portal on loopback: a context manager that serves it and always stops."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from crawler.demo.site import Site


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # The version of Python is nobody's business, not even here.
    server_version = "IBM_HTTP_Server"
    sys_version = ""
    # A client that opens a connection and says nothing must not hold a thread for ever.
    timeout = 30
    # Headers and body leave in two writes; with Nagle's algorithm the second waits 40 ms for an ACK.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        server = self.server
        assert isinstance(server, _Server)
        reply = server.site.reply(self.path)
        server.log.append((self.command, self.path, reply.status))
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.mime)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: requests are in `DemoServer.log`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.site = Site()
        self.log: list[tuple[str, str, int]] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent when a client hangs up: that is its right, and not a fault of ours."""


class DemoServer:
    """Serve the demo portal on 127.0.0.1 while the `with` block runs; *port* 0 takes a free one.

    >>> with DemoServer() as portal:
    ...     portal.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(self, port: int = 0) -> None:
        self._server = _Server(port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="demo portal", daemon=True
        )
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/"

    @property
    def log(self) -> list[tuple[str, str, int]]:
        """Return (method, path, status) of every request so far."""
        return list(self._server.log)

    def __enter__(self) -> "DemoServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)
