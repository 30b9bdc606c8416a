"""Carries out the proof: `python -m models.experiments.proof [--long] [--seed N] [--out FILE]`; exit 1 on a failure."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.experiments.proof.engine import ENGINE
from models.experiments.proof.figures import figures
from models.experiments.proof.table import LONG, SHORT, markdown, results


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints each trial as it ends and writes the table."""
    parser = argparse.ArgumentParser(prog="python -m models.experiments.proof", description=__doc__)
    parser.add_argument("--long", action="store_true", help=f"{LONG} replications instead of {SHORT}")
    parser.add_argument("--seed", type=int, help="default: a fresh one")
    parser.add_argument("--out", type=Path, help="write the table here")
    options = parser.parse_args(arguments)
    seed = options.seed if options.seed is not None else int(np.random.SeedSequence().generate_state(1)[0])
    found = []
    for result in results(seed, LONG if options.long else SHORT):
        found.append(result)
        state = result.trial.kind if result.trial.kind == "measured" else "passed" if result.has_passed else "FAILED"
        print(f"{result.trial.name}: {result.rate:.4f} ({state})", file=sys.stderr)
    hit = figures(ENGINE, seed)
    if options.out is not None:
        options.out.write_text(markdown(found, hit, seed), encoding="utf-8")
    return 0 if all(result.has_passed for result in found) and all(figure.has_passed for figure in hit) else 1


if __name__ == "__main__":
    sys.exit(main())
