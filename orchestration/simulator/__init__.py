"""A simulated bank: extracts with a known truth, and a market that answers lists."""

from orchestration.simulator.bank import write_days, write_history
from orchestration.simulator.spec import BankSpec

__all__ = ["BankSpec", "write_days", "write_history"]
