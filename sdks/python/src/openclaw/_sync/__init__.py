# Written by sdks/generate from _async/__init__.py: change that.
"""The client whose calls block."""
