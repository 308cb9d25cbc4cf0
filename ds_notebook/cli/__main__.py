"""`python -m ds_notebook.cli`."""

import sys

from ds_notebook.cli import main

sys.exit(main())
