"""The command tree; every module is imported only when its command runs, so that help answers at once."""

import errno
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

STOPPED, INTERRUPTED = "stopped; nothing was published", 130
"""What Typer makes of Ctrl-C is said as every other end is: one line, and a code of the contract."""
UNUSABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOENT, errno.ENOTDIR, errno.EISDIR,
            errno.ENAMETOOLONG)
"""What is wrong with a path or a disk that somebody named, and not with kehu."""


def main() -> None:
    """Runs the command; bad input is one line on stderr and an exit code, never a traceback."""
    try:
        code = app(standalone_mode=False)
    except KehuError as known:
        _stop(known.line(), known.exit_code)
    except typer.Abort:
        _stop("stopped", 1)
    except KeyboardInterrupt:
        _stop(STOPPED, 1)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as unexpected:
        _stop(*_unexpected(unexpected))
    if code == INTERRUPTED:
        _stop(STOPPED, 1)
    sys.exit(code if isinstance(code, int) else 0)


def _unexpected(error: Exception) -> tuple[str, int]:
    """Usage errors of the parser keep their text; anything else is written to a log file and named in one line."""
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        hint = " -> kehu --help" if "--help" not in error.format_message() else ""
        return error.format_message() + hint, 2
    details = _kept("".join(traceback.format_exception(error)))
    if isinstance(error, OSError) and error.filename is not None and error.errno in UNUSABLE:
        return f"{error.filename} cannot be used: {error.strerror} -> look at the path, who may write there, and the free disk; {details}", 2
    text = " ".join(str(error).split())[:300]
    return f"unexpected {type(error).__name__}: {text} -> {details}", 1


def _kept(details: str) -> str:
    """Where the details were written: the home's log, or the temporary folder where the home cannot be written (full, read-only)."""
    import tempfile

    from features import settings

    for folder in (settings.home_path() / "logs", Path(tempfile.gettempdir())):
        if folder.is_dir():
            try:
                (folder / "kehu-error.log").write_text(details, encoding="utf-8")
            except OSError:
                continue
            return f"the details are in {folder / 'kehu-error.log'}"
    return "the details could be written nowhere"


def _stop(line: str, code: int) -> None:
    sys.stderr.write(f"kehu: {line}\n")
    sys.exit(code)
