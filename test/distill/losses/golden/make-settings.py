"""Writes settings.json: the losses at settings other than their defaults and with weights, for settings.test.ts.

Needs Python alone:  python make-settings.py > settings.json

Each formula is written out from its paper, pair by pair and choice by choice, over complex numbers. A gradient is the imaginary part at
s + ih, divided by h: no difference is taken, so it is exact to rounding. Ranks and whatever else is held fixed are of real parts.
"""

import cmath
import json
import math
import sys

STEP = 1e-30

MIXED = {"s": [0.3, -1.2, 2.1, 0.7, -0.4, 0.7], "t": [3.0, 0.0, 1.0, 0.0, 0.0, 2.0]}
FAR = {"s": [40.0, -700.0, 0.0, 5.5], "t": [0.0, 3.0, 1.0, 2.0]}
CHANCES = {"s": [0.3, -1.2, 2.1, 0.0, -720.0, 0.7], "t": [1.0, 0.0, 0.25, 0.5, 0.0, 0.9]}
COUNTS = {"weights": [1.5, 0.5, 2.0, 1.0, 0.0, 3.0], "presence": [1.0, 0.4, 0.9, 0.0, 1.0, 0.7]}
REFERENCE = [0.5, -0.2, 1.1, 0.0, 0.9, -0.6]


def softplus(x):
    return x + cmath.log(1 + cmath.exp(-x)) if x.real > 0 else cmath.log(1 + cmath.exp(x))


def sigmoid(x):
    return 1 / (1 + cmath.exp(-x)) if x.real > 0 else cmath.exp(x) / (1 + cmath.exp(x))


def log_sum(terms):
    top = max(x.real for x in terms)
    return top + cmath.log(sum(cmath.exp(x - top) for x in terms))


def magnitude(x):
    return x if x.real > 0 else -x if x.real < 0 else 0 * x


def softmax(x):
    whole = log_sum(x)
    return [cmath.exp(one - whole) for one in x]


def order_of(x):
    return sorted(range(len(x)), key=lambda i: (-x[i].real, i))


def ranks_of(x):
    ranks = [0] * len(x)
    for place, item in enumerate(order_of(x)):
        ranks[item] = place + 1
    return ranks


def discount(rank):
    return 1 / math.log2(1 + rank)


def gains_of(t):
    return [2**one - 1 for one in t]


def best_dcg(t, cutoff=math.inf):
    return sum(g * discount(k + 1) for k, g in enumerate(sorted(gains_of(t), reverse=True)) if k < cutoff)


def pairs(t):
    return [(i, j) for i in range(len(t)) for j in range(len(t)) if t[i] > t[j]]


def counts_of(t, weights, presence):
    return weights or [1] * len(t), presence or [1] * len(t)


# --- Pairs ---


def mean_of_pairs(s, t, cost, weight_of, weights, presence):
    w, p = counts_of(t, weights, presence)
    each = [(w[i] * p[j] * weight_of(i, j), i, j) for i, j in pairs(t)]
    return sum(a * cost(s[i] - s[j], i, j) for a, i, j in each) / sum(a for a, _, _ in each)


def rank_net(s, t, weights=None, presence=None):
    return mean_of_pairs(s, t, lambda lead, i, j: softplus(-lead), lambda i, j: 1, weights, presence)


def first_rank_net(s, t, weights=None, presence=None):
    r = ranks_of(t)
    return mean_of_pairs(
        s, t, lambda lead, i, j: softplus(-lead), lambda i, j: 1 / (r[i] + r[j]), weights, presence
    )


def hinge(s, t, scale=1, widest=3, weights=None, presence=None):
    def cost(lead, i, j):
        short = min(widest, scale * (t[i] - t[j])) - lead
        return short if short.real > 0 else 0

    return mean_of_pairs(s, t, cost, lambda i, j: 1, weights, presence)


