from . import device_api, export, kiosk, me, me_notices
