from . import device_api, export, kiosk, kiosk_face
