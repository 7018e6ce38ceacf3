"""Generated from proto/ by `python -m bootstrap.proto`; not edited by hand."""
