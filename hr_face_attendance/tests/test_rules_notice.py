from datetime import UTC, datetime, timedelta

import pytz
from odoo.tests import BaseCase, tagged

from ..rules import notice

BRUSSELS = pytz.timezone("Europe/Brussels")


@tagged("post_install", "-at_install")
class TestNoticeRules(BaseCase):
    def test_where_notifications_may_go(self):
        own = (*notice.PUSH_SERVICES, "https://push.example.com:8443")
        cases = {
            "https://fcm.googleapis.com/fcm/send/abc": True,
            "https://fcm.googleapis.com:443/fcm/send/abc": True,
            "https://web.push.apple.com/abc": True,
            "https://wns2-par02p.notify.windows.com/w/?token=x": True,
            "https://updates.push.services.mozilla.com/wpush/v2/x": True,
            "https://push.example.com:8443/x": True,
            "http://fcm.googleapis.com/x": False,
            "https://fcm.googleapis.com:8080/x": False,
            "https://fcm.googleapis.com.evil.example/x": False,
            "https://evil.example/fcm.googleapis.com": False,
            "https://fcm.googleapis.com@evil.example/x": False,
            "https://user:x@fcm.googleapis.com/x": False,
            "https://evil.example#.push.apple.com": False,
            "https://evil.example\\@web.push.apple.com/": False,
            "https://push.apple.com/x": False,
            "https://xpush.apple.com/x": False,
            "https://127.0.0.1/x": False,
            "https://[::1]/x": False,
            "https://[bad/x": False,
            "https://fcm.googleapis.com:99999/x": False,
            "file:///etc/passwd": False,
            "": False,
            None: False,
            "https://fcm.googleapis.com/" + "x" * 1024: False,
            "https://fcm.googleapıs.com/x": False,
        }
        for endpoint, allowed in cases.items():
            with self.subTest(str(endpoint)[:60]):
                self.assertIs(notice.is_allowed(endpoint, own), allowed)

    def test_keys_of_a_subscription(self):
        good = ("B" * 87, "a" * 22)
        self.assertTrue(notice.are_keys(*good))
        for bad in (("B" * 80, "a" * 22), ("B" * 87, ""), (None, None), ("B" * 86 + "!", "a" * 22)):
            with self.subTest(bad):
                self.assertFalse(notice.are_keys(*bad))

    def test_quiet_hours(self):
        cases = (  # now, quiet from, until → not before
            ("2025-03-03 12:00", 22, 6, "2025-03-03 12:00"),
            ("2025-03-03 22:00", 22, 6, "2025-03-04 06:00"),
            ("2025-03-03 23:30", 22, 6, "2025-03-04 06:00"),
            ("2025-03-04 05:59", 22, 6, "2025-03-04 06:00"),
            ("2025-03-04 06:00", 22, 6, "2025-03-04 06:00"),
            ("2025-03-03 13:15", 13, 14.5, "2025-03-03 14:30"),
            ("2025-03-03 14:30", 13, 14.5, "2025-03-03 14:30"),
            ("2025-03-03 03:00", 8, 8, "2025-03-03 03:00"),
            ("2025-03-29 23:00", 22, 6, "2025-03-30 06:00"),  # the clocks change that night
            ("2025-12-31 23:00", 22, 24, "2026-01-01 00:00"),
        )
        for now, start, end, expected in cases:
            with self.subTest(now, start=start, end=end):
                moment = BRUSSELS.localize(datetime.fromisoformat(now))
                told = notice.not_before(moment, start, end)
                self.assertEqual(f"{told:%Y-%m-%d %H:%M}", expected)
                self.assertEqual(told, BRUSSELS.localize(datetime.fromisoformat(expected)))

    def test_what_follows_a_try(self):
        minute = timedelta(minutes=1)
        cases = (  # status, attempts, retry after → state, wait
            (201, 1, None, "sent", 0 * minute),
            (404, 1, None, "gone", 0 * minute),
            (410, 3, None, "gone", 0 * minute),
            (429, 1, None, "wait", minute / 2),
            (429, 1, 600, "wait", 10 * minute),
            (429, 1, 10**9, "wait", 1440 * minute),
            (500, 2, None, "wait", 2 * minute),
            (503, 3, -5, "wait", 8 * minute),
            (None, 6, None, "wait", 60 * minute),
            (None, 8, None, "failed", 0 * minute),
            (400, 1, None, "failed", 0 * minute),
            (413, 1, None, "failed", 0 * minute),
            (302, 1, None, "failed", 0 * minute),
        )
        for status, attempts, asked, state, wait in cases:
            with self.subTest(status=status, attempts=attempts, asked=asked):
                self.assertEqual(notice.after(status, attempts, asked), notice.Fate(state, wait))

    def test_news_gets_old(self):
        now = datetime(2025, 3, 3, 12, tzinfo=UTC)
        self.assertTrue(notice.is_fresh(now - timedelta(minutes=30), now))
        self.assertFalse(notice.is_fresh(now - timedelta(minutes=31), now))
