"""The command line: parse, call, print."""

from __future__ import annotations

import sys

from pagesight.cli.commands import app
from pagesight.cli.output import print_json
from pagesight.errors import LibraryError, PagesightError, ServiceError, SettingsError

EXIT_CODES = {SettingsError: 2, LibraryError: 3, ServiceError: 4}
"""0 done, 1 some documents failed, 2 wrong use or settings, 3 library, 4 service, 130 Ctrl-C."""
INTERRUPTED = 130


def main() -> None:
    """Runs the command line and exits; every error of ours is one line on standard error."""
    try:
        app()
    except PagesightError as error:
        if "--json" in sys.argv:
            print_json({"error": str(error), "type": type(error).__name__}, indent=None)
        else:
            sys.stderr.write(f"pagesight: {error}\n")
        sys.exit(next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1))
    except KeyboardInterrupt:
        sys.stderr.write("\npagesight: interrupted\n")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
