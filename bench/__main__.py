"""`make bench`, or `python -m bench rest soql …`: speed as ratios measured in one run on this machine."""

import sys
from importlib import import_module

PARTS = ("start", "rest", "soql", "reset", "inprocess", "migrate", "bulk", "chat", "streams")


def main(names: list[str]) -> None:
    if unknown := [name for name in names if name not in PARTS]:
        sys.exit(f"there is no {' '.join(unknown)} to measure: say python -m bench, or some of {' '.join(PARTS)}")
    print(f"{'what':<44} {'against':<42} {'ratio':>6}")
    for name in names or PARTS:
        import_module(f"bench.{name}").run()


if __name__ == "__main__":
    main(sys.argv[1:])
