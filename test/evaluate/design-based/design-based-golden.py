"""Writes test/fixtures/design-based-golden.json: what scipy and ppi-python say.

    pip install scipy ppi-python
    python test/evaluate/design-based/design-based-golden.py > test/fixtures/design-based-golden.json
"""

import json
import sys
from importlib.metadata import version

import numpy as np
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
from scipy.stats import norm, t

random = np.random.default_rng(20230123)
PROBABILITIES = [1e-12, 0.0005, 0.025, 0.05, 0.3, 0.5, 0.61, 0.9, 0.975, 0.9995]

means = []
for size, judged, bias in [(200, 20, 0.0), (500, 60, 0.9), (3000, 150, -0.4)]:
    people = random.integers(0, 4, size)
    judge = np.clip(people + bias + random.normal(0, 0.7, size), 0, 3).round(3)
    drawn = np.sort(random.choice(size, judged, replace=False))
    rest = np.setdiff1d(np.arange(size), drawn)
    means.append({
        "judge": judge.tolist(), "drawn": drawn.tolist(), "people": people[drawn].tolist(),
        # PPI's two sets: here the second is all units, as the drawn ones are among them.
        "value": float(np.ravel(ppi_mean_pointestimate(people[drawn].astype(float), judge[drawn], judge, lam=1))[0]),
        "interval": [float(np.ravel(x)[0]) for x in
                     ppi_mean_ci(people[drawn].astype(float), judge[drawn], judge, alpha=0.05, lam=1)],
    })

json.dump({
    "source": f"scipy {version('scipy')}: norm.ppf, t.ppf; ppi-python {version('ppi-python')}: ppi_mean_pointestimate, ppi_mean_ci",
    "normal": [[p, float(norm.ppf(p))] for p in PROBABILITIES],
    "student": [[n, p, float(t.ppf(p, n))] for n in [1, 2, 3, 4, 5, 9, 30, 200, 5000] for p in PROBABILITIES[1:]],
    "means": means,
}, sys.stdout)
print()
