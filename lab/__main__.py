"""Entry point of `dpulab`, and of `python -m lab`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; a Ctrl-C while it is still being loaded ends it without a traceback."""
    try:
        from lab.cli import main as run  # noqa: PLC0415 - loading takes half a second
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
