"""A router's flash: text files that users put there, list, and copy to and from the running configuration.

Source of the texts: Cisco, "Configuration Fundamentals" (`copy`, `dir`, `verify`), and what published clients
read out of them.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from lab.iosxe.files import replace_file

SYSTEM = "bootflash:"
_BYTES = 7_451_738_112


class Flash:
    """The files of one router, in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, name: str) -> str | None:
        """A file's text; None if there is no such file."""
        file = self._file(name)
        return file.read_text() if file is not None and file.is_file() else None

    def write(self, name: str, text: str) -> None:
        """Writes a file.

        Raises:
            OSError: the name is on no file system of this router.
        """
        file = self._file(name)
        if file is None:
            raise OSError(name)
        self._directory.mkdir(mode=0o700, exist_ok=True)
        replace_file(file, text)

    def list(self, name: str = "") -> str:
        """What `dir` prints for the whole, or for one file."""
        wanted = name.removeprefix(SYSTEM).strip("/")
        text = self.read(name) if wanted else ""
        if text is None or not (name or SYSTEM).startswith(SYSTEM):
            return _unknown(name)
        files = sorted(self._directory.iterdir()) if self._directory.is_dir() else []
        rows = [
            f"{number:5}  -rw-  {file.stat().st_size:>15}  {_written(file)}  {file.name}"
            for number, file in enumerate(files, 11)
            if wanted in {"", file.name}
        ]
        used = sum(file.stat().st_size for file in files)
        return "\n".join(
            (
                f"Directory of {SYSTEM}/{wanted}",
                "",
                *rows,
                "",
                f"{_BYTES} bytes total ({_BYTES - used} bytes free)",
            )
        )

    def verify(self, name: str) -> str:
        """What `verify /md5` prints."""
        text = self.read(name)
        if text is None:
            return _unknown(name)
        digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        return f".Done!\nverify /md5 ({name}) = {digest}"

    def _file(self, name: str) -> Path | None:
        plain = name.removeprefix(SYSTEM).strip("/")
        if not name.startswith(SYSTEM) or not plain or "/" in plain or plain.startswith("."):
            return None
        return self._directory / plain


def _written(file: Path) -> str:
    """When a file was written, as `dir` prints it."""
    return f"{datetime.fromtimestamp(file.stat().st_mtime, UTC):%b %d %Y %H:%M:%S} +00:00"


def _unknown(name: str) -> str:
    return f"%Error opening {name} (No such file or directory)"