def lambda_rank(s, t, truncation=30, normalise=False):
    """Burges 2010; the two normalisations as LightGBM's rank_objective.hpp has them. Returns the value and the second derivatives."""
    g, r, ideal = gains_of(t), ranks_of(s), best_dcg(t, truncation)
    real = [x.real for x in s]
    value, total, seconds = 0, 0, [0.0] * len(s)
    for i, j in pairs(t):
        if min(r[i], r[j]) > truncation:
            continue
        weight = (g[i] - g[j]) * abs(discount(r[i]) - discount(r[j])) / ideal
        if normalise and max(real) != min(real):
            weight /= 0.01 + abs(real[i] - real[j])
        wrong = sigmoid(complex(real[j] - real[i])).real
        value += weight * softplus(s[j] - s[i])
        total += 2 * weight * wrong
        for k in (i, j):
            seconds[k] += weight * wrong * (1 - wrong)
    scale = math.log2(1 + total) / total if normalise and total > 0 else 1
    return value * scale, [one * scale for one in seconds]


def ndcg_loss(rho_share):
    def loss(s, t, mu=10, cutoff=math.inf):
        g, r, ideal = gains_of(t), ranks_of(s), best_dcg(t, cutoff)
        value = 0
        for i, j in pairs(t):
            if max(r[i], r[j]) > cutoff:
                continue
            apart = abs(r[i] - r[j])
            delta = discount(apart) - discount(apart + 1)
            weight = rho_share * abs(discount(r[i]) - discount(r[j])) + (mu if rho_share else 1) * delta
            value += weight * (g[i] - g[j]) / ideal * softplus(s[j] - s[i])
        return value

    return loss


def lipo(s, t, beta=1, reference=None):
    h = [beta * (x - y) for x, y in zip(s, reference or [0] * len(s))]
    g, r = gains_of(t), ranks_of(h)
    return sum(
        (g[i] - g[j]) * abs(1 / math.log(1 + r[i]) - 1 / math.log(1 + r[j])) * softplus(h[j] - h[i])
        for i, j in pairs(t)
    )


# --- Lists ---


def kl(s, t, temperature=1):
    p, q = softmax([x / temperature for x in t]), softmax([x / temperature for x in s])
    return sum(a * (cmath.log(a) - cmath.log(b)) for a, b in zip(p, q))


def picks(s, t, raw, weights, presence):
    """Item by item down the labels' order: each out of what is left."""
    w, p = counts_of(t, weights, presence)
    order = order_of(t)
    each = [raw[k] * w[item] for k, item in enumerate(order)]
    value = 0
    for k, item in enumerate(order):
        left = [s[l] + math.log(p[l]) for l in order[k:] if p[l] > 0]
        if each[k] > 0 and left:
            value += each[k] / sum(each) * (log_sum(left) - s[item])
    return value


def list_mle(s, t, weights=None, presence=None):
    return picks(s, t, [1] * len(t), weights, presence)


def position_list_mle(s, t, decay="exponential", weights=None, presence=None):
    n = len(t)
    raw = [discount(k) if decay == "dcg" else 2.0 ** (n - k) - 1 for k in range(1, n + 1)]
    return picks(s, t, raw, weights, presence)


def pld(s, t, temperature=1, weights=None, presence=None):
    sure = softmax([x / temperature for x in t])
    return picks(s, t, [sure[item].real for item in order_of(t)], weights, presence)


def irpo(s, t, beta=1, reference=None, weights=None):
    h = [beta * (x - y) for x, y in zip(s, reference or [0] * len(s))]
    w, r = weights or [1] * len(t), ranks_of(t)
    each = [a * discount(rank) for a, rank in zip(w, r)]
    value = 0
    for i, one in enumerate(each):
        z = -log_sum([h[j] - h[i] for j in range(len(h)) if j != i])
        value += one / sum(each) * softplus(-z)
    return value


def approx_ndcg(s, t, sharpness=1):
    value = 1
    for i, gain in enumerate(gains_of(t)):
        rank = 1 + sum(sigmoid(sharpness * (s[j] - s[i])) for j in range(len(s)) if j != i)
        value -= gain / (cmath.log(1 + rank) / math.log(2)) / best_dcg(t)
    return value


