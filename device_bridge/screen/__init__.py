"""The local page of `run --screen`: a browser on this machine as camera and screen of a gate."""
