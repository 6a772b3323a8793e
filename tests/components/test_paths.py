"""What a preview says of paths that a change makes worse."""

from typing import Any

import pytest

from components.paths import steady_paths, worsened
from topology import load_stack

WELL = "expressroute (expressroute1)"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param(WELL, "unreachable", f"hub to site becomes unreachable; it was {WELL}", id="cut off"),
        pytest.param(
            WELL, f"{WELL}, asymmetric", f"hub to site becomes {WELL}, asymmetric; it was {WELL}", id="bent"
        ),
        pytest.param(
            None, f"{WELL}, left to chance", f"hub to site becomes {WELL}, left to chance", id="new"
        ),
        pytest.param(None, "unreachable", None, id="never reached"),
        pytest.param("unreachable", "unreachable", None, id="as unreachable as before"),
        pytest.param("unreachable", WELL, None, id="mended"),
        pytest.param(f"{WELL}, asymmetric", f"{WELL}, asymmetric", None, id="as bent as before"),
        pytest.param(WELL, "vpn (tunnel)", None, id="moved"),
    ],
)
def test_only_what_gets_worse_is_said(before: str | None, after: str, said: str | None) -> None:
    earlier = {} if before is None else {"hub": {"site": before}}
    assert list(worsened(earlier, {"hub": {"site": after}})) == ([] if said is None else [said])


def test_paths_of_the_test_stack(stack_file: Any) -> None:
    paths = steady_paths(load_stack(stack_file))
    assert paths["spoke"]["location1"] == "expressroute (hub-spoke, expressroute1)"
    assert paths["branch"]["location1"] == "vpn (hub-branch, hub-location1)"
    assert paths["remote"]["location2"] == "unreachable"
    assert all(len(destinations) == 5 for destinations in paths.values())
