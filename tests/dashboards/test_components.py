"""Words, charts, files and the start of the board."""

import io
import sys
from pathlib import Path

import board_bank
import openpyxl
import pandas as pd
import pytest

from dashboards import palette, wording
from dashboards.command import arguments, environment
from dashboards.components import audience_cards, charts, tiles
from dashboards.figures import Unit
from features.audience.doubts import Doubt, Unpromised
from orchestration.stages import STAGES


def nights(count: int) -> pd.DataFrame:
    frame = board_bank.measurements().query("strategy_id == 'maturing_deposit_wealth' and is_primary").head(count)
    return frame.assign(people_count=frame.n_model_contacted)


def test_every_word_is_there_in_both_languages_and_not_twice_the_same_in_chinese() -> None:
    for key, (zh, en) in (wording.WORDS | wording.FLAGS).items():
        assert zh, key
        assert en or key == "customers_unit", key


def test_every_verdict_has_glyph_colour_and_word() -> None:
    for state in palette.GLYPHS:
        assert state in wording.WORDS
        assert state == "broken" or state in palette.ROLES


def test_colours_are_written_in_the_palette_only() -> None:
    root = Path(palette.__file__).parent
    for path in [p for p in root.rglob("*") if p.suffix in {".py", ".css"} and p.name != "palette.py"]:
        assert "#0072B2" not in path.read_text(), path


@pytest.mark.parametrize("count", [1, 2, 9])
def test_sequence_draws_from_the_first_night_on(count: int) -> None:
    drawn = charts.png(charts.sequence(nights(count), 0.01, Unit("rate", "zh"), False), "到期资金承接", "source")
    assert drawn.startswith(b"\x89PNG")
    assert len(drawn) > 10_000


def test_no_band_before_the_sequence_may_start() -> None:
    bare = nights(9).assign(ever_low=float("nan"), ever_high=float("nan"))
    marks = [layer["mark"]["type"] for layer in charts.sequence(bare, 0.01, Unit("rate", "en"), True).to_dict()["layer"]]
    assert "area" not in marks and "line" in marks


def test_workbook_holds_a_sheet_per_frame() -> None:
    book = openpyxl.load_workbook(io.BytesIO(charts.excel({"night": nights(3), "cell": pd.DataFrame({"a": [1]})})))
    assert book.sheetnames == ["night", "cell"]
    assert book["night"].max_row == 4


def test_sparkline_of_one_point_is_empty_and_of_equal_points_is_flat() -> None:
    assert "clip-path" not in tiles.sparkline([3.0])
    assert "nan" not in tiles.sparkline([3.0, 3.0, 3.0])


def test_night_bars_follow_each_other() -> None:
    made = tiles.night(pd.DataFrame({"stage": ["tags", "ingest"], "position": [1, 0], "seconds": [6.0, 2.0]}))
    assert made.index("left:0.0%") < made.index("left:25.0%")


def test_board_is_started_for_this_machine_only() -> None:
    argv = arguments(8600)
    assert argv[0] == sys.executable
    assert argv[argv.index("--server.address") + 1] == "127.0.0.1"
    assert argv[argv.index("--server.port") + 1] == "8600"
    assert Path(argv[argv.index("run") + 1]).is_file()
    variables = environment(Path("/somewhere/home"))
    assert variables["KEHU_HOME"] == "/somewhere/home"
    assert "KEHU_HOME" not in environment()
    assert variables["STREAMLIT_BROWSER_GATHER_USAGE_STATS"] == "false"


def test_every_stage_of_a_night_has_a_name_on_the_board() -> None:
    assert [stage for stage in STAGES if stage not in wording.WORDS] == []


def test_an_audience_shows_what_is_doubtful_in_it() -> None:
    shown = audience_cards.doubtful([Unpromised("is_app", "draft"), Unpromised("age", "deprecated"), Doubt("stage", "<old>", ("mature",))])
    assert "is_app 是草稿" in shown and "<div>age 已弃用" in shown
    assert "&lt;old&gt;" in shown and "<code>mature</code>" in shown
    assert audience_cards.doubtful([]) == ""
