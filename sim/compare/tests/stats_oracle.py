"""The values that tests/stats.rs has from elsewhere: python -m venv v; v/bin/pip install scipy; v/bin/python stats_oracle.py"""
from itertools import combinations

import numpy as np
from scipy import optimize, special, stats

print("trigamma", [float(special.polygamma(1, x)) for x in (0.5, 1, 2.5, 10, 40)])
print("t quantiles", float(stats.t.ppf(0.95, 8)), float(stats.t.ppf(0.975, 3)))

a, b = np.array([0.12, 0.08, 0.15, 0.02, 0.11]), np.array([0.01, 0.05, -0.03, 0.06, 0.09])
means = lambda x, y: np.mean(x) - np.mean(y)
for side in ("two-sided", "greater"):
    found = stats.permutation_test((a, b), means, permutation_type="independent", n_resamples=np.inf, alternative=side)
    print("permutation", side, float(found.pvalue))
a, b = np.array([0.12, 0.08, 0.15, 0.02, 0.11, 0.04, 0.07]), np.array([0.01, 0.05, -0.03, 0.06, 0.09, 0.03, -0.01])
found = stats.permutation_test((a, b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf)
print("sign flips", float(found.pvalue))

# Westfall and Young's step-down max-T of two columns by pooled t, four runs against four.
y = np.array([[0.31, 0.02], [0.25, 0.11], [0.29, -0.05], [0.35, 0.08], [0.01, 0.04], [0.06, -0.02], [-0.04, 0.09], [0.03, 0.05]])
y[4:, 1] += [0.10, 0.13, 0.08, 0.12]
def t_of(new):
    mask = np.zeros(8, bool)
    mask[list(new)] = True
    return np.array([abs(stats.ttest_ind(y[mask, j], y[~mask, j]).statistic) for j in range(2)])
seen, every = t_of(range(4)), np.array([t_of(c) for c in combinations(range(8), 4)])
order = np.argsort(-seen)
first = np.mean(every.max(axis=1) >= seen[order[0]] - 1e-9)
print("max-T", order, seen, float(first), float(max(first, np.mean(every[:, order[1]] >= seen[order[1]] - 1e-9))))

print("t test, 1 against 7", float(stats.ttest_ind([0.2], [0.01, 0.05, -0.03, 0.06, 0.09, 0.0, 0.03]).pvalue))
print("t test, 3 against 3", float(stats.ttest_ind([0.11, 0.14, 0.09], [0.02, 0.07, 0.05]).pvalue))

# limma's fitFDist, written down again (Smyth 2004, section 6.2).
def squeeze(variances, d):
    z = np.log(variances)
    e = z - special.digamma(d / 2) + np.log(d / 2)
    real = np.var(e, ddof=1) - special.polygamma(1, d / 2)
    if real <= 0:
        return np.inf, float(np.exp(np.mean(e)))
    d0 = 2 * optimize.brentq(lambda x: special.polygamma(1, x) - real, 1e-6, 1e6)
    return float(d0), float(np.exp(np.mean(e) + special.digamma(d0 / 2) - np.log(d0 / 2)))
print("moderated, unlike", squeeze(np.array([0.0004, 0.0025, 0.0100, 0.0009, 0.0361, 0.0016]), 8))
print("moderated, alike", squeeze(np.array([0.0024, 0.0025, 0.0026, 0.0025, 0.0023]), 8))
