"""A real SMTP server and a webhook receiver on loopback: they keep what they get, or refuse when told to."""

import json
import socket
import threading
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Mailbox:
    """Keeps mails; the first *refuse* of them are answered 451."""

    def __init__(self) -> None:
        self.mails = []
        self.logins = []
        self.refuse = 0

    async def handle_DATA(self, _server, _session, envelope):
        if self.refuse:
            self.refuse -= 1
            return "451 try again later"
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"

    def login(self, _server, _session, _envelope, mechanism, data):
        self.logins.append((mechanism, data.login, data.password))
        return AuthResult(success=data.password == b"mat-khau")


@contextmanager
def smtp(**options):
    """Serve a mailbox; yield it with its `port`."""
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    if options.pop("login", False):
        options |= {"authenticator": box.login, "auth_required": True}
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


class Received:
    """Keeps POSTs as (path, headers, data); `answers` are the statuses given, the last one for ever."""

    def __init__(self) -> None:
        self.posts = []
        self.answers = [200]


@contextmanager
def webhook():
    """Serve a receiver; yield it with its `url`."""
    kept = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = kept.answers.pop(0) if len(kept.answers) > 1 else kept.answers[0]
            kept.posts.append((self.path, dict(self.headers), body, json.loads(body), status))
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/hook?x=1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
