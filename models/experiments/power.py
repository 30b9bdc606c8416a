"""Sizes and least detectable effects before launch, for every design, each naming its formula."""

import math
from dataclasses import dataclass
from typing import Any, Literal

from scipy.special import nctdtr, ndtr, ndtri, stdtrit

from features.errors import KehuError

Design = Literal["ab", "four_cell", "cluster", "global_holdout"]
DESIGNS: tuple[Design, ...] = ("ab", "four_cell", "cluster", "global_holdout")
POOLED = "two proportions, pooled variance under no effect: (z_a sqrt(p q V) + z_b sqrt(p1 q1 / s1 + p0 q0 / s0))^2 / mde^2"
BASE = "base variance in every cell: (z_a + z_b)^2 sd^2 (1 - rho^2) V / mde^2"
CLUSTERED = BASE + ", times 1 + (m - 1) icc, t with clusters - 2 degrees of freedom"


@dataclass(frozen=True)
class Setting:
    """What the bank's history says: `base_rate` of a 0/1 metric or `sd`, `rho` of the covariate, clusters of
    `cluster_size` units with correlation `icc`; `hold` is the share without contact (of an A/B test: of control)."""

    base_rate: float | None = None
    sd: float | None = None
    hold: float = 0.5
    rho: float = 0.0
    cluster_size: float = 1.0
    icc: float = 0.0
    alpha: float = 0.05

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("base_rate", self.base_rate, 0, 1), ("hold", self.hold, 0, 1), ("alpha", self.alpha, 0, 1)
        ):
            if value is not None and not low < value < high:
                raise KehuError(f"{name} is {value}", "give a share above 0 and below 1")
        if not (-1 < self.rho < 1 and 0 <= self.icc <= 1 and self.cluster_size >= 1):
            raise KehuError("rho must lie in (-1, 1), icc in 0..1, cluster_size from 1", "change the option")
        if self.base_rate is None and not (self.sd is not None and self.sd > 0):
            raise KehuError("neither a base rate nor a positive sd is given", "give --base-rate or --sd")

    @property
    def variance(self) -> float:
        """Variance per unit left after adjustment, inflated by clusters."""
        raw = self.sd**2 if self.sd is not None else (self.base_rate or 0.0) * (1 - (self.base_rate or 0.0))
        return raw * (1 - self.rho**2) * (1 + (self.cluster_size - 1) * self.icc)


def plan(
    design: Design, setting: Setting, n: int | None = None, mde: float | None = None, power: float = 0.8
) -> dict[str, Any]:
    """`{n_per_arm, mde, power, formula, units}`: give `mde` to get sizes, `n` to get the effect, both to get power.

    `n` and `n_per_arm` count the units of all arms divided by the arms (A/B, clusters, global holdout: two arms;
    four cells: one policy's list). `mde` is absolute.
    """
    if design not in DESIGNS:
        raise KehuError(f"unknown design '{design}'", f"use one of {', '.join(DESIGNS)}")
    if n is None and mde is None:
        raise KehuError("neither a size nor an effect is given", "give --n or --mde")
    if (mde is not None and not mde > 0) or (n is not None and n < 2) or not 0 < power < 1:
        raise KehuError("mde must be above 0, n at least 2, power between 0 and 1", "change the option")
    plain = _is_plain_rate(design, setting)
    formula = POOLED if plain else CLUSTERED if _is_clustered(setting) else BASE
    if n is None and mde is not None:
        size = _rate_size(setting, mde, power) if plain else _size(design, setting, mde, power)
        return _answer(design, setting, size, mde, power, formula)
    assert n is not None
    if mde is None:
        found = _rate_mde(setting, n, power) if plain else _detectable(design, setting, n, power)
        return _answer(design, setting, n, found, power, formula)
    reached = _rate_power(setting, n, mde) if plain else _power(design, setting, n, mde)
    return _answer(design, setting, n, mde, reached, formula)


def _is_plain_rate(design: Design, setting: Setting) -> bool:
    rate_only = setting.base_rate is not None and setting.sd is None
    return design == "ab" and rate_only and setting.rho == 0 and not _is_clustered(setting)


def _rate_size(s: Setting, mde: float, power: float) -> int:
    return two_proportion_size(s.base_rate or 0.0, mde, s.alpha, power, s.hold)


def _rate_mde(s: Setting, n: int, power: float) -> float:
    return two_proportion_mde(s.base_rate or 0.0, n, s.alpha, power, s.hold)


def _rate_power(s: Setting, n: int, mde: float) -> float:
    if (s.base_rate or 0.0) + mde >= 1:
        raise KehuError(f"base rate {s.base_rate} plus effect {mde} is no rate", "give a smaller --mde")
    return two_proportion_power(s.base_rate or 0.0, mde, n, s.alpha, s.hold)


