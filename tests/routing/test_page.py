"""The page, in a real headless Chromium: what it shows after a choice, and that it fetches nothing."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path as FilePath
from typing import Any

import pytest
import pytest_asyncio

from routing import Appendix, Difference, Forecast, Report, ReportError, compare_forecasts, compile_report
from routing.diagram import draw_up
from routing.documents import path_document
from routing.layout import Orientation, lay_out
from routing.page import render_page
from tests.routing.browser import CHROMIUM, Page, browser_page
from topology import Network, Place

pytestmark = pytest.mark.thorough

Stack = Callable[..., Network]
in_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium here (Debian: apt install chromium)"
)
NASTY = "</script><script>document.title='hacked'</script><img src=x onerror=alert(1)>"


def place(path: tuple[str, ...]) -> Place:
    return Place(file=FilePath("Pulumi.test.yaml"), line=len(path), column=7)


@pytest.fixture(scope="module")
def report(stack: Stack) -> Report:
    return compile_report("test", Forecast(stack()), place)


# --- the file --------------------------------------------------------------------------------------------


def data_of(page: str) -> dict[str, Any]:
    (written,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    data: dict[str, Any] = json.loads(written)
    return data


def test_it_holds_the_paths_as_json_has_them(report: Report) -> None:
    data = data_of(render_page(report))
    steady, *failures = data["scenarios"]
    assert steady["paths"] == [path_document(path) for path in report.steady.paths]
    known = {(path["source"], path["destination"]): path for path in steady["paths"]}
    for scenario, told in zip(report.failures, failures, strict=True):
        assert told["failure"] == scenario.failure
        after = known | {(path["source"], path["destination"]): path for path in told["paths"]}
        assert list(after.values()) == [path_document(path) for path in scenario.paths]


def test_nothing_that_it_tells_becomes_markup(report: Report) -> None:
    nasty = replace(report.findings[0], message=NASTY, mend=NASTY)
    appendix = Appendix(title=NASTY, note=NASTY, columns=(NASTY,), rows=((NASTY,),))
    page = render_page(replace(report, stack=NASTY, findings=(nasty,), appendices=(appendix,)))
    assert page.count("<script") == page.count("</script>") == 2
    assert "<img" not in page
    assert data_of(page)["stack"] == NASTY
    assert data_of(page)["findings"][0]["message"] == NASTY


def test_it_refers_to_nothing_outside(report: Report) -> None:
    page = render_page(report)
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)|@import|https?://""", page)


