"""How well faces are told apart, measured on photos: `evaluate` and `calibrate`.

Terms and rates are those of ISO/IEC 19795-1 (docs/evaluation.md).
"""
