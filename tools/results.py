"""Counts of tests, written and read as JUnit XML, which pytest writes as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class Counts:
    """How a stage, or all of them, ended."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
        )

    def __str__(self) -> str:
        text = f"{self.passed} passed, {self.failed} failed"
        return f"{text}, {self.skipped} skipped" if self.skipped else text


def read(file: Path) -> Counts | None:
    """Counts in a result file; None if it is absent or was cut short."""
    try:
        root = ElementTree.parse(file).getroot()
    except (FileNotFoundError, ElementTree.ParseError):
        return None
    total = Counts()
    for suite in root.iter("testsuite"):
        tests, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        total += Counts(max(tests - failed - skipped, 0), failed, skipped)
    return total


def write(file: Path, outcomes: Mapping[str, str]) -> None:
    """Write one case per entry; a non-empty text is the reason that it failed."""
    failed = sum(1 for reason in outcomes.values() if reason)
    suite = ElementTree.Element(
        "testsuite", name=file.stem, tests=str(len(outcomes)), failures=str(failed)
    )
    for name, reason in outcomes.items():
        case = ElementTree.SubElement(suite, "testcase", name=name)
        if reason:
            ElementTree.SubElement(case, "failure", message=reason)
    file.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suite).write(file, encoding="unicode")
