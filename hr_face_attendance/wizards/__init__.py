from . import hr_face_consent_wizard, hr_face_export_wizard, hr_face_pair_wizard