def neural_ndcg(s, t, temperature=1, cutoff=math.inf):
    n = len(s)
    spread = [sum(magnitude(x - y) for y in s) for x in s]
    p = [softmax([((n + 1 - 2 * r) * x - c) / temperature for x, c in zip(s, spread)]) for r in range(1, n + 1)]
    for _ in range(50):
        columns = [sum(row[j] for row in p) for j in range(n)]
        p = [[x / c for x, c in zip(row, columns)] for row in p]
        p = [[x / sum(row) for x in row] for row in p]
        if all(abs(sum(row[j] for row in p).real - 1) < 1e-6 for j in range(n)):
            break
    sorted_gains = [sum(x * g for x, g in zip(row, gains_of(t))) for row in p]
    dcg = sum(g * discount(k + 1) for k, g in enumerate(sorted_gains) if k < cutoff)
    return 1 - dcg / best_dcg(t, cutoff)


# --- Contrast ---


def contrast(rivals_of, own):
    def loss(s, t, temperature=1, weights=None, presence=None):
        w, p = counts_of(t, weights, presence)
        winners = [i for i in range(len(t)) if t[i] > min(t)]
        value = 0
        for i in winners:
            terms = [s[j] / temperature + math.log(p[j]) for j in rivals_of(t, i) if p[j] > 0]
            terms += [s[i] / temperature] if own else []
            if terms:
                value += w[i] / sum(w[k] for k in winners) * (log_sum(terms) - s[i] / temperature)
        return value

    return loss


def lower(t, i):
    return [j for j in range(len(t)) if t[j] < t[i]]


def ldr(s, t, temperature=1, margin=0.1, weights=None, presence=None):
    w, p = counts_of(t, weights, presence)
    winners = [i for i in range(len(t)) if t[i] > min(t)]
    value = 0
    for i in winners:
        rivals = lower(t, i)
        terms = [(s[j] + margin - s[i]) / temperature + math.log(p[j]) for j in rivals if p[j] > 0] + [0 * s[i]]
        size = 1 + sum(p[j] for j in rivals)
        value += w[i] / sum(w[k] for k in winners) * temperature * (log_sum(terms) - math.log(size))
    return value


def multi_similarity(s, t, alpha=2, beta=50, base=0.5):
    up = [0j] + [-alpha * (x - base) for x, label in zip(s, t) if label >= 1]
    down = [0j] + [beta * (x - base) for x, label in zip(s, t) if label < 1]
    return log_sum(up) / alpha + log_sum(down) / beta


def groco(s, t, negatives=10, steepness=1):
    rising = sorted(range(len(s)), key=lambda i: (s[i].real, i))
    low = [i for i in rising if t[i] < 1][-negatives:]
    high = [i for i in rising if t[i] >= 1]
    x = [s[i] for i in low + high]
    n = len(x)
    # Row i: how much of each item stands at place i.
    places = [[1 + 0j if i == j else 0j for j in range(n)] for i in range(n)]
    for layer in range(n):
        for a in range(layer % 2, n - 1, 2):
            b = a + 1
            keep = cmath.atan(steepness * (x[b] - x[a])) / math.pi + 0.5
            x[a], x[b] = keep * x[a] + (1 - keep) * x[b], (1 - keep) * x[a] + keep * x[b]
            places[a], places[b] = (
                [keep * u + (1 - keep) * v for u, v in zip(places[a], places[b])],
                [(1 - keep) * u + keep * v for u, v in zip(places[a], places[b])],
            )
    top = [sum(row[j] for row in places[len(low) :]) for j in range(n)]
    return -sum(cmath.log(u if j >= len(low) else 1 - u) for j, u in enumerate(top)) / n


# --- Items ---


