"""Prefix lists that grow and shrink: what stays is not touched, and every reading agrees on the numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.iosxe.server import RouterServer
from onprem.plan.diff import compare
from onprem.plan.numbering import keep_numbers
from onprem.plan.sections import read_lines
from onprem.plan.undoing import undo
from onprem.push.pushed import Intent, Pushed, found_before, keeping_numbers, ours_after, pushed_by, settled
from onprem.ssh.access import Access
from tests.examples import examples
from tests.onprem.project import Project
from tests.onprem.routers import ROUTER, Console, Lab

NEW = "10.14.0.0/24"
GROWN = ("addressSpace: [10.11.30.0/26]", f"addressSpace: [10.11.30.0/26, {NEW}]")


@pytest.fixture
def router(lab: Lab) -> RouterServer:
    return lab.start()


def entries(shown: str) -> list[str]:
    """The lines of prefix lists that a diff shows as coming or going."""
    return [line for line in shown.splitlines() if line[:1] in "+-" and "ip prefix-list" in line[:17]]


@pytest.mark.promise("P1", "P2", "P6", "P30")
def test_prefix_in_the_middle_moves_no_other(run: Project, router: RouterServer) -> None:
    provider = run.provider()
    first = provider.create(run.inputs())
    before = [line for line in router.running.splitlines() if line.startswith("ip prefix-list")]
    run.describe(*GROWN)
    state = run.export(first)
    shown = run("diff", ROUTER, *state)
    assert entries(shown.stdout) == [f"+ ip prefix-list Azure_to_Cust30 seq 60 permit {NEW}"]
    provider.diff(first, run.inputs())
    [told] = [said for said in provider.said() if "lines, compared" in said]
    assert entries(told) == entries(shown.stdout)

    second = provider.update(first, run.inputs())
    now = [line for line in router.running.splitlines() if line.startswith("ip prefix-list")]
    assert set(now) - set(before) == {f"ip prefix-list Azure_to_Cust30 seq 60 permit {NEW}"}
    assert set(before) <= set(now)
    assert not provider.diff(second, run.inputs()).detailedDiff
    assert provider.read(second, run.inputs())[0]["running"] == "as pushed"
    assert run("diff", ROUTER, *run.export(second)).returncode == 0

    run.describe(*reversed(GROWN))
    third = provider.update(second, run.inputs())
    assert [line for line in router.running.splitlines() if line.startswith("ip prefix-list")] == before
    provider.delete(third)
    assert "ip prefix-list" not in router.running


def a_list(actions: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    def rendered(action: str, prefixes: list[int]) -> tuple[str, ...]:
        return tuple(
            f"ip prefix-list A seq {10 * place} {action} 10.{prefix}.0.0/16"
            for place, prefix in enumerate(prefixes, 1)
        )

    return st.builds(rendered, actions, st.lists(st.integers(0, 12), unique=True, min_size=1))


@pytest.mark.promise("P1", "P6", "P10", "P30")
@settings(max_examples=examples(60))
@given(several=st.lists(a_list(st.sampled_from(("permit", "permit", "deny"))), min_size=1, max_size=6))
def test_no_entry_that_stays_is_removed_or_typed_again(several: list[tuple[str, ...]]) -> None:
    access, console, last = Access(router=ROUTER, host=ROUTER), Console(), Pushed()
    factory = console.text
    for lines in (*several, ()):
        before, text = console.running, console.text
        intent = keeping_numbers(Intent(lines=lines), last)
        assert meaning(intent.lines) == meaning(lines)
        diff = compare(before, read_lines(intent.lines), ours_after(access, intent, last))
        typed = [command.text for command in diff.commands]
        stays = meaning(lines) & meaning(last.lines)
        assert not stays & meaning(typed)
        assert not stays & meaning([line.removeprefix("no ") for line in typed])
        console.type(diff.commands)
        assert meaning(console.text.splitlines()) == meaning(lines)
        back = Console(console.text)
        back.type(undo(back.running, before, diff).commands)
        assert back.text == text
        last = pushed_by(access, intent, last, diff)
        assert keep_numbers(lines, last.lines) == last.lines, "a second comparison gives the same numbers"
        ours = settled(read_lines(last.lines), found_before(last))
        assert not compare(console.running, read_lines(last.lines), ours)
    assert console.text == factory


def meaning(lines: tuple[str, ...] | list[str]) -> set[str]:
    """The entries without their numbers."""
    return {line.split(" ", 5)[5] for line in lines if line.startswith("ip prefix-list")}


def test_lists_whose_order_counts_stay_as_they_are() -> None:
    lines = ("ip prefix-list A seq 10 deny 10.1.0.0/16", "ip prefix-list A seq 20 permit 10.0.0.0/8 le 24")
    assert keep_numbers(lines, ["ip prefix-list A seq 10 permit 10.0.0.0/8 le 24"]) == lines
