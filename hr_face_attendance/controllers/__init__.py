from . import device_api, enrolment, export, kiosk
