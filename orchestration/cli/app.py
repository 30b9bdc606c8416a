"""The command tree; every module is imported only when its command runs, so that help answers at once."""

import sys
import traceback
from pathlib import Path

import typer

from features.errors import KehuError
from orchestration.cli import audience, bank, lists, measure, models, nights, segments, serve, store, strategies, tags

app = typer.Typer(name="kehu", no_args_is_help=True, add_completion=True, rich_markup_mode=None,
                  pretty_exceptions_enable=False, help="The customer factory of a retail bank: tags, models, lists, lift.")
bank.register(app)
nights.register(app)
store.register(app)
tags.register(app)
audience.register(app)
segments.register(app)
models.register(app)
strategies.register(app)
lists.register(app)
measure.register(app)
serve.register(app)


def main() -> None:
    """Runs the command; bad input is one line on stderr and an exit code, never a traceback."""
    try:
        code = app(standalone_mode=False)
    except KehuError as known:
        _stop(known.line(), known.exit_code)
    except typer.Abort:
        _stop("stopped", 1)
    except KeyboardInterrupt:
        _stop("stopped; nothing was published", 1)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as unexpected:
        _stop(*_unexpected(unexpected))
    sys.exit(code if isinstance(code, int) else 0)


def _unexpected(error: Exception) -> tuple[str, int]:
    """Usage errors of the parser keep their text; anything else is written to a log file and named in one line."""
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        hint = " -> kehu --help" if "--help" not in error.format_message() else ""
        return error.format_message() + hint, 2
    log = _log_path()
    log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    text = " ".join(str(error).split())[:300]
    return f"unexpected {type(error).__name__}: {text} -> the details are in {log}", 1


def _log_path() -> Path:
    import tempfile

    from features import settings

    logs = settings.home_path() / "logs"
    return (logs if logs.is_dir() else Path(tempfile.gettempdir())) / "kehu-error.log"


def _stop(line: str, code: int) -> None:
    sys.stderr.write(f"kehu: {line}\n")
    sys.exit(code)
