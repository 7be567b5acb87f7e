from . import (
    device_api,
    enrolment,
    export,
    imports,
    kiosk,
    kiosk_face,
    me,
    me_notices,
    roll_call,
    roll_call_api,
    sheets,
)
