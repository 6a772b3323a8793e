"""What is asked of Azure while the program runs, and what to say if it does not answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pulumi

_PULUMIS_WORDS = re.compile(r"invo\w+ of \S+ (?:failed|returned an error): ")
"""What stands before the provider's own."""


@contextmanager
def saying(what: str) -> Iterator[None]:
    """Turn a provider's failed function into one message; Pulumi raises nothing narrower than Exception."""
    try:
        yield
    except pulumi.RunError:
        raise
    except Exception as error:  # noqa: BLE001 (see above)
        raise pulumi.RunError(f"{what}: {_PULUMIS_WORDS.split(str(error))[-1]}") from None
