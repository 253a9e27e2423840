"""``python -m soak --part kill``: one part of the soak, in pieces that can be resumed."""

import argparse
import sys

from soak import kill

PARTS = {"kill": kill.add_arguments}


def main() -> int:
    """Run the part that was asked for. Returns the exit status: 1 when something was found, 3 when it is not done."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--part", choices=sorted(PARTS), default="kill", help="what to soak (make soak PART=…)")
    PARTS[parser.parse_known_args()[0].part](parser)
    return kill.main(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
