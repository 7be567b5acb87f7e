"""What the bridge does, in terms of ports only. Read attend.py first."""
