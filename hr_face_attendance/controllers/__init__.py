from . import device_api, enrolment, export, kiosk, kiosk_face, me, me_notices
