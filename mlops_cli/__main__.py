"""`mlops` and `python -m mlops_cli`."""

import sys

from mlops_cli.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
