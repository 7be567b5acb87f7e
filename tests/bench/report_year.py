"""bench-cockpit.json as tables of docs/benchmarks.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.bench.report import replace_between

MARKS = ("<!-- year:start -->", "<!-- year:end -->")


def write(bench: dict[str, Any], docs: Path) -> None:
    """Replace the tables between the marks of docs/benchmarks.md."""
    replace_between(docs / "benchmarks.md", MARKS, table(bench))


def table(bench: dict[str, Any]) -> str:
    """Markdown: the pages, the paths, and what they were measured on."""
    raw, machine = bench["raw"], bench["machine"]
    lines = [
        "| opened by an officer | rows | median ms | middle half | 95 of 100 | at most |",
        "|---|--:|--:|--:|--:|--:|",
        *(_page(row) for row in raw["cockpit"].values()),
        "",
        "| asked or run | median ms | middle half | per | events scanned |",
        "|---|--:|--:|---|--:|",
        *(_path(name, row) for name, row in raw["year_paths"].items()),
        "",
        _made(raw["year"]),
        "",
        f"{bench['date'][:10]}, commit `{bench['commit']}`, {machine['processor']}, "
        f"{machine['cores']} cores; load {machine['load_before'][0]:g} before, "
        f"{machine['load_after'][0]:g} after.",
    ]
    return "\n".join(lines)


def _page(row: dict[str, Any]) -> str:
    limit = row["limit_ms"] or ""
    over = " **over**" if limit and row["p95_ms"] > limit else ""
    return (
        f"| {row['title']} | {row['rows']} | {row['median_ms']:.0f} | "
        f"{row['p25_ms']:.0f}–{row['p75_ms']:.0f} | {row['p95_ms']:.0f}{over} | {limit} |"
    )


def _path(name: str, row: dict[str, Any]) -> str:
    return (
        f"| {name} | {row['median_ms']:.3g} | {row['p25_ms']:.3g}–{row['p75_ms']:.3g} | "
        f"{row['per']} | {row['scanned']:,} |"
    )


def _made(year: dict[str, Any]) -> str:
    rows = ", ".join(f"{number:,} `{name}`" for name, number in year["rows"].items())
    compared = ", ".join(f"{number:,} {what}" for what, number in year["compared"].items())
    return f"The year: {rows}. Derived anew for 20 of the copies and found equal: {compared}."
