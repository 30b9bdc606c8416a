"""The engine stays light: heavy statistics packages load only inside the calls that need them."""

import subprocess
import sys

HEAVY = ("statsmodels", "tea_tasting", "ibis", "pandas", "duckdb", "pyarrow", "jinja2", "scipy.stats")


def test_nothing_heavy_is_imported_at_start():
    code = (
        "import sys; from models.experiments import analyse, cluster, four_cell, power, report, segments, srm, verdict;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
