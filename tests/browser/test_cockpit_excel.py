"""The Excel sheet as somebody gets it: asked for on the page, downloaded, read cell by cell."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser.kiosk import SLOW_MS
from tests.browser.place import Place

PEOPLE = ("=Ana +Formula", "Ben Excel", *(f"Extra {number:02}" for number in range(10)))
LARGE_DAYS = 3600


@pytest.fixture(scope="module")
def people(place: Place) -> dict[str, int]:
    """A department of people that no other test knows; two of them worked last month."""
    api = place.site.api
    [gate] = api.search_read("hr.face.gate", [("id", "=", place.gates["entrance"])], ["company_id"])
    company = gate["company_id"][0]
    [department] = api.call(
        "hr.department", "create", [{"name": "Excel/Test", "company_id": company}]
    )
    values = [{"name": name, "company_id": company, "department_id": department} for name in PEOPLE]
    made = dict(zip(PEOPLE, api.call("hr.employee", "create", values), strict=True))
    for name, hours in ((PEOPLE[0], 8), (PEOPLE[1], 4)):
        start = datetime.combine(_worked_on(), datetime.min.time()) + timedelta(hours=7)
        row = {"employee_id": made[name], "check_in": str(start)}
        api.call("hr.attendance", "create", [row | {"check_out": str(start + _hours(hours))}])
    return made


def _hours(count: float) -> timedelta:
    return timedelta(hours=count)


def _worked_on() -> date:
    """The tenth of last month."""
    return (date.today().replace(day=1) - timedelta(days=1)).replace(day=10)  # noqa: DTZ011


def test_a_sheet_is_downloaded_from_its_dialog(
    place: Place, people: dict[str, int], tmp_path: Path
) -> None:
    with place.page(None) as page:
        place.log_in(page)
        page.goto(f"{place.url}/odoo/face-days")
        page.get_by_role("button", name="Attendance", exact=True).click()
        page.get_by_role("menuitem", name="Excel Sheet").click()
        dialog = page.locator(".modal-dialog")
        dialog.get_by_label("Last month").check()
        with page.expect_download(timeout=SLOW_MS) as download:
            dialog.get_by_role("button", name="Download").click()
        file = _saved(page, download.value, tmp_path)
    book, values = load_workbook(file), load_workbook(file, data_only=True)
    assert book.sheetnames[:2] == ["Summary", "People"]
    grid = values["Excel-Test"]
    worked = _worked_on()
    [column] = [
        cell.column
        for cell in grid[4]
        if isinstance(cell.value, datetime) and cell.value.date() == worked
    ]
    rows = {(row[0].value, row[1].value): row for row in grid.iter_rows(5)}
    for name, hours in ((PEOPLE[0], 8), (PEOPLE[1], 4)):
        assert rows[name, "Status"][column - 1].value in {"P", "L"}
        cell = rows[name, "Hours"][column - 1]
        domain = [("employee_id", "=", people[name]), ("date", "=", str(worked))]
        found = place.site.api.search_read("hr.face.day", domain, ["worked_h"])
        assert cell.number_format == "[h]:mm"
        assert cell.value.total_seconds() / 3600 == pytest.approx(found[0]["worked_h"], abs=0.01)
        assert 0 < found[0]["worked_h"] <= hours
    assert rows["Extra 00", "Hours"][column - 1].value is None
    assert {cell.data_type for cell in book["Excel-Test"]["A"] if cell.value == PEOPLE[0]} == {"s"}


def test_a_large_sheet_is_told_of_when_it_is_ready(
    place: Place, people: dict[str, int], tmp_path: Path
) -> None:
    assert len(people) * LARGE_DAYS > 40_000
    api = place.site.api
    until = _worked_on()
    asked = {"period": "own", "date_from": str(until - timedelta(days=LARGE_DAYS - 1))}
    with place.page(None) as page:
        place.log_in(page)
        page.goto(f"{place.url}/odoo/face-sheets")
        page.wait_for_timeout(1500)  # until the socket has subscribed
        [sheet] = api.call("hr.face.sheet", "create", [asked | {"date_to": str(until)}])
        assert api.call("hr.face.sheet", "action_make", [sheet])["tag"] == "display_notification"
        told = page.locator(".o_notification", has_text="The sheet is ready")
        expect(told).to_be_visible(timeout=90_000)
        with page.expect_download(timeout=SLOW_MS) as download:
            told.get_by_role("button", name="Download").click()
        book = load_workbook(_saved(page, download.value, tmp_path), read_only=True)
        assert "Excel-Test" in book.sheetnames
        page.reload()
        expect(page.locator(".o_data_row").first).to_contain_text("Ready", timeout=SLOW_MS)


def _saved(page: Page, download: object, folder: Path) -> Path:
    file = folder / "sheet.xlsx"
    download.save_as(file)  # type: ignore[attr-defined]
    return file
