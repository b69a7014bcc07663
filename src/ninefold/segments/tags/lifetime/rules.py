"""BG/NBD and Gamma-Gamma: likelihoods, fits, and what they expect of each customer. Pure."""

from collections.abc import Callable

import numpy as np
from scipy.special import betaln, gammaln, hyp2f1

from .model import Buying, Floats, Histories, Spending

_BOUND = 12.0  # parameters lie between e^-12 and e^12
_STARTS = (0.0, 0.7, -0.7)


def fit_buying(seen: Histories) -> Buying:
    """The maximum-likelihood parameters of the BG/NBD model; customers alike are counted once and weighted."""
    rows, weights = np.unique(np.column_stack((seen.repeats, seen.last, seen.age)), axis=0, return_counts=True)
    repeats, last, age = rows.T

    def loss(logs: Floats) -> float:
        return -float(weights @ _buying_likelihood(np.exp(logs), repeats, last, age)) / float(weights.sum())

    best, value = _smallest(loss, 4)
    r, alpha, a, b = best
    return Buying(r=r, alpha=alpha, a=a, b=b, log_likelihood=-value * float(weights.sum()))


def fit_spending(seen: Histories) -> Spending:
    """The maximum-likelihood parameters of the Gamma-Gamma model over customers with repeat purchases of some money."""
    chosen = (seen.repeats > 0) & (seen.spend > 0)
    repeats, spend = seen.repeats[chosen], seen.spend[chosen]
    scale = float(np.mean(spend))  # amounts near one keep the search well-conditioned, whatever the currency

    def loss(logs: Floats) -> float:
        return -float(np.mean(_spending_likelihood(np.exp(logs), repeats, spend / scale)))

    (p, q, gamma), value = _smallest(loss, 3)
    found = -value * len(spend) - len(spend) * np.log(scale)
    return Spending(p=p, q=q, gamma=gamma * scale, log_likelihood=float(found))


def alive(model: Buying, seen: Histories) -> Floats:
    """The probability that each customer has not dropped out; 1 for those who bought once, by the model's nature."""
    return 1.0 / (1.0 + _dropped(model, seen))


def purchases(model: Buying, seen: Histories, weeks: float) -> Floats:
    """Purchases expected of each customer within the coming weeks (equation 10 of the paper)."""
    r, alpha, b = model.r, model.alpha, model.b
    a = model.a if abs(model.a - 1) > 1e-6 else 1 + 1e-6  # the formula has a removable gap at one
    ahead = alpha + seen.age + weeks
    series = hyp2f1(r + seen.repeats, b + seen.repeats, a + b + seen.repeats - 1, weeks / ahead)
    decay = ((alpha + seen.age) / ahead) ** (r + seen.repeats)
    found: Floats = (a + b + seen.repeats - 1) / (a - 1) * (1 - decay * series) / (1 + _dropped(model, seen))
    return found


def amounts(model: Spending, seen: Histories) -> Floats:
    """The mean amount expected of each customer's coming purchases, in the unit of the histories.

    It lies between the customer's own mean and that of all, the nearer to their own the more they bought.
    """
    bought = model.p * seen.repeats
    found: Floats = model.p * (model.gamma + seen.repeats * seen.spend) / (bought + model.q - 1)
    return found


def _dropped(model: Buying, seen: Histories) -> Floats:
    """The odds that a customer has dropped out against having not."""
    growth = ((model.alpha + seen.age) / (model.alpha + seen.last)) ** (model.r + seen.repeats)
    odds = model.a / np.maximum(model.b + seen.repeats - 1, 1e-9) * growth
    return np.where(seen.repeats > 0, odds, 0.0)


def _buying_likelihood(parameters: Floats, repeats: Floats, last: Floats, age: Floats) -> Floats:
    r, alpha, a, b = parameters
    common = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
    staying = betaln(a, b + repeats) - betaln(a, b) - (r + repeats) * np.log(alpha + age)
    with np.errstate(divide="ignore"):  # without repeats nobody can have dropped out: log 0
        leaving = np.where(repeats > 0, betaln(a + 1, np.maximum(b + repeats - 1, 1e-9)) - betaln(a, b), -np.inf) - (
            r + repeats
        ) * np.log(alpha + last)
    found: Floats = common + np.logaddexp(staying, leaving)
    return found


def _spending_likelihood(parameters: Floats, repeats: Floats, spend: Floats) -> Floats:
    p, q, gamma = parameters
    shape = p * repeats
    found: Floats = (
        gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(gamma)
        + (shape - 1) * np.log(spend) + shape * np.log(repeats) - (shape + q) * np.log(gamma + repeats * spend)
    )  # fmt: skip
    return found


def _smallest(loss: Callable[[Floats], float], count: int) -> tuple[list[float], float]:
    """The best of searches from several starts, in the logarithms of the parameters."""
    from scipy.optimize import minimize  # noqa: PLC0415 - heavy: a server that builds no such tag does without

    found = [
        minimize(loss, np.full(count, start), method="L-BFGS-B", bounds=[(-_BOUND, _BOUND)] * count,
                 options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 2_000})
        for start in _STARTS
    ]  # fmt: skip
    best = min(found, key=lambda one: float(one.fun))
    return [float(value) for value in np.exp(best.x)], float(best.fun)
