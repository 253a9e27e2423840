"""``python -m soak --part kill``: one part of the soak, in pieces that can be resumed."""

import argparse
import sys

from soak import erasure, fuzz, histories, kill, pages, serve, tampering, timing

PARTS = {
    "kill": kill,
    "pages": pages,
    "serve": serve,
    "histories": histories,
    "fuzz": fuzz,
    "timing": timing,
    "erasure": erasure,
    "tampering": tampering,
}


def main() -> int:
    """Run the part that was asked for. Returns the exit status: 1 when something was found, 3 when it is not done."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--part", choices=sorted(PARTS), default="kill", help="what to soak (make soak PART=…)")
    part = PARTS[parser.parse_known_args()[0].part]
    part.add_arguments(parser)
    return int(part.main(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
