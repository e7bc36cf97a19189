"""scikit-learn's k-means on vectors of a file: inertias and seconds. Prints one JSON object. Called by bench/k-means.ts."""

import json
import sys
import time

import numpy
import sklearn
from sklearn.cluster import KMeans, MiniBatchKMeans
from threadpoolctl import threadpool_limits

job = json.load(sys.stdin)
rows = numpy.fromfile(job["path"], dtype="<f4").reshape(-1, job["dimensions"])
found = {}
with threadpool_limits(job["threads"]):
    for name, maker in {"lloyd": KMeans, "mini-batch": MiniBatchKMeans}.items():
        options = {"batch_size": 4096} if name == "mini-batch" else {"algorithm": "lloyd"}
        for k in job["k"]:
            inertias, seconds = [], []
            for seed in job["seeds"]:
                start = time.process_time()
                fitted = maker(n_clusters=k, n_init=1, random_state=seed, tol=1e-4, max_iter=100, **options).fit(rows)
                seconds.append(time.process_time() - start)
                inertias.append(float(fitted.inertia_))
            found[f"{name} {k}"] = {"inertias": inertias, "seconds": seconds}

json.dump({"version": sklearn.__version__, "found": found}, sys.stdout)
