"""What an export works on: people and their photos from folders, and photos of nothing where there are none.

May import `export.errors`, `device.recognise`, `device.errors` and `contract`.
"""
