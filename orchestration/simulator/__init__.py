"""A simulated bank: extracts with a known truth, and a market that answers lists."""

from orchestration.simulator.bank import write_days, write_history
from orchestration.simulator.effects_truth import true_effects
from orchestration.simulator.generate import generate
from orchestration.simulator.spec import BankSpec
from orchestration.simulator.truth import write_truth

__all__ = ["BankSpec", "generate", "true_effects", "write_days", "write_history", "write_truth"]
