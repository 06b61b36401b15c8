"""What an export works on: labelled examples and plain inputs, photos from folders or arrays, and some of nothing.

May import `export.errors`, `device.recognise`, `device.errors` and `contract`.
"""
