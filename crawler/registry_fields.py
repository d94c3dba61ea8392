"""The values of one YAML mapping, checked as they are asked for; every complaint names file and line."""

from pathlib import Path
from typing import Any

import yaml

from archive.errors import KhoCongError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RegistryError(KhoCongError):
    """A portal file is wrong; the message begins with `file:line:`. Mend the file."""


class Fields:
    """Turns a YAML mapping into checked values; every complaint names the line of its key."""

    def __init__(self, path: Path, node: yaml.MappingNode) -> None:
        self.path = path
        self.values: dict[str, Any] = {}
        self.lines: dict[str, int] = {"": node.start_mark.line + 1}
        loader = LOADER("")
        for name_node, value_node in node.value:
            name = str(name_node.value)
            self.lines[name] = name_node.start_mark.line + 1
            if name in self.values:
                raise self.error(name, f"{name!r} is written twice")
            if isinstance(value_node, yaml.SequenceNode):
                # A list of thirty hosts: the mistake is named by the line of its item.
                for index, item in enumerate(value_node.value):
                    self.lines[f"{name}.{index}"] = item.start_mark.line + 1
            elif isinstance(value_node, yaml.MappingNode):
                for inner, _ in value_node.value:
                    self.lines[f"{name}.{inner.value}"] = inner.start_mark.line + 1
            try:
                self.values[name] = loader.construct_object(value_node, deep=True)
            except (ValueError, yaml.YAMLError) as error:
                raise self.error(name, f"{name}: {error}") from error

    def error(self, name: str, complaint: str) -> RegistryError:
        return RegistryError(f"{self.path}:{self.lines.get(name, self.lines[''])}: {complaint}")

    def text(self, name: str, default: str | None = None) -> str | None:
        value = self.values.get(name, default)
        if value is not None and not isinstance(value, str):
            raise self.error(name, f"{name} must be text, not {value!r}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self.error(name, f"{name} must be true or false, not {value!r}")
        return value

    def word(self, name: str, words: tuple[str, ...], default: str) -> str:
        value = self.values.get(name, default)
        if value not in words:
            raise self.error(name, f"{name} must be one of {', '.join(words)}, not {value!r}")
        return str(value)

    def items(self, name: str) -> list[Any]:
        value = self.values.get(name, [])
        if not isinstance(value, list):
            raise self.error(name, f"{name} must be a list")
        return value

    def only(self, allowed: set[str], what: str = "") -> None:
        for name in self.values:
            if name not in allowed:
                raise self.error(name, f"unknown key {name!r}{what}; known are {', '.join(sorted(allowed))}")
