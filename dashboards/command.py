"""How the board is started: the argument list and the environment for a process of its own."""

import os
import sys
from pathlib import Path

APP = Path(__file__).resolve().parent / "app.py"
DEFAULT_PORT = 8501


def arguments(port: int | None = None) -> list[str]:
    """argv that serves the board on this machine only; theme and privacy come from the config file beside app.py."""
    return [
        sys.executable, "-m", "streamlit", "run", str(APP), "--server.address", "127.0.0.1",
        "--server.port", str(port or DEFAULT_PORT), "--server.headless", "true",
    ]


def environment(home: Path | None = None) -> dict[str, str]:
    """Variables to add to the process's environment; a reader's own Streamlit settings must not switch telemetry on."""
    named = {} if home is None else {"KEHU_HOME": str(home)}
    return named | {
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
        "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "none",
    }


def main() -> None:
    """`python -m dashboards.command PORT`: this process becomes the board's server, of the home in KEHU_HOME."""
    argv = arguments(int(sys.argv[1]) if len(sys.argv) > 1 else None)
    os.execve(argv[0], argv, {**os.environ, **environment()})


if __name__ == "__main__":
    main()
