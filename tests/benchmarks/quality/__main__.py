"""Run the benchmark of quality: ``python tests/benchmarks/quality``, see ``--help``."""

import sys
from pathlib import Path

# Python looks in the folder that it runs; the package is one above.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from quality.command import main  # noqa: E402

if __name__ == "__main__":
    main()
