from . import device_api, export, kiosk
