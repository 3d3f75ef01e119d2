"""Student's t distribution, in closed form for whole degrees of freedom."""

from __future__ import annotations

import math

__all__ = ["quantile", "two_sided"]

MANY = 400  # degrees of freedom above which the normal distribution is the same to 1e-3


def two_sided(t: float, freedom: int) -> float:
    """P(|T| ≥ |t|) with `freedom` ≥ 1 degrees (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4)."""
    if math.isinf(t):
        return 0.0
    if freedom > MANY:
        return math.erfc(abs(t) / math.sqrt(2.0))
    angle = math.atan2(abs(t), math.sqrt(freedom))
    cosine, total, term = math.cos(angle), 0.0, 1.0
    first = 1 if freedom % 2 == 0 else 2
    for k in range(first, freedom - 1, 2):
        total += term
        term *= cosine**2 * k / (k + 1)
    total += term if freedom > 1 else 0.0
    if freedom % 2 == 0:
        inside = math.sin(angle) * total
    else:
        inside = 2.0 / math.pi * (angle + math.sin(angle) * cosine * total)
    return max(0.0, 1.0 - inside)


def quantile(freedom: int, confidence: float = 0.95) -> float:
    """The t above which, with its negative, 1 - `confidence` lies."""
    low, high = 0.0, 1.0
    while two_sided(high, freedom) > 1.0 - confidence:
        high *= 2.0
    for _ in range(60):
        middle = (low + high) / 2.0
        if two_sided(middle, freedom) > 1.0 - confidence:
            low = middle
        else:
            high = middle
    return high
