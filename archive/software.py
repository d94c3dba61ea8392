"""What we call ourselves in records, packages and user agents."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("khocong")
except PackageNotFoundError:  # run from a folder that nobody installed
    VERSION = "0"
SOFTWARE = f"khocong/{VERSION}"
