"""What a page has to stand in a browser: looked at in headless Chromium, by the tests of the brief on a small file and on the sample market."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page

LAPTOP, PHONE = (1366, 768), (390, 844)
# Marks that have a size: what a chart without data has none of, its axes and legends aside.
MARKS = """chart => [...chart.querySelectorAll('.mark-group.role-frame.root .role-mark :is(path, rect, line, text, circle)')]
    .filter(mark => { const box = mark.getBoundingClientRect(); return box.width + box.height > 1; }).length"""
FACTS = ("how-bad", "since-when", "who-must-sell", "where-it-spreads")


@contextmanager
def opened(
    browser: Browser, path: Path, *, size: tuple[int, int] = LAPTOP, scheme: Literal["light", "dark"] = "light", scripts: bool = True
) -> Iterator[tuple[Page, list[str]]]:
    """The page from its file, its charts drawn, and a list that fills with what it asked for and what its console said."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, java_script_enabled=scripts)
    page = context.new_page()
    heard: list[str] = []
    page.on("request", lambda request: heard.append(f"asked for {request.url[:200]}"))
    page.on("console", lambda message: heard.append(f"console {message.type}: {message.text[:200]}"))
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.goto(path.as_uri())
    if scripts:
        page.wait_for_function("document.querySelectorAll('.chart:not([data-drawn])').length === 0", timeout=60_000)
    try:
        yield page, heard
    finally:
        context.close()


def marks(page: Page) -> dict[str, int]:
    """How many marks with a size each chart has."""
    return {chart.get_attribute("id") or "": int(chart.evaluate(MARKS)) for chart in page.locator(".chart").all()}


def complaints(page: Page, axe: str) -> list[str]:
    """Serious and critical violations that axe-core finds, with where the first is."""
    page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(result => result.violations)")
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found if each["impact"] in ("serious", "critical")]


def open_by_keyboard(page: Page) -> tuple[int, int]:
    """Disclosures there are, and those that Enter has opened while each had the focus."""
    for summary in page.locator("summary").all():
        summary.focus()
        page.keyboard.press("Enter")
    return page.locator("details").count(), page.locator("details[open]").count()


def tooltip_over(page: Page, chart: str) -> str:
    """What the tooltip says with the pointer a little left of the middle of a chart."""
    box = page.locator(f"#{chart} svg")
    box.scroll_into_view_if_needed()
    where = box.bounding_box()
    assert where is not None
    for step in range(20):
        page.mouse.move(where["x"] + where["width"] * (0.3 + 0.02 * step), where["y"] + where["height"] * 0.6)
        time.sleep(0.05)
        shown = page.locator("#vg-tooltip-element.visible")
        if shown.count():
            return shown.inner_text()
    return ""
