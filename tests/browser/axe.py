"""Accessibility rules (axe-core, WCAG 2 A and AA) on a page as it stands.

Playwright evaluates outside the page's own content policy, so pages with a strict one can be
looked at as they are.
"""

from __future__ import annotations

from functools import cache

from playwright.sync_api import Page

from tools import javascript

_RUN = """(within) => axe.run(within ?? document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    resultTypes: ["violations"],
})"""
# What fades in has its own colours only when it is there; a spinner never ends.
_STILL = """() => Promise.all(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
    .map((one) => one.finished.catch(() => null))).then(() => null)"""
GRAVE = {"serious", "critical"}


def expect_accessible(page: Page, within: str | None = None) -> None:
    """No serious or critical violation.

    Args:
        within: a selector; Odoo's own bars and lists around a part of ours are not ours to mend.
    """
    page.evaluate(_source())
    page.evaluate(_STILL)
    found = page.evaluate(_RUN, within)["violations"]
    grave = [
        f"{one['id']}: {one['help']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
    assert not grave, "\n".join(grave)


@cache
def _source() -> str:
    return (javascript.folder() / "node_modules/axe-core/axe.min.js").read_text()
