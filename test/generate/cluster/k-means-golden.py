"""Inertias of scikit-learn's k-means on points that the test makes in the same way: writes test/fixtures/k-means-golden.json.

    pip install scikit-learn && python test/generate/cluster/k-means-golden.py
"""

import json
from pathlib import Path

import numpy
import sklearn
from sklearn.cluster import KMeans

ROWS, DIMENSIONS, CENTRES = 1200, 10, 15


def points():
    """A linear congruential generator, so that JavaScript has the same numbers: noise around centres that overlap."""
    state = 12345

    def uniform():
        nonlocal state
        state = (1664525 * state + 1013904223) % 2**32
        return state / 2**32

    centres = [[4 * uniform() for _ in range(DIMENSIONS)] for _ in range(CENTRES)]
    return numpy.array(
        [[centre + 3 * uniform() for centre in centres[row % CENTRES]] for row in range(ROWS)], dtype=numpy.float32
    )


rows = points()
golden = {"scikit-learn": sklearn.__version__, "rows": ROWS, "dimensions": DIMENSIONS, "centres": CENTRES, "inertia": {}}
for k in (5, 15, 40):
    fits = [KMeans(k, n_init=1, random_state=seed).fit(rows).inertia_ for seed in range(20)]
    golden["inertia"][str(k)] = {"mean": float(numpy.mean(fits)), "least": float(min(fits))}
path = Path(__file__).parents[2] / "fixtures" / "k-means-golden.json"
path.write_text(json.dumps(golden, indent=2) + "\n")
