"""Writes test/fixtures/agreement-golden.json: what scikit-learn and krippendorff say of random labels.

    pip install scikit-learn krippendorff
    python test/evaluate/agreement/agreement-golden.py > test/fixtures/agreement-golden.json
"""

import json
import sys
import warnings
from importlib.metadata import version

import krippendorff
import numpy as np
from sklearn.metrics import cohen_kappa_score

warnings.filterwarnings("ignore")
random = np.random.default_rng(20240611)
SCALE = [0, 1, 2, 3]


def number(value):
    return None if not np.isfinite(value) else float(value)


def two_raters(n, noise, shares):
    a = random.choice(4, size=n, p=shares)
    b = np.clip(a + np.rint(random.normal(0.3, noise, n)).astype(int), 0, 3)
    return a, b


def several_raters(raters, units, missing, values):
    truth = random.choice(values, size=units)
    table = np.tile(truth.astype(float), (raters, 1))
    wrong = random.random(table.shape) < 0.4
    table[wrong] = random.choice(values, size=int(wrong.sum()))
    table[random.random(table.shape) < missing] = np.nan
    return table


kappas = []
pairs = [two_raters(n, noise, shares)
         for n, noise, shares in [(12, 0.5, [.25] * 4), (60, 1.0, [.6, .2, .1, .1]), (200, 2.0, [.4, .1, .1, .4]), (500, 0.2, [.9, .05, .03, .02])]]
pairs += [(np.zeros(5, int), np.zeros(5, int)), (np.array([0, 3, 3]), np.array([0, 3, 3])), (np.array([0, 3, 0, 3]), np.array([3, 0, 3, 0]))]
for a, b in pairs:
    for labels in (SCALE, None):
        if labels is None and len(set(a) | set(b)) < 2:
            continue
        kappas.append({
            "a": a.tolist(), "b": b.tolist(), "labels": labels,
            **{name: number(cohen_kappa_score(a, b, weights=weights, labels=labels))
               for name, weights in [("none", None), ("linear", "linear"), ("quadratic", "quadratic")]},
        })

alphas = []
# Krippendorff's own example first.
own = [[np.nan] * 5 + [3, 4, 1, 2, 1, 1, 3, 3, np.nan, 3],
       [1, np.nan, 2, 1, 3, 3, 4, 3] + [np.nan] * 7,
       [np.nan, np.nan, 2, 1, 3, 4, 4, np.nan, 2, 1, 1, 3, 3, np.nan, 4]]
tables = [np.array(own)] + [several_raters(*shape) for shape in
          [(2, 10, 0, SCALE), (2, 40, .2, SCALE), (3, 30, .3, SCALE), (5, 80, .5, SCALE), (4, 25, .1, [0, 1]), (3, 50, .2, [-2, 0, 0.5, 7])]]
for table in tables:
    alphas.append({
        "ratings": [[number(x) for x in row] for row in table],
        **{level: float(krippendorff.alpha(reliability_data=table, level_of_measurement=level))
           for level in ("nominal", "ordinal", "interval")},
    })

json.dump({"source": f"scikit-learn {version('scikit-learn')}: cohen_kappa_score; krippendorff {version('krippendorff')}: alpha",
           "kappas": kappas, "alphas": alphas}, sys.stdout)
print()
