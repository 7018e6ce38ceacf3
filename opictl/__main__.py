"""The `opictl` command; `python -m opictl` is the same."""

from __future__ import annotations

from opictl.cli import main

if __name__ == "__main__":
    main()