def of_items(each):
    def loss(s, t, weights=None, presence=None, **settings):
        w, p = counts_of(t, weights, presence)
        share = [a * b for a, b in zip(w, p)]
        return sum(a * each(x, y, **settings) for a, x, y in zip(share, s, t)) / sum(share)

    return loss


def entropy(x, y):
    return y * softplus(-x) + (1 - y) * softplus(x)


def focal(x, y, gamma=2):
    away = magnitude(sigmoid(x) - y)
    return (away**gamma if gamma else 1) * entropy(x, y)


CASES = [
    ("rank-net", rank_net, [MIXED], [COUNTS]),
    ("first-rank-net", first_rank_net, [MIXED], [{}, COUNTS]),
    ("hinge", hinge, [MIXED, FAR], [{"scale": 0.7, "widest": 1.1}]),
    ("hinge", hinge, [MIXED], [COUNTS]),
    ("lambda-rank", lambda_rank, [MIXED, FAR], [{}, {"truncation": 2}, {"normalise": True}, {"normalise": True, "truncation": 1}]),
    ("ndcg-loss2", ndcg_loss(0), [MIXED], [{"cutoff": 4}]),
    ("ndcg-loss2++", ndcg_loss(1), [MIXED, FAR], [{"cutoff": 4, "mu": 2.5}]),
    ("lipo-lambda", lipo, [MIXED], [{"beta": 0.3, "reference": REFERENCE}]),
    ("kl", kl, [MIXED], [{"temperature": 2.5}]),
    ("list-mle", list_mle, [MIXED], [COUNTS]),
    ("position-list-mle", position_list_mle, [MIXED], [{"decay": "dcg"}, COUNTS]),
    ("pld", pld, [MIXED], [{"temperature": 0.5}, COUNTS]),
    ("irpo", irpo, [MIXED], [{"beta": 0.4, "reference": REFERENCE, "weights": COUNTS["weights"]}]),
    ("approx-ndcg", approx_ndcg, [MIXED, FAR], [{"sharpness": 4}]),
    ("neural-ndcg", neural_ndcg, [MIXED], [{"temperature": 0.5, "cutoff": 3}]),
    ("info-nce", contrast(lambda t, i: [j for j in range(len(t)) if t[j] <= t[i]], False), [MIXED], [{"temperature": 0.2}, COUNTS]),
    ("decoupled-softmax", contrast(lower, True), [MIXED, FAR], [{"temperature": 0.2}]),
    ("decoupled-softmax", contrast(lower, True), [MIXED], [COUNTS]),
    ("dcl", contrast(lower, False), [MIXED], [{"temperature": 0.2}, COUNTS]),
    ("ldr", ldr, [MIXED, FAR], [{"temperature": 0.3, "margin": 0.5}]),
    ("ldr", ldr, [MIXED], [COUNTS]),
    ("multi-similarity", multi_similarity, [MIXED, FAR], [{"alpha": 1, "beta": 5, "base": 0.1}]),
    ("groco", groco, [MIXED], [{"negatives": 2, "steepness": 4}]),
    ("mse", of_items(lambda x, y: (x - y) ** 2), [MIXED], [COUNTS]),
    ("bce", of_items(entropy), [CHANCES], [COUNTS]),
    ("focal", of_items(focal), [CHANCES], [{"gamma": 0}, {"gamma": 1}, {"gamma": 3}, COUNTS]),
]


def main():
    out = []
    for name, loss, lists, settings in CASES:
        for one in lists:
            for options in settings:
                at = lambda x: loss(x, one["t"], **options)
                s = [complex(x) for x in one["s"]]
                value = at(s)
                moved = [at([x + (1j * STEP if k == i else 0) for k, x in enumerate(s)]) for i in range(len(s))]
                entry = {"loss": name, "options": options, **one}
                if isinstance(value, tuple):
                    value, entry["hessian"] = value
                    moved = [x for x, _ in moved]
                grad = [complex(x).imag / STEP for x in moved]
                out.append({**entry, "value": complex(value).real, "grad": grad})
    json.dump(out, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
