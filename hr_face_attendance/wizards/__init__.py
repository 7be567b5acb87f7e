from . import (
    hr_face_consent_wizard,
    hr_face_export_wizard,
    hr_face_link_wizard,
    hr_face_pair_wizard,
    hr_face_proposal_decide,
    hr_face_replay,
    hr_face_replay_difference,
    hr_face_roster_pattern,
)
