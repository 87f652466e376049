"""`make bench`: figures and ratios, measured now, on this machine. Nothing is asserted."""

import sys

from benchmarks import emulator, pipelines, startup, training

PARTS = {
    "startup": startup.measure,
    "training": training.measure,
    "pipelines": pipelines.measure,
    "emulator": emulator.measure,
}


def main(names: list[str]) -> None:
    for name in names or PARTS:
        print(f"\n# {name}")
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
