from . import (
    test_concurrency,
    test_device_api,
    test_enrolment,
    test_events,
    test_roles,
    test_rules,
    test_rules_punch,
    test_screens,
)
