from . import device_api, enrolment, export, kiosk, kiosk_face