def test_a_network_that_is_too_large_is_refused(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.page.MOST_PATHS", 29)
    with pytest.raises(ReportError, match="30 paths are too many for a page"):
        render_page(report)


@pytest.mark.parametrize("orientation", Orientation)
def test_cards_do_not_overlap_and_everything_is_inside(stack: Stack, orientation: Orientation) -> None:
    network = stack()
    layout = lay_out(draw_up(network, Forecast(network).graph), orientation)
    for placed in layout.cards:
        box = placed.box
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= layout.width
        assert box.y + box.height <= layout.height
        for chip in placed.chips:
            assert box.x <= chip.box.x <= chip.box.x + chip.box.width <= box.x + box.width
            assert box.y <= chip.box.y <= chip.box.y + chip.box.height <= box.y + box.height
    for one, other in combinations(layout.cards, 2):
        apart = (
            one.box.x + one.box.width <= other.box.x
            or other.box.x + other.box.width <= one.box.x
            or one.box.y + one.box.height <= other.box.y
            or other.box.y + other.box.height <= one.box.y
        )
        assert apart, f"{one.card.label} lies on {other.card.label}"


def test_a_link_that_ends_nowhere_known_is_drawn(stack: Stack) -> None:
    nobody = {"router": None, "interface": None, "outerVlan": None}
    peering = {"peerAsn": 65099, "primary": nobody, "secondary": nobody}
    network = stack({"circuits": {"expressroute2": {"privatePeering": peering}}})
    diagram = draw_up(network, Forecast(network).graph)
    assert "ends link:expressroute2/primary" in [note for card in diagram.cards for note in card.notes]
    lay_out(diagram, Orientation.TALL)


# --- in the browser --------------------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Page]:
    async with browser_page() as page:
        yield page


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Page, report: Report, tmp_path: FilePath) -> AsyncIterator[Page]:
    """Yield the page, newly loaded; afterwards, nothing may have been fetched, and nothing gone wrong."""
    file = tmp_path / "paths.html"
    file.write_text(render_page(report), encoding="utf-8")
    await browser.look(width=1280, height=1000)
    await browser.open("about:blank")
    browser.events.clear()
    await browser.open(file.as_uri())
    yield browser
    requests = [
        event["params"]["request"]["url"]
        for event in browser.events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert {url.split("#")[0] for url in requests if not url.startswith("data:")} <= {file.as_uri()}
    wrong = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
    assert [event for event in browser.events if event["method"] in wrong] == []


TABLE = """[...document.querySelectorAll("#table tbody tr")].map((row) => ({
  pair: row.dataset.pair.split(" "), changed: row.classList.contains("changed"),
  way: row.cells[2].innerText, why: row.cells[4].innerText}))"""
CHOSEN = 'document.getElementById("failure").value'
USED = """[...new Set([...document.querySelectorAll("svg.wide :is(.used, .back)[data-element]")]
  .map((group) => group.dataset.element))].sort()"""


def expected(report: Report, failure: str | None) -> dict[tuple[str, str], tuple[bool, str, str]]:
    """Return what the table has to say: whether a pair changes, over what it goes, and why."""
    scenario = next(each for each in (report.steady, *report.failures) if each.failure == failure)
    steady = {(path.source, path.destination): path for path in report.steady.paths}
    return {
        (path.source, path.destination): (
            path.differs_from(steady[path.source, path.destination]),
            ", ".join(segment.over for segment in path.forward.segments) or "none",
            path.reason,
        )
        for path in scenario.paths
    }


async def assert_table(page: Page, report: Report, failure: str | None) -> None:
    told = {tuple(row["pair"]): row for row in await page.evaluate(TABLE)}
    wanted = expected(report, failure)
    assert told.keys() == wanted.keys()
    for pair, (changed, over, reason) in wanted.items():
        assert (told[pair]["changed"], told[pair]["why"]) == (changed, reason)
        assert over in told[pair]["way"].splitlines()[0]


async def centre(page: Page, selector: str) -> tuple[float, float]:
    box = await page.evaluate(
        f"""(() => {{ const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2]; }})()"""
    )
    return box[0], box[1]


@in_browser
@pytest.mark.asyncio(loop_scope="module")
async def test_every_failure_is_chosen_with_the_arrow_keys(page: Page, report: Report) -> None:
    await assert_table(page, report, None)
    await page.press("Tab", "Tab")
    assert await page.evaluate("document.activeElement.id") == "failure"
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    seen = []
    for _ in report.failures:
        await page.press("ArrowDown")
        seen.append(await page.evaluate(CHOSEN))
        await assert_table(page, report, seen[-1])
    assert sorted(seen) == sorted(str(scenario.failure) for scenario in report.failures)


@in_browser
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("element", ["circuit:expressroute1", "gateway:hub/vpn", "router:location1-ce1"])
async def test_what_is_clicked_fails_and_comes_back(page: Page, report: Report, element: str) -> None:
    point = await centre(page, f'svg.wide [data-choice="{element}"] rect')
    await page.click(*point)
    assert await page.evaluate(CHOSEN) == element
    await assert_table(page, report, element)
    failed = """[...document.querySelectorAll("svg.wide .failed")].map((group) => group.dataset.element)"""
    assert set(await page.evaluate(failed)) == {element}
    await page.click(*point)
    assert await page.evaluate(CHOSEN) == ""
    await assert_table(page, report, None)


@in_browser
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("element", ["link:expressroute2/primary", "tunnel:hub-branch", "peering:hub-spoke"])
async def test_a_line_can_be_clicked_beside_its_middle(page: Page, report: Report, element: str) -> None:
    x, y = await page.evaluate(
        f"""(() => {{ const line = document.querySelector('svg.wide .line[data-element="{element}"] .course');
        const along = line.getPointAtLength(line.getTotalLength() * 0.35);
        const point = along.matrixTransform(line.getScreenCTM());
        return [point.x, point.y + 3]; }})()"""
    )
    await page.click(x, y)
    assert await page.evaluate(CHOSEN) == element
    await assert_table(page, report, element)


@in_browser
@pytest.mark.asyncio(loop_scope="module")
async def test_the_drawing_is_used_from_the_keyboard(page: Page, report: Report) -> None:
    await page.evaluate('document.getElementById("reset").focus()')
    await page.press("Tab")
    focused = "document.activeElement.dataset.choice"
    reached = [await page.evaluate(focused)]
    await page.press("ArrowRight")
    while (here := await page.evaluate(focused)) != reached[0]:
        reached.append(here)
        await page.press("ArrowRight")
    assert set(reached) >= {scenario.failure for scenario in report.failures}
    assert {"site:hub", "site:location1"} <= set(reached)
    await page.press("End", "ArrowLeft", "Home")
    assert await page.evaluate(focused) == reached[0]
    while await page.evaluate(focused) != "router:location1-ce1":
        await page.press("ArrowDown")
    stroke = 'getComputedStyle(document.activeElement.querySelector("rect")).strokeWidth'
    assert await page.evaluate(stroke) == "4px"
    await page.press("Enter")
    assert await page.evaluate(CHOSEN) == "router:location1-ce1"
    assert await page.evaluate('document.activeElement.getAttribute("aria-pressed")') == "true"
    await assert_table(page, report, "router:location1-ce1")
    await page.press("Escape")
    await assert_table(page, report, None)


@in_browser
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("failure", [None, "circuit:expressroute1"])
async def test_a_pair_is_drawn_over_what_it_crosses(page: Page, report: Report, failure: str | None) -> None:
    scenario = next(each for each in (report.steady, *report.failures) if each.failure == failure)
    drawn = await page.evaluate(
        f"""(() => {{
          const boxes = ["failure", "source", "destination"].map((id) => document.getElementById(id));
          const used = (...values) => {{
            boxes.forEach((box, index) => {{
              box.value = values[index];
              box.dispatchEvent(new Event("change"));
            }});
            return {USED};
          }};
          const pairs = {json.dumps([[path.source, path.destination] for path in scenario.paths])};
          return pairs.map(([source, destination]) => {{
            used("", "", "");
            return used({json.dumps(failure or "")}, source, destination);
          }});
        }})()"""
    )
    for path, elements in zip(scenario.paths, drawn, strict=True):
        crossed = {hop for direction in (path.forward, path.back) for way in direction.hops for hop in way}
        assert set(elements) == crossed, (path.source, path.destination)


@in_browser
@pytest.mark.asyncio(loop_scope="module")
async def test_a_row_opens_its_way_in_words(page: Page) -> None:
    row = '#table tr[data-pair="spoke location1"] button'
    await page.evaluate(f"document.querySelector('{row}').focus()")
    await page.press("Enter")
    steps = await page.evaluate(
        '[...document.querySelectorAll("#way-told ol")[0].children].map((step) => step.innerText)'
    )
    assert steps == [
        "spoke",
        "peering hub-spoke",
        "hub's ExpressRoute gateway",
        "connection expressroute1-hub",
        "circuit expressroute1",
        "expressroute1's primary link",
        "router location1-ce1",
        "location1",
    ]
    assert "source=spoke&destination=location1" in await page.evaluate("location.hash")


@in_browser
@pytest.mark.asyncio(loop_scope="module")
async def test_an_address_leads_back_to_what_was_chosen(page: Page, report: Report) -> None:
    address = await page.evaluate("location.href.split('#')[0]")
    await page.open("about:blank")
    await page.open(f"{address}#failure=tunnel%3Ahub-branch&source=no-such-site")
    assert await page.evaluate(CHOSEN) == "tunnel:hub-branch"
    await assert_table(page, report, "tunnel:hub-branch")


@in_browser
@pytest.mark.asyncio(loop_scope="module")
async def test_everything_that_takes_input_has_a_name(page: Page) -> None:
    tree = await page.call("Accessibility.getFullAXTree")
    roles = {"button", "combobox", "checkbox", "link"}
    controls = [node for node in tree["nodes"] if node.get("role", {}).get("value") in roles]
    assert len(controls) > 40
    assert [node for node in controls if not node.get("name", {}).get("value")] == []


FAINT = """(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((value) => value / 255)
    .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (element) => {
    const rect = element.closest("svg") && element.parentElement.querySelector(":scope > rect");
    if (rect) return parse(getComputedStyle(rect).fill);
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return parse(getComputedStyle(document.documentElement).backgroundColor);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    if (element.closest("title, script, option")) continue;
    const style = getComputedStyle(element);
    const front = light(parse(element.closest("svg") ? style.fill : style.color));
    const back = light(ground(element));
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (ratio < 4.5) found.push([walker.currentNode.data.trim(), element.className, ratio]);
  }
  return found;
})()"""


@in_browser
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_all_text_stands_out(page: Page, *, dark: bool) -> None:
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5 to 1."""
    await page.look(width=1280, height=1000, dark=dark)
    for address in ("#failure=circuit%3Aexpressroute1", "#failure=tunnel%3Ahub-branch&source=hub"):
        await page.evaluate(f"location.hash = {json.dumps(address)}")
        await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert await page.evaluate(FAINT) == []


@in_browser
@pytest.mark.asyncio(loop_scope="module")
async def test_light_and_dark_are_as_different_as_they_should_be(page: Page, tmp_path: FilePath) -> None:
    pictures = {}
    for scheme in ("light", "dark"):
        await page.look(width=1280, height=1000, dark=scheme == "dark")
        pictures[scheme] = await page.screenshot()
        (tmp_path / f"{scheme}.png").write_bytes(pictures[scheme])  # pytest keeps it, for people to look at
    assert pictures["light"] != pictures["dark"]
    ground = "getComputedStyle(document.body).backgroundColor"
    assert await page.evaluate(ground) == "rgb(14, 18, 23)"


@in_browser
@pytest.mark.asyncio(loop_scope="module")
async def test_a_phone_shows_all_of_it_without_scrolling_sideways(page: Page, report: Report) -> None:
    await page.look(width=375, height=800, phone=True)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 375
    shown = """[...document.querySelectorAll(".drawing svg")]
      .filter((svg) => svg.checkVisibility()).map((svg) => svg.classList[0])"""
    assert await page.evaluate(shown) == ["tall"]
    small = """Math.min(...[...document.querySelectorAll("svg.tall text")]
      .map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))"""
    assert await page.evaluate(small) >= 9.5
    await page.evaluate('document.querySelector("svg.tall").scrollIntoView()')
    await page.click(*await centre(page, 'svg.tall [data-choice="circuit:expressroute2"] rect'))
    assert await page.evaluate(CHOSEN) == "circuit:expressroute2"
    await assert_table(page, report, "circuit:expressroute2")


@in_browser
@pytest.mark.asyncio(loop_scope="module")
async def test_what_changed_since_the_version_before_stands_on_top(
    browser: Page, stack: Stack, tmp_path: FilePath
) -> None:
    before, after = stack(), stack({"tunnels": {"hub-branch": None}})
    earlier, forecast = Forecast(before), Forecast(after)
    difference = Difference(
        name="before.yaml",
        comparison=compare_forecasts(earlier, forecast),
        diagram=draw_up(before, earlier.graph),
        place=place,
    )
    file = tmp_path / "paths.html"
    file.write_text(render_page(compile_report("test", forecast, place, difference=difference)))
    await browser.look(width=1280, height=1000)
    await browser.open(file.as_uri())
    titles = await browser.evaluate('[...document.querySelectorAll("h2")].map((title) => title.innerText)')
    assert titles[0] == "What changes from before.yaml"
    rows = await browser.evaluate(
        '[...document.querySelectorAll("#changes tbody tr")].map((row) => row.innerText)'
    )
    assert len(rows) == 6
    assert all("lost" in row for row in rows)
