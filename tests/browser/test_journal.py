"""From the dates to a day, to a session, to a person: what HR clicks through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from device_bridge.domain.event import Outcome
from tests.browser.bridge import Bridge
from tests.browser.kiosk import SLOW_MS
from tests.browser.place import Place
from tests.browser.test_cockpit import PASSWORD, company_of, new_user

CAME, STAYED_AWAY = "Journal Came", "Journal Away"
LECTURE = "Lecture of the journal"
MINUTE = timedelta(minutes=1)


def lecture(place: Place, bridge: Bridge, officer: int, company: int) -> dict[str, int]:
    """Two people of this officer; one is seen well after their lecture began."""
    api, gate = place.site.api, place.gates["entrance"]
    values = {"company_id": company, "attendance_manager_id": officer}
    names = (CAME, STAYED_AWAY)
    people = api.call("hr.employee", "create", [{"name": name, **values} for name in names])
    bridge.sees(gate, Outcome.IDENTIFIED, people[0])
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    session = {
        "name": LECTURE,
        "start": str(now - 20 * MINUTE),
        "stop": str(now + timedelta(seconds=1)),
        "face_session": True,
        "face_company_id": company,
        "face_employee_ids": [[6, 0, people]],
        "face_gate_ids": [[6, 0, [gate]]],
        "face_grace_min": 5,
    }
    api.call("calendar.event", "create", [session])
    return dict(zip(names, people, strict=True))


def logged_in(page: Page, place: Place, login: str) -> None:
    page.goto(f"{place.url}/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector(".o_main_navbar", timeout=60_000)


def test_dates_lead_to_a_day_to_a_session_to_its_list_and_to_a_person(
    place: Place, bridge: Bridge
) -> None:
    where = company_of(place)
    officer = new_user(place, "journal_officer", "group_face_officer", tz="UTC", **where)
    people = lecture(place, bridge, officer, int(str(where["company_id"])))
    with place.page(None) as page:
        logged_in(page, place, "journal_officer")
        page.goto(f"{place.url}/odoo/face-attendance")
        today = page.locator("tr[data-date].table-active")
        expect(today).to_be_visible(timeout=SLOW_MS)
        expect(today.locator("td").first).to_have_text("1")  # own people, nobody else's
        today.get_by_role("button").click()

        session = page.locator("[data-session]").filter(has_text=LECTURE)
        expect(session).to_contain_text("1 / 2", timeout=SLOW_MS)
        day = page.locator("[data-person]")
        expect(page.locator(f"[data-person='{people[CAME]}']")).to_contain_text(CAME)
        page.locator("[data-tile='absent']").click()
        expect(day.filter(has_text=CAME)).to_have_count(0, timeout=SLOW_MS)
        session.click()

        page.wait_for_selector("[data-state]", timeout=SLOW_MS)
        states = {
            row.get_attribute("data-person"): row.get_attribute("data-state")
            for row in page.locator("tr[data-state]").all()
        }
        assert states == {str(people[CAME]): "late", str(people[STAYED_AWAY]): "absent"}
        page.reload()  # the address says which session it is
        row = page.locator(f"tr[data-person='{people[CAME]}']")
        expect(row).to_contain_text("min late", timeout=SLOW_MS)
        row.get_by_role("button").click()

        expect(page.locator("[data-fact='here'] dd")).to_have_text("1", timeout=SLOW_MS)
        expect(page.locator("[data-fact='gate'] dd")).not_to_have_text("–")
        expect(page.locator("[data-event]")).to_have_count(1)
        page.locator(".breadcrumb-item, .o_back_button").first.click()
        page.wait_for_selector(".o_face_journal", timeout=SLOW_MS)
