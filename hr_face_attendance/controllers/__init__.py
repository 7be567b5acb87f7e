from . import device_api, kiosk
