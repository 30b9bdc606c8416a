"""A file that is written again with the same bytes keeps its entry as loaded."""

import os
from datetime import date
from pathlib import Path

from features import settings, warehouse
from features.state import opened
from orchestration import ingest

DAY = date(2026, 1, 4)


def test_the_same_file_written_again_in_the_same_night_stays_loaded(tmp_path: Path) -> None:
    home = settings.init(tmp_path / "home")
    file = home.landing / "channel_20260104.csv"
    text = "channel_id,dt,channel_type,unit_cost_cny,daily_capacity,allowed_hours,needs_consent\nsms,2026-01-04,sms,0.05,1000,9-20,1\n"
    for moment in (1_700_000_000, 1_700_000_100):
        file.write_text(text)
        os.utime(file, (moment, moment))
        with warehouse.build(home) as connection:
            found = ingest.run(home, "core", home.landing, DAY, DAY, connection)
        assert found.rows["channel"] == {"read": 1, "loaded": 1, "rejected": 0}
    with opened(home) as state:
        assert [r["status"] for r in state.rows("select status from ingest_file")] == ["loaded"]
