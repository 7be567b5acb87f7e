from . import (
    test_concurrency,
    test_consent,
    test_derivation,
    test_device_api,
    test_enrolment,
    test_event_log,
    test_events_api,
    test_gallery,
    test_roles,
    test_rules,
    test_rules_punch,
    test_screens,
)
