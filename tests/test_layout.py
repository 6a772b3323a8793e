"""What pytest would pass over in silence, or trip over."""

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_every_file_with_tests_is_found() -> None:
    others = (file for file in HERE.rglob("*.py") if not file.name.startswith("test_"))
    hidden = [file.relative_to(HERE).as_posix() for file in others if holds_tests(file.read_text())]
    assert hidden == []


def holds_tests(source: str) -> bool:
    """Whether there is a function called like a test that is no fixture."""
    functions = re.findall(r"^(@pytest\.fixture[^\n]*\n)?(?:async )?def test_", source, re.MULTILINE)
    return "" in functions


def test_no_package_hides_the_one_that_it_tests() -> None:
    assert [file.as_posix() for file in HERE.rglob("__init__.py")] == []