def two_proportion_size(base: float, mde: float, alpha: float = 0.05, power: float = 0.8, hold: float = 0.5) -> int:
    """Units per arm (all units / 2) to find `base + mde` against `base`, pooled formula."""
    if not 0 < base + mde < 1:
        raise KehuError(f"base rate {base} plus effect {mde} is no rate", "give a smaller --mde")
    null, other = _proportion_errors(base, mde, hold)
    return math.ceil(float(ndtri(1 - alpha / 2) * null + ndtri(power) * other) ** 2 / mde**2 / 2)


def two_proportion_power(base: float, mde: float, n: float, alpha: float = 0.05, hold: float = 0.5) -> float:
    """Power of `n` units per arm (all units / 2) by the same formula."""
    null, other = _proportion_errors(base, mde, hold)
    return float(ndtr((mde * math.sqrt(2 * n) - ndtri(1 - alpha / 2) * null) / other))


def two_proportion_mde(base: float, n: float, alpha: float = 0.05, power: float = 0.8, hold: float = 0.5) -> float:
    """Least rise over `base` that `n` units per arm find, by the same formula."""
    low, high = 0.0, 1 - base
    if two_proportion_power(base, high * (1 - 1e-12), n, alpha, hold) < power:
        raise KehuError(f"{n} units per arm find no effect on a base rate of {base}", "plan more units")
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if two_proportion_power(base, middle, n, alpha, hold) >= power else (middle, high)
    return high


def _proportion_errors(base: float, mde: float, hold: float) -> tuple[float, float]:
    """Standard deviation of the difference times sqrt(all units): without effect, with it."""
    other = base + mde
    mean = hold * base + (1 - hold) * other
    under_null = mean * (1 - mean) * (1 / hold + 1 / (1 - hold))
    return math.sqrt(under_null), math.sqrt(other * (1 - other) / (1 - hold) + base * (1 - base) / hold)


def four_cell_size(base: float, mde: float, hold: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """List size per policy to find the model increment `mde`."""
    return int(plan("four_cell", Setting(base_rate=base, hold=hold, alpha=alpha), mde=mde, power=power)["n_per_arm"])


def _is_clustered(setting: Setting) -> bool:
    return setting.cluster_size > 1 and setting.icc > 0


def _spread(design: Design, hold: float) -> float:
    """V: variance of the estimate is sd^2 V / n, n as in `plan`."""
    both = 1 / hold + 1 / (1 - hold)
    return 2 * both if design == "four_cell" else both / 2


def _size(design: Design, setting: Setting, mde: float, power: float) -> int:
    unit = setting.variance * _spread(design, setting.hold) / mde**2
    size = math.ceil(_round_off(unit * _reach(math.inf, setting.alpha, power) ** 2))
    for _ in range(200):
        df = _clusters(design, setting, size) - 2
        wanted = _reach(df, setting.alpha, power) ** 2 * unit if df >= 1 else size + 2 * setting.cluster_size
        if _round_off(wanted) <= size:
            break
        size = math.ceil(_round_off(wanted))
    return size


def _round_off(value: float) -> float:
    return round(value, 6)


def _clusters(design: Design, setting: Setting, n: float) -> float:
    return 2 * n / setting.cluster_size if _is_clustered(setting) else math.inf


def _critical(df: float, alpha: float) -> float:
    return float(ndtri(1 - alpha / 2)) if math.isinf(df) else float(stdtrit(df, 1 - alpha / 2))


def _reach(df: float, alpha: float, power: float) -> float:
    """Standard errors that an effect must measure."""
    return _critical(df, alpha) + (float(ndtri(power)) if math.isinf(df) else float(stdtrit(df, power)))


def _error(design: Design, setting: Setting, n: float) -> float:
    return math.sqrt(setting.variance * _spread(design, setting.hold) / n)


def _df(design: Design, setting: Setting, n: float) -> float:
    df = _clusters(design, setting, n) - 2
    if df < 1:
        raise KehuError("fewer than three clusters", "plan more clusters or smaller ones")
    return df


def _detectable(design: Design, setting: Setting, n: int, power: float) -> float:
    return _reach(_df(design, setting, n), setting.alpha, power) * _error(design, setting, n)


def _power(design: Design, setting: Setting, n: int, mde: float) -> float:
    df, shift = _df(design, setting, n), mde / _error(design, setting, n)
    critical = _critical(df, setting.alpha)
    if math.isinf(df):
        return float(ndtr(shift - critical) + ndtr(-shift - critical))
    return float(1 - nctdtr(df, shift, critical) + nctdtr(df, shift, -critical))


def _answer(design: Design, setting: Setting, n: int, mde: float, power: float, formula: str) -> dict[str, Any]:
    held = setting.hold
    if design == "four_cell":
        units = {cell: n * share for cell, share in (
            ("model_contacted", 1 - held), ("model_held", held), ("bau_contacted", 1 - held), ("bau_held", held)
        )}
    else:
        units = {"treatment": 2 * n * (1 - held), "control": 2 * n * held}
    return {
        "design": design, "n_per_arm": n, "mde": mde, "power": power, "formula": formula,
        "units": {name: math.ceil(_round_off(count)) for name, count in units.items()},
    }
