"""The market's answer to exported lists."""

from dataclasses import dataclass, field

from orchestration.simulator.overlay import Overlay


@dataclass
class Reaction:
    """What the lists known so far cause."""

    overlay: Overlay = field(default_factory=Overlay)
