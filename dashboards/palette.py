"""Colours by role, (light, dark): the only place a colour is written; checked for contrast and colour-blind readers."""

Tone = tuple[str, str]

ROLES: dict[str, Tone] = {
    "ink": ("#16202E", "#E4E9F0"),
    "muted": ("#5A6779", "#9BA8B8"),
    "faint": ("#66727F", "#8794A5"),
    "line": ("#E3E8ED", "#2A3644"),
    "soft": ("#F4F6F8", "#1F2A38"),
    "card": ("#FFFFFF", "#17202C"),
    "model": ("#0072B2", "#5AB0E6"),
    "bau": ("#C77700", "#F0A63A"),
    "bau-ink": ("#9A5B00", "#F0A63A"),  # orange as text on white
    "universal": ("#6B7A8C", "#9AA8B8"),
    "win": ("#00806B", "#3FBFA5"),
    "harm": ("#C43E1C", "#F08A6B"),
    "invalid": ("#6E1A63", "#F0A3E6"),
    "futile": ("#2B3644", "#DCE3EB"),  # no hue from here on: no claim
    "undecided": ("#697686", "#8E9BAC"),
    "collecting": ("#697686", "#8E9BAC"),
}

# A verdict is colour + glyph + word, never colour alone. Order = order on the board.
GLYPHS = {"win": "▲", "harm": "▼", "futile": "=", "undecided": "?", "collecting": "◔", "invalid": "✕", "broken": "!"}


def tone(role: str, is_dark: bool) -> str:
    """The hex value of a role, for charts only; markup uses the CSS variable."""
    return ROLES[role][is_dark]


def root() -> str:
    """CSS variables that follow the reader's theme: Streamlit sets color-scheme, light-dark() does the rest."""
    pairs = "".join(f"--{name}:light-dark({light},{dark});" for name, (light, dark) in ROLES.items())
    return f":root{{{pairs}}}"
