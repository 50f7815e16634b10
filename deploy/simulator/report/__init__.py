"""The report of a study, as one HTML file for people and as JSON for programs.

Both follow from the material alone, so that the same seeds give the same bytes.
"""

import os

from deploy.local.jars import cache_folder

# What the plotting library keeps stays inside the clone. It asks once, when it is first imported.
os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))
