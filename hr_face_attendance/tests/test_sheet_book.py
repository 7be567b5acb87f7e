"""The workbook itself, read back cell by cell, by Office's rules and by LibreOffice."""

import io
import re
import shutil
import subprocess
import tempfile
import unittest
import zipfile
from datetime import date, timedelta
from pathlib import Path

from lxml import etree
from odoo import fields
from odoo.tests import BaseCase, tagged
from openpyxl import load_workbook

from ..rules import presence, sheet
from ..rules.presence import Presence
from ..rules.sheet import Person
from ..sheets.attendance import Words, attendance_book
from ..sheets.book import LETTER, Book, Look
from ..sheets.table import DATE, DURATION, MOMENT, SHARE, WHOLE, Column, add_table

MARCH = sheet.dates_between(date(2025, 3, 1), date(2025, 3, 31))
MONDAY, TUESDAY, WEDNESDAY = (date(2025, 3, day) for day in (3, 4, 5))
NAMES = {
    "employee": "Employee",
    "department": "Department",
    "no_department": "No department",
    "people": "People",
    "summary": "Summary",
    "line": "Line",
    "status": "Status",
    "hours": "Hours",
    "expected": "Expected hours",
    "total": "Total",
    "here": "Present",
    "late_min": "Late (min)",
    "early_min": "Left early (min)",
    "rate": "Presence",
    "legend": "Legend",
    "nothing": "Empty: nothing was expected.",
    **{kind: kind.title() for kind in sheet.CODES},
}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WORDS = Words("Kestrel", "March 2025", NAMES, sheet.CODES, WEEKDAYS)
LOOK = Look(date="dd/mm/yyyy", day="dd/mm")
FORMULAS = ("=1+1", "=cmd|'/c calc'!A0", "+49 30 1", "-2+3", "@SUM(A1)", "\t=1", "\r=1")
MONTH = 31


def day(state, worked_h=0.0, late_min=0, expected_h=8.0):
    return Presence(state, late_min, 0, worked_h, expected_h)


def crew():
    return [
        Person(
            "Mara Lindqvist",
            "Sales",
            {
                MONDAY: day(presence.PRESENT, 8.25),
                TUESDAY: day(presence.LATE, 7.5, late_min=20),
                WEDNESDAY: day(presence.STILL_IN, 0.0, late_min=5),
                date(2025, 3, 1): Presence(presence.OFF),
            },
        ),
        Person(
            "Idris Vale",
            "Sales",
            {MONDAY: day(presence.ABSENT), TUESDAY: day(presence.LEAVE, expected_h=0.0)},
        ),
        Person("Noor Castellan", "", {MONDAY: day(presence.MISSING_PUNCH, 4.0)}),
    ]


def opened(content, **options):
    return load_workbook(io.BytesIO(content), **options)


def made(people=None, dates=MARCH, words=WORDS, look=LOOK):
    return attendance_book(crew() if people is None else people, dates, words, look)


def column_of(grid, title):
    [cell] = [cell for cell in grid[4] if cell.value == title]
    return cell.column


def converted(content, kind):
    """The file as LibreOffice opens and calculates it, saved as another kind; bytes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sheet.xlsx"
        file.write_bytes(content)
        subprocess.run(
            [
                *("soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile"),
                *("--convert-to", kind, "--outdir", f"{folder}/out", str(file)),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        return (Path(folder) / "out" / f"sheet.{kind.partition(':')[0]}").read_bytes()


def without_values(content):
    """The same file with formulas that nobody has calculated yet."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as parts, zipfile.ZipFile(out, "w") as bare:
        for name in parts.namelist():
            raw = parts.read(name)
            if name.startswith("xl/worksheets/"):
                raw = re.sub(rb"</f><v>[^<]*</v>", b"</f>", raw)
            bare.writestr(name, raw)
    return out.getvalue()


