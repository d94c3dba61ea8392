"""`alerts.yml`: the channels that alarms are sent to. What is wrong with it is said by file and line."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import urlsplit

import yaml

from archive.drift.alarms import Alarm
from archive.drift.verdicts import KINDS
from archive.errors import UsageError

CONFIG_NAME = "alerts.yml"
# Names another file than that of the archive; `--config` goes before it.
CONFIG_VARIABLE = "KHOCONG_ALERTS"
Security: TypeAlias = Literal["starttls", "ssl", "none"]
_PORTS = {"starttls": 587, "ssl": 465, "none": 25}


class AlertsError(UsageError):
    """The configuration of alerts cannot be used; the message names file, line and what is expected."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret stands: an environment variable, or a file that only its owner may read."""

    variable: str = ""
    file: str = ""

    def read(self) -> str:
        """Return the secret, read anew each time. Raises AlertsError: it is missing, or open to others."""
        if self.variable:
            value = os.environ.get(self.variable, "")
            if not value:
                raise AlertsError(f"the environment variable {self.variable} is empty; alerts need it")
            return value
        path = Path(self.file)
        try:
            mode = path.stat().st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise AlertsError(f"{path} can be read by others; run: chmod 600 {path}")
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise AlertsError(f"the secret in {path} cannot be read: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Email:
    """Mail by SMTP."""

    host: str
    port: int
    security: Security
    sender: str
    to: tuple[str, ...]
    user: str = ""
    password: Secret | None = None
    timeout_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Webhook:
    """A JSON POST. With `secret` it is signed (HMAC-SHA256); `allow_private` lets it go to this machine."""

    url: str
    secret: Secret | None = None
    allow_private: bool = False
    timeout_s: float = 15.0


@dataclass(frozen=True, slots=True)
class Command:
    """A program that gets the alarm as JSON on its standard input; it is run without a shell."""

    argv: tuple[str, ...]
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Channel:
    """One way out, and which alarms take it."""

    name: str
    way: Email | Webhook | Command
    least: Literal["warning", "critical"] = "warning"
    portals: tuple[str, ...] = ("*",)
    kinds: tuple[str, ...] = ()
    recoveries: bool = True

    def takes(self, alarm: Alarm) -> bool:
        """Say whether an alarm goes this way."""
        return (
            (self.least == "warning" or alarm.severity == "critical")
            and (not self.kinds or alarm.kind in self.kinds)
            and any(fnmatchcase(alarm.portal, pattern) for pattern in self.portals)
        )


@dataclass(frozen=True, slots=True)
class Alerts:
    """The whole configuration; without channels nothing is sent."""

    channels: tuple[Channel, ...] = ()
    language: Literal["vi", "en"] = "vi"


def load(archive: Path, config: Path | None = None) -> Alerts:
    """Return the configuration of an archive: *config*, or what KHOCONG_ALERTS names, or its `alerts.yml`.

    No file, no channels; one that was named and is missing is an error. Raises AlertsError.
    """
    named = config or (Path(found) if (found := os.environ.get(CONFIG_VARIABLE)) else None)
    path = named or archive / CONFIG_NAME
    if not path.exists():
        if named is not None:
            raise AlertsError(f"there is no {path}; docs/alarms.md shows one")
        return Alerts()
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise AlertsError(f"{path}:{line}: not readable as YAML: {str(error).splitlines()[0]}") from error
    return _Reader(path, node).read(data)


_Way: TypeAlias = Callable[[Any, tuple[str, ...]], Email | Webhook | Command]


class _Reader:
    def __init__(self, path: Path, node: Any) -> None:
        self._path = path
        self._node = node

    def error(self, place: tuple[str, ...], what: str) -> AlertsError:
        """Return the error at a place of the file: its line is that of the deepest key that is there."""
        node, line = self._node, 1
        for key in place:
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            found = next((pair for pair in pairs if pair[0].value == key), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        return AlertsError(f"{self._path}:{line}: {what}")

    def read(self, data: Any) -> Alerts:
        if data is None:
            return Alerts()
        self._keys(data, (), {"language", "channels"})
        language = data.get("language", "vi")
        if language not in ("vi", "en"):
            raise self.error(("language",), f"language is vi or en, not {language!r}")
        channels = data.get("channels") or {}
        if not isinstance(channels, dict):
            raise self.error(("channels",), "channels is a mapping of names to channels")
        made = tuple(self._channel(str(name), value) for name, value in channels.items())
        return Alerts(made, cast("Literal['vi', 'en']", language))

    def _keys(self, value: Any, place: tuple[str, ...], known: set[str]) -> None:
        if not isinstance(value, dict):
            raise self.error(
                place, f"{'.'.join(place) or 'the file'} is a mapping of {', '.join(sorted(known))}"
            )
        for key in value:
            if key not in known:
                raise self.error(
                    (*place, str(key)), f"unknown key {key!r}; known are {', '.join(sorted(known))}"
                )

    def _channel(self, name: str, value: Any) -> Channel:
        place = ("channels", name)
        ways: dict[str, _Way] = {
            "email": self._email,
            "webhook": self._webhook,
            "command": self._command,
        }
        self._keys(value, place, {*ways, "least", "portals", "kinds", "recoveries"})
        chosen = [way for way in ways if way in value]
        if len(chosen) != 1:
            raise self.error(place, f"{name} needs one of email, webhook and command")
        least = value.get("least", "warning")
        if least not in ("warning", "critical"):
            raise self.error((*place, "least"), f"least is warning or critical, not {least!r}")
        kinds = self._words(value, place, "kinds", ())
        for kind in kinds:
            if kind not in KINDS:
                raise self.error(
                    (*place, "kinds"), f"{kind!r} is no kind of alarm; known are {', '.join(KINDS)}"
                )
        return Channel(
            name=name,
            way=ways[chosen[0]](value[chosen[0]], (*place, chosen[0])),
            least=least,
            portals=self._words(value, place, "portals", ("*",)),
            kinds=kinds,
            recoveries=self._flag(value, place, "recoveries", default=True),
        )

    def _email(self, value: Any, place: tuple[str, ...]) -> Email:
        secret = {"password_env", "password_file"}
        self._keys(value, place, {"host", "port", "security", "from", "to", "user", "timeout_s", *secret})
        security = value.get("security", "starttls")
        if security not in _PORTS:
            raise self.error((*place, "security"), f"security is starttls, ssl or none, not {security!r}")
        password = self._secret(value, place, "password")
        if security == "none" and password is not None:
            raise self.error(
                (*place, "security"), "security: none would send the password readable by anyone"
            )
        if (password is None) != ("user" not in value):
            raise self.error(place, "user and password_env or password_file go together")
        to = self._words(value, place, "to", ())
        sender = self._text(value, place, "from")
        for address in (sender, *to):
            if "@" not in address or any(char.isspace() for char in address):
                raise self.error(place, f"{address!r} is not a mail address")
        if not to:
            raise self.error(place, "to: whom is the mail for?")
        return Email(
            self._text(value, place, "host"),
            int(self._number(value, place, "port", _PORTS[security])),
            cast("Security", security),
            sender,
            to,
            str(value.get("user", "")),
            password,
            self._number(value, place, "timeout_s", 20.0),
        )

    def _webhook(self, value: Any, place: tuple[str, ...]) -> Webhook:
        self._keys(value, place, {"url", "secret_env", "secret_file", "allow_private", "timeout_s"})
        url = self._text(value, place, "url")
        private = self._flag(value, place, "allow_private", default=False)
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
            raise self.error((*place, "url"), f"{url!r} is not an https URL")
        if parts.scheme == "http" and not private:
            raise self.error(
                (*place, "url"), "url: https, or http to a machine of yours with allow_private: true"
            )
        timeout = self._number(value, place, "timeout_s", 15.0)
        return Webhook(url, self._secret(value, place, "secret"), private, timeout)

    def _command(self, value: Any, place: tuple[str, ...]) -> Command:
        self._keys(value, place, {"argv", "timeout_s"})
        argv = self._words(value, place, "argv", ())
        if not argv:
            raise self.error(place, "argv: the program and its arguments, as a list")
        return Command(argv, self._number(value, place, "timeout_s", 30.0))

    def _secret(self, value: dict[str, Any], place: tuple[str, ...], name: str) -> Secret | None:
        variable, file = value.get(f"{name}_env"), value.get(f"{name}_file")
        if variable and file:
            raise self.error(place, f"{name}_env or {name}_file, not both")
        if not variable and not file:
            return None
        found = Secret(str(variable or ""), str(file or ""))
        if file and Path(str(file)).exists():
            found.read()
        return found

    def _text(self, value: dict[str, Any], place: tuple[str, ...], name: str) -> str:
        found = value.get(name)
        if not isinstance(found, str) or not found.strip():
            raise self.error((*place, name), f"{place[1]} needs {name}, a text")
        return found.strip()

    def _words(
        self, value: dict[str, Any], place: tuple[str, ...], name: str, default: tuple[str, ...]
    ) -> tuple[str, ...]:
        found = value.get(name, list(default))
        found = [found] if isinstance(found, str) else found
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise self.error((*place, name), f"{name} is a list of texts")
        return tuple(found)

    def _flag(self, value: dict[str, Any], place: tuple[str, ...], name: str, *, default: bool) -> bool:
        found = value.get(name, default)
        if not isinstance(found, bool):
            raise self.error((*place, name), f"{name} is true or false, not {found!r}")
        return found

    def _number(self, value: dict[str, Any], place: tuple[str, ...], name: str, default: float) -> float:
        found = value.get(name, default)
        if isinstance(found, bool) or not isinstance(found, int | float) or not 0 < found < 65_536:
            raise self.error((*place, name), f"{name} {found!r} is not a number")
        return float(found)
