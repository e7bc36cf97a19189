"""Feature files beside LightGBM.

    python bench/feature-files.py make FOLDER [--queries 600] [--seed 7]   train.txt and test.txt, like MQ2008's
    python bench/feature-files.py lightgbm TRAIN TEST [--seeds 1,2,3]      LightGBM's nDCG@10 on TEST, one JSON object

`make` needs numpy alone. 46 features a row, scaled to 0..1 within a query; 15 to 120 rows a query; grades 0 to 2, mostly 0; a quarter
of the queries go into test.txt. The grade bends with some features, multiplies others, and hangs on noise.
"""

import argparse
import json
import os

import numpy

FEATURES = 46


def make(folder, queries, seed):
    random = numpy.random.default_rng(seed)
    weights = random.normal(size=FEATURES) * (random.random(FEATURES) < 0.3)
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/train.txt", "w") as train, open(f"{folder}/test.txt", "w") as test:
        for query in range(queries):
            rows = int(random.integers(15, 121))
            shared = random.normal(size=(rows, 4)) @ random.normal(size=(4, FEATURES)) * 0.5
            raw = shared + random.normal(size=(rows, FEATURES))
            utility = raw @ weights + 0.8 * numpy.maximum(0, raw[:, 0]) * raw[:, 1] - 0.6 * raw[:, 2] ** 2
            utility = utility + random.normal(size=rows) * 1.5
            cuts = numpy.quantile(utility, [0.8, 0.94])
            grades = (utility > cuts[0]).astype(int) + (utility > cuts[1])
            span = raw.max(0) - raw.min(0)
            scaled = (raw - raw.min(0)) / numpy.where(span > 0, span, 1)
            file = test if query % 4 == 3 else train
            for row in range(rows):
                values = " ".join(f"{k + 1}:{scaled[row, k]:.6f}" for k in range(FEATURES))
                file.write(f"{grades[row]} qid:{10000 + query} {values} #docid = GX{query:04d}-{row:03d} inc = 1 prob = 0.5\n")


def load(path):
    labels, groups, rows, last = [], [], [], None
    sizes = [int(line) for line in open(f"{path}.query")] if os.path.exists(f"{path}.query") else None
    for line in open(path):
        fields = line.split("#")[0].split()
        labels.append(float(fields[0]))
        cells = fields[1:] if sizes else fields[2:]
        rows.append({int(k): float(v) for k, v in (cell.split(":") for cell in cells)})
        if not sizes:
            if fields[1] != last:
                groups.append(0)
                last = fields[1]
            groups[-1] += 1
    features = numpy.zeros((len(rows), max(max(row, default=0) for row in rows) + 1))
    for i, row in enumerate(rows):
        for k, v in row.items():
            features[i, k] = v
    return features, numpy.array(labels), sizes or groups


def ndcg(scores, labels, groups, cutoff=10):
    values, start = [], 0
    for size in groups:
        gains = 2 ** labels[start : start + size] - 1
        discounts = 1 / numpy.log2(numpy.arange(size) + 2)
        ideal = (numpy.sort(gains)[::-1] * discounts)[:cutoff].sum()
        order = numpy.argsort(-scores[start : start + size], kind="stable")
        if ideal > 0:
            values.append((gains[order] * discounts)[:cutoff].sum() / ideal)
        start += size
    return float(numpy.mean(values))


def run_lightgbm(train, test, seeds):
    import lightgbm

    x, y, groups = load(train)
    held_x, held_y, held_groups = load(test)
    width = max(x.shape[1], held_x.shape[1])
    x, held_x = (numpy.pad(m, ((0, 0), (0, width - m.shape[1]))) for m in (x, held_x))
    base = {
        "objective": "lambdarank", "metric": "ndcg", "eval_at": [10], "learning_rate": 0.1, "min_data_in_leaf": 50,
        "min_sum_hessian_in_leaf": 5, "bagging_freq": 1, "bagging_fraction": 0.9, "num_threads": 1, "verbose": -1,
    }
    result = {"version": lightgbm.__version__, "rows": len(y)}
    for name, more in (
        ("31 leaves, rate 0.1", {"num_leaves": 31}),
        ("15 leaves, rate 0.05", {"num_leaves": 15, "learning_rate": 0.05, "min_data_in_leaf": 20, "min_sum_hessian_in_leaf": 1e-3, "feature_fraction": 0.7}),
    ):
        fixed, chosen, rounds = [], [], []
        for seed in seeds:
            settings = {**base, **more, "seed": seed}
            data = lambda: lightgbm.Dataset(x, y, group=groups)
            fixed.append(ndcg(lightgbm.train(settings, data(), 100).predict(held_x), held_y, held_groups))
            tried = lightgbm.cv(settings, data(), 300, nfold=5, callbacks=[lightgbm.early_stopping(25, verbose=False)])
            rounds.append(len(tried["valid ndcg@10-mean"]))
            chosen.append(ndcg(lightgbm.train(settings, data(), rounds[-1]).predict(held_x), held_y, held_groups))
        result[name] = {
            "100 trees": [round(v, 4) for v in fixed], "mean of 100 trees": round(float(numpy.mean(fixed)), 4),
            "rounds by cross-validation": rounds, "cross-validated": [round(v, 4) for v in chosen],
            "mean of cross-validated": round(float(numpy.mean(chosen)), 4),
        }
    print(json.dumps(result, indent=1))


parser = argparse.ArgumentParser()
commands = parser.add_subparsers(dest="command", required=True)
making = commands.add_parser("make")
making.add_argument("folder")
making.add_argument("--queries", type=int, default=600)
making.add_argument("--seed", type=int, default=7)
peer = commands.add_parser("lightgbm")
peer.add_argument("train")
peer.add_argument("test")
peer.add_argument("--seeds", default="1,2,3")
given = parser.parse_args()
if given.command == "make":
    make(given.folder, given.queries, given.seed)
else:
    run_lightgbm(given.train, given.test, [int(seed) for seed in given.seeds.split(",")])
