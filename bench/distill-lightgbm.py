"""LightGBM on its own lambdarank example: prints one JSON object. Called by bench/distill.ts."""

import json
import sys
import time

import lightgbm
import numpy

folder, seeds = sys.argv[1], [int(seed) for seed in sys.argv[2].split(",")]


def load(name):
    rows = [line.split() for line in open(f"{folder}/{name}")]
    features = numpy.zeros((len(rows), 301))
    labels = numpy.zeros(len(rows))
    for i, row in enumerate(rows):
        labels[i] = float(row[0])
        for cell in row[1:]:
            index, value = cell.split(":")
            features[i, int(index)] = float(value)
    return features, labels, [int(size) for size in open(f"{folder}/{name}.query")]


train, train_labels, train_sizes = load("rank.train")
held, held_labels, held_sizes = load("rank.test")


def ndcg(scores, cutoff):
    total, start = 0.0, 0
    for size in held_sizes:
        gains = 2 ** held_labels[start : start + size] - 1
        order = numpy.argsort(-scores[start : start + size], kind="stable")
        discounts = 1 / numpy.log2(numpy.arange(size) + 2)
        ideal = (numpy.sort(gains)[::-1] * discounts)[:cutoff].sum()
        total += (gains[order] * discounts)[:cutoff].sum() / ideal if ideal > 0 else 1
        start += size
    return total / len(held_sizes)


runs = []
for seed in seeds:
    begun = time.process_time()
    data = lightgbm.Dataset(train, train_labels, group=train_sizes)
    settings = {
        "objective": "lambdarank", "num_leaves": 31, "learning_rate": 0.1, "min_data_in_leaf": 50,
        "min_sum_hessian_in_leaf": 5, "bagging_freq": 1, "bagging_fraction": 0.9, "seed": seed, "num_threads": 1,
        "verbose": -1,
    }
    model = lightgbm.train(settings, data, 100)
    seconds = time.process_time() - begun
    scores = model.predict(held)
    runs.append({"ndcg": {str(k): ndcg(scores, k) for k in (1, 3, 5, 10)}, "cpuSeconds": seconds})
print(json.dumps({"version": lightgbm.__version__, "runs": runs}))
