"""Which engine is run, and what is said where there is none."""

from pathlib import Path

import pytest

from lab.engine import BuildError, building, find_engine


def install(folder: Path, version: str, *, host: bytes | None = b"\x7fELF") -> Path:
    """Put a command that calls itself a version of Pulumi into a folder, with a language host beside it."""
    folder.mkdir(exist_ok=True)
    engine = folder / "pulumi"
    engine.write_text(f"#!/bin/sh\necho {version}\n")
    engine.chmod(0o755)
    if host is not None:
        beside = folder / "pulumi-language-python"
        beside.write_bytes(host)
        beside.chmod(0o755)
    return engine


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An engine that was built earlier."""
    monkeypatch.setenv("HYBRID_CACHE", str(tmp_path / "cache"))
    binary = tmp_path / "cache" / "engine" / building.TAG / "pulumi"
    binary.parent.mkdir(parents=True)
    binary.touch()
    return binary


@pytest.mark.parametrize("version", ["v3.256.0", "v3.256.1", "3.300.0"])
def test_an_engine_that_fits_is_used(tmp_path: Path, version: str) -> None:
    engine = install(tmp_path / "bin", version)
    found = find_engine(str(tmp_path / "bin"))
    assert (found.binary, found.has_language_host) == (engine, True)


@pytest.mark.parametrize(
    ("version", "host"),
    [
        pytest.param("v3.255.9", b"\x7fELF", id="too old"),
        pytest.param("v4.0.0", b"\x7fELF", id="another major version"),
        pytest.param("broken", b"\x7fELF", id="says nothing sensible"),
        pytest.param("v3.256.0", None, id="cannot run Python"),
        pytest.param("v3.256.0", b"#!/bin/sh\n", id="the lab's own launcher"),
    ],
)
def test_an_engine_that_does_not_fit_is_passed_over(
    tmp_path: Path, built: Path, version: str, host: bytes | None
) -> None:
    install(tmp_path / "bin", version, host=host)
    found = find_engine(str(tmp_path / "bin"))
    assert (found.binary, found.has_language_host) == (built, False)


def test_a_later_engine_on_path_is_found_behind_one_that_does_not_fit(tmp_path: Path) -> None:
    install(tmp_path / "old", "v3.1.0")
    engine = install(tmp_path / "new", "v3.256.0")
    assert find_engine(f"{tmp_path / 'old'}:{tmp_path / 'new'}").binary == engine


def test_without_go_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYBRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        BuildError, match=r"no Go to build it with: install Go 1\.25 or newer .*, or the Pulumi CLI"
    ):
        find_engine()


def test_an_engine_that_is_too_old_is_named_where_none_can_be_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYBRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    engine = install(tmp_path / "bin", "v3.100.0")
    with pytest.raises(BuildError, match=rf"no Go to build it with: .*\({engine} is v3\.100\.0\.\)$"):
        find_engine(str(tmp_path / "bin"))


def test_an_old_go_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho go1.19.8\n")
    go.chmod(0o755)
    monkeypatch.setenv("HYBRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=r"Go here is go1\.19\.8: install Go 1\.25"):
        find_engine()


def test_a_failed_build_shows_what_go_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = tmp_path / "go"
    go.write_text(
        '#!/bin/sh\n[ "$1" = env ] && { echo go1.26.0; exit; }\necho "no route to host" >&2; exit 1\n'
    )
    go.chmod(0o755)
    monkeypatch.setenv("HYBRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(BuildError, match="no route to host"):
        find_engine(path="")
    assert [file.name for file in (tmp_path / "cache").rglob("*") if file.is_file()] == ["pulumi.lock"]
