"""`python -m dualrev`, the same as `dualrev`."""

import sys

from dualrev.cli import main

if __name__ == "__main__":
    sys.exit(main())
