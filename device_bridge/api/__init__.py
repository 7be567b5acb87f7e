"""The recognition service over HTTP: a thin layer over pipeline/recognise.py. Read app.py first."""
