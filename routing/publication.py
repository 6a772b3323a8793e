"""A report as one file for people: by its suffix, Markdown for a pull request or a page for a browser."""

from __future__ import annotations

from pathlib import Path

from routing.report import Report, ReportError

SUFFIXES = (".md", ".html")
"""What a report's file may end in."""


def write_report(file: Path, report: Report) -> None:
    """Write a report in the form that the file's suffix asks for.

    Raises:
        ReportError: if the suffix is none of `SUFFIXES`, if the file cannot be written, or if the network is
            too large for a page.
    """
    # jinja2 is a good part of the start-up time, and only reports need it
    from routing.markdown import render_markdown  # noqa: PLC0415
    from routing.page import render_page  # noqa: PLC0415

    forms = {".md": render_markdown, ".html": render_page}
    if (form := forms.get(file.suffix)) is None:
        raise ReportError(f"{file} is no name for a report: let it end in {' or '.join(SUFFIXES)}")
    text = form(report)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{file} cannot be written: {error.strerror}") from error
