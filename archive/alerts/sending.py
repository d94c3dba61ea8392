"""The three ways out: mail by SMTP, a signed JSON POST, a program of the archivist's own."""

import hashlib
import hmac
import os
import smtplib
import ssl
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from archive.alerts.config import AlertsError, Channel, Command, Email, Webhook
from archive.alerts.messages import Language, Message, data, subject, test_words, text
from archive.alerts.posting import PostFailed, encoded, post
from archive.errors import KhoCongError

# What a program gets of our environment: enough to run, nothing that is secret.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "TMPDIR")


class SendFailed(KhoCongError):
    """A channel did not take a message; it waits and is tried again."""


def send(channel: Channel, messages: Sequence[Message], language: Language) -> None:
    """Send messages through a channel: one mail with all of them, or one POST or run each.

    A channel that takes one at a time is to be given one. Raises SendFailed.
    """
    try:
        if isinstance(channel.way, Email):
            _mail(channel.way, subject(messages, language), text(messages, language), messages[0].key)
            return
        for message in messages:
            if isinstance(channel.way, Webhook):
                _post(channel.way, encoded(data(message)), message.key)
            else:
                _run(channel.way, encoded(data(message)), message)
    except AlertsError as error:
        raise SendFailed(str(error)) from error


def send_test(channel: Channel, language: Language) -> None:
    """Send a word that there is nothing to say. Raises SendFailed."""
    title, words = test_words(language)
    key = f"test-{int(datetime.now(UTC).timestamp() * 1000)}"
    body = encoded({"id": key, "event": "test", "summary": words.strip()})
    try:
        if isinstance(channel.way, Email):
            _mail(channel.way, title, words, key)
        elif isinstance(channel.way, Webhook):
            _post(channel.way, body, key)
        else:
            _run(channel.way, body, None)
    except AlertsError as error:
        raise SendFailed(str(error)) from error


def takes_many(channel: Channel) -> bool:
    """Say whether a channel is given all its messages at once."""
    return isinstance(channel.way, Email)


def _mail(way: Email, title: str, words: str, key: str) -> None:
    mail = EmailMessage()
    mail["Subject"] = title
    mail["From"] = way.sender
    mail["To"] = ", ".join(way.to)
    mail["Date"] = format_datetime(datetime.now(UTC))
    # The same at every try: who gets a mail twice because a connection broke sees one.
    mail["Message-ID"] = f"<khocong-{key}@{way.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(words)
    try:
        with _smtp(way) as server:
            if way.password is not None:
                server.login(way.user, way.password.read())
            server.send_message(mail)
    except (smtplib.SMTPException, OSError) as error:
        said = str(error).strip().splitlines()
        raise SendFailed(
            f"{way.host}:{way.port}: {said[0][:300] if said else type(error).__name__}"
        ) from error


def _smtp(way: Email) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if way.security == "ssl":
        return smtplib.SMTP_SSL(way.host, way.port, timeout=way.timeout_s, context=context)
    server = smtplib.SMTP(way.host, way.port, timeout=way.timeout_s)
    if way.security == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def _post(way: Webhook, body: bytes, key: str) -> None:
    headers = {"User-Agent": "khocong", "Idempotency-Key": key}
    if way.secret is not None:
        digest = hmac.new(way.secret.read().encode(), body, hashlib.sha256).hexdigest()
        headers["X-Khocong-Signature"] = f"sha256={digest}"
    try:
        post(way.url, body, headers, allow_private=way.allow_private, timeout_s=way.timeout_s)
    except PostFailed as error:
        raise SendFailed(str(error)) from error


def _run(way: Command, body: bytes, message: Message | None) -> None:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    if message is not None:
        environment |= {
            "KHOCONG_EVENT": message.event,
            "KHOCONG_PORTAL": message.alarm.portal,
            "KHOCONG_KIND": message.alarm.kind,
            "KHOCONG_SEVERITY": message.alarm.severity,
        }
    try:
        done = subprocess.run(
            way.argv, input=body, env=environment, capture_output=True, timeout=way.timeout_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SendFailed(f"{way.argv[0]}: {error}") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SendFailed(f"{way.argv[0]} ended with {done.returncode}{': ' + said[-1][:200] if said else ''}")