@tagged("face_rules")
class TestSheetBook(BaseCase):
    def test_status_and_hours_of_each_person_and_date(self):
        book = opened(made())
        self.assertEqual(book.sheetnames, ["Summary", "People", "Sales", "No department"])
        grid = book["Sales"]
        self.assertEqual([grid.cell(4, 3).value, grid.cell(4, 33).value], [MARCH_1, MARCH_31])
        self.assertEqual(grid.cell(3, 5).value, "Mon")
        rows = {(grid.cell(row, 1).value, grid.cell(row, 2).value): row for row in range(5, 9)}
        status, hours = (rows["Mara Lindqvist", line] for line in ("Status", "Hours"))
        self.assertEqual(
            [grid.cell(status, column).value for column in range(3, 9)],
            [None, None, "P", "L", "L", None],
        )
        self.assertEqual(
            [grid.cell(hours, column).value for column in range(3, 9)],
            [None, None, timedelta(hours=8.25), timedelta(hours=7.5), timedelta(0), None],
        )
        absent = rows["Idris Vale", "Status"]
        self.assertEqual([grid.cell(absent, column).value for column in (5, 6)], ["A", "V"])
        self.assertIsNone(grid.cell(absent + 1, 5).value, "an absence has no hours")

    def test_dates_are_dates_and_hours_are_numbers(self):
        grid = opened(made())["Sales"]
        self.assertEqual((grid["E4"].number_format, grid["E4"].is_date), ("dd/mm", True))
        cell = grid.cell(8, 5)  # Mara's hours
        self.assertEqual((cell.data_type, cell.number_format), ("d", "[h]:mm"))

    def test_totals_are_formulas_that_carry_their_values(self):
        content = made()
        formulas, values = opened(content)["Sales"], opened(content, data_only=True)["Sales"]
        present, absent, hours = (
            column_of(values, name) for name in ("Present", "Absent", "Hours")
        )
        self.assertEqual(values.cell(7, present).value, 3)
        self.assertEqual(values.cell(5, absent).value, 1)
        self.assertAlmostEqual(_hours(values.cell(8, hours).value), 15.75)
        self.assertEqual([values.cell(row, 2).value for row in (9, 10, 11)], TOTALS)
        self.assertEqual([values.cell(9, 5).value, values.cell(10, 5).value], [1, 1])
        self.assertAlmostEqual(_hours(values.cell(11, 5).value), 8.25)
        self.assertEqual(values.cell(9, present).value, 3)
        self.assertAlmostEqual(_hours(values.cell(11, hours).value), 15.75)
        self.assertEqual(
            formulas.cell(7, present).value,
            '=SUM(COUNTIF(C7:AG7,{"P","L","I","M"}))',
        )
        self.assertEqual(formulas.cell(11, 5).value, "=SUM(E5:E8)")

    def test_the_tables_say_what_the_grids_say(self):
        book = opened(made(), data_only=True)
        departments = {row[0]: row[1:] for row in book["Summary"].iter_rows(5, 7, values_only=True)}
        self.assertEqual(departments["Sales"][:8], (2, 3, 2, 0, 1, 1, 0, 25))
        self.assertAlmostEqual(departments["Sales"][-1], 0.75)
        self.assertEqual(departments["Total"][:3], (3, 4, 2))
        people = {row[0]: row for row in book["People"].iter_rows(5, 7, values_only=True)}
        self.assertEqual(people["Noor Castellan"][1:5], (None, 1, 0, 1))
        self.assertEqual(_hours(people["Mara Lindqvist"][-3]), 15.75)

    def test_every_code_has_a_line_in_the_legend_and_a_color_of_its_own(self):
        summary = opened(made())["Summary"]
        cells = {summary.cell(row, 1).value: summary.cell(row, 2) for row in range(9, 20)}
        colors = set()
        for kind, code in sheet.CODES.items():
            self.assertEqual(cells[kind.title()].value, code)
            colors.add(cells[kind.title()].fill.fgColor.rgb)
        self.assertEqual(len(colors), len(sheet.CODES))

    def test_a_name_that_looks_like_a_formula_is_text_and_stays_it(self):
        people = [Person(name, name, {MONDAY: day(presence.PRESENT, 8)}) for name in FORMULAS]
        content = made(people)
        book = opened(content)
        texts = [cell for page in book for row in page.iter_rows() for cell in row if cell.value]
        ours = re.compile(r"=SUM\(([A-Z0-9:]+|COUNTIF\([A-Z0-9:]+,\{[\"A-Z,]+\}\))\)")
        for cell in texts:
            if cell.data_type == "f":
                self.assertRegex(cell.value, f"^{ours.pattern}$")
        [cell] = [cell for cell in book["People"]["A"] if cell.value == "=1+1"]
        self.assertEqual((cell.data_type, cell.quotePrefix), ("s", True))

    def test_names_of_sheets_are_legal_and_unique(self):
        long = "Research and Development of Everything"
        departments = [
            "R&D / Lab",
            "r&d - lab",
            "Store [1]",
            "History",
            "'Quoted'",
            long,
            long + "!",
        ]
        departments += ["Summary", "\x00\x1f", "🙂" * 20, "مبيعات", "a:b?c*d\\e"]
        people = [Person(f"P{number}", name) for number, name in enumerate(departments)]
        names = opened(made(people)).sheetnames
        self.assertEqual(len(names), len(departments) + 2)
        self.assertEqual(len({name.casefold() for name in names}), len(names))
        for name in names:
            with self.subTest(name):
                self.assertLessEqual(len(name.encode("utf-16-le")) // 2, 31)
                self.assertNotRegex(name, r"[\[\]:*?/\\]")
                self.assertFalse(name.startswith("'") or name.endswith("'") or not name.strip())
                self.assertNotEqual(name.casefold(), "history")

    def test_print_and_screen_are_set_up(self):
        year = sheet.dates_between(date(2025, 1, 1), date(2025, 12, 31))
        month, long = (opened(made(dates=dates))["Sales"] for dates in (MARCH, year))
        for page in (month, long):
            self.assertEqual(page.freeze_panes, "C5")
            self.assertEqual(page.page_setup.orientation, "landscape")
            self.assertEqual((page.print_title_rows, page.print_title_cols), ("$3:$4", "$A:$B"))
        self.assertTrue(month.sheet_properties.pageSetUpPr.fitToPage)
        self.assertEqual((month.page_setup.fitToWidth or 1, month.page_setup.fitToHeight), (1, 0))
        self.assertEqual(len(long.col_breaks.brk), 11, "a year is a page for each month")
        self.assertEqual(month.auto_filter.ref, "A4:B8")

    def test_from_right_to_left_and_on_the_paper_of_the_country(self):
        look = Look(rtl=True, date="yyyy/mm/dd", day="mm/dd", paper=LETTER)
        for page in opened(made(look=look)):
            self.assertTrue(page.sheet_view.rightToLeft)
            self.assertEqual(int(page.page_setup.paperSize), LETTER)
        self.assertFalse(opened(made())["Sales"].sheet_view.rightToLeft)

    def test_codes_of_a_language_are_used_if_they_tell_kinds_apart(self):
        french = dict(zip(sheet.CODES, "PRIOAXCF", strict=True))
        twice = french | {presence.LATE: "p"}
        for name, given, expected in (
            ("French", french, french),
            ("one twice", twice, sheet.CODES),
            ("a wildcard", french | {presence.LATE: "?"}, sheet.CODES),
            ("a quote", french | {presence.LATE: '"'}, sheet.CODES),
            ("one missing", {presence.LATE: "R"}, sheet.CODES),
        ):
            with self.subTest(name):
                self.assertEqual(sheet.codes(given), expected)

    def test_nobody_at_all_is_a_file_too(self):
        self.assertEqual(opened(made([])).sheetnames, ["Summary", "People"])

    def test_a_list_with_every_kind_of_column(self):
        book = Book("Briefing", LOOK)
        came, moment = map(fields.Datetime.to_datetime, ("2025-03-03", "2025-03-03 08:57:00"))
        columns = [
            Column("Name"),
            Column("On", DATE),
            Column("Came", MOMENT),
            Column("Stayed", DURATION, total=True),
            Column("Similar", SHARE),
            Column("Times", WHOLE, total=True),
        ]
        rows = [("Mara", MONDAY, moment, 1.5, 0.97, 2), ("=Idris", None, None, None, None, 1)]
        add_table(book, "Briefing: 8/3", "1", "Briefing", "3 March", columns, rows, "Total")
        page = opened(book.close(), data_only=True)["Briefing- 8-3"]
        [first, second, total] = page.iter_rows(5, 7, values_only=True)
        self.assertEqual(first, ("Mara", came, moment, timedelta(hours=1.5), 0.97, 2))
        self.assertEqual(second, ("=Idris", None, None, None, None, 1))
        self.assertEqual((total[0], total[3], total[5]), ("Total", timedelta(hours=1.5), 3))

    def test_the_file_is_well_formed_and_holds_nothing_that_runs(self):
        with zipfile.ZipFile(io.BytesIO(made())) as parts:
            names = parts.namelist()
            types = etree.fromstring(parts.read("[Content_Types].xml"))
            declared = {one.get("PartName", "").lstrip("/") for one in types}
            for name in names:
                if name.endswith((".xml", ".rels")):
                    etree.fromstring(parts.read(name))
                if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                    self.assertIn(name, declared)
        self.assertFalse([name for name in names if re.search(r"vba|external|macro", name, re.I)])


@tagged("face_rules")
@unittest.skipUnless(shutil.which("soffice"), "LibreOffice is not installed here")
class TestLibreOffice(BaseCase):
    def test_it_opens_calculates_the_same_and_calculates_no_name(self):
        people = [*crew(), *(Person(name, "Sales") for name in FORMULAS)]
        content = made(people)
        bare = without_values(content)
        self.assertIsNone(opened(bare, data_only=True)["Sales"]["E25"].value)
        again = opened(converted(bare, "xlsx:Calc MS Excel 2007 XML"), data_only=True)
        ours = opened(content, data_only=True)
        self.assertEqual(again.sheetnames, ours.sheetnames)
        for page in ours:
            for row in page.iter_rows():
                for cell in row:
                    theirs = again[page.title].cell(cell.row, cell.column).value
                    with self.subTest(page.title, cell=cell.coordinate):
                        self.assertEqual(_plain(theirs), _plain(cell.value))


def _hours(value):
    return value.total_seconds() / 3600 if isinstance(value, timedelta) else value * 24


def _plain(value):
    if isinstance(value, timedelta):
        return round(value.total_seconds())
    return round(value, 6) if isinstance(value, float) else value


MARCH_1, MARCH_31 = map(fields.Datetime.to_datetime, ("2025-03-01", "2025-03-31"))
TOTALS = ["Present", "Absent", "Hours"]
