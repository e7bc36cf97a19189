"""Writes golden.json: what other systems make of fixed lists, for golden.test.ts.

Run in a Python that has torch 2.13.0, pytorch-metric-learning 2.9.0, diffsort 0.2.0, numpy and allRank 1.4.3 (install that one with
--no-deps: its own pins are of 2020):  python make-golden.py > golden.json

Each entry has a value and a gradient by PyTorch's autograd, in double precision but for allRank, whose constants are float32. `allrank`, `metric-learning` and `diffsort` are
those packages' own functions; `torch` entries are PyTorch's functions, or the paper's formula written out with them.
"""

import itertools
import json
import math
import sys
import types

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)

LISTS = [
    {"s": [0.3, -1.2, 2.1, 0.7, -0.4], "t": [3.0, 0.0, 1.0, 2.0, 0.0]},
    {"s": [1.5, 0.2, -0.9, 0.05, 2.2, -2.0, 0.6, -0.1], "t": [0.0, 3.0, 1.0, 0.0, 0.0, 2.0, 1.0, 0.0]},
    {"s": [0.9, -0.3, 0.4], "t": [0.0, 1.0, 0.0]},
]
DISTINCT = [
    {"s": [0.3, -1.2, 2.1, 0.7, -0.4], "t": [1.9, -0.3, 0.8, 2.7, -1.1]},
    {"s": [1.5, 0.2, -0.9, 0.05, 2.2, -2.0], "t": [-0.7, 2.9, 1.2, 0.1, -1.6, 2.0]},
]
CHANCES = [{"s": [0.3, -1.2, 2.1, 0.7], "t": [1.0, 0.0, 0.25, 0.9]}, {"s": [-3.0, 4.0], "t": [1.0, 0.0]}]
COSINES = [{"s": [0.62, 0.48, 0.55, 0.3, 0.7], "t": [1.0, 0.0, 1.0, 0.0, 0.0]}]


def discount(ranks):
    return 1 / torch.log2(1 + ranks)


def ranks_of(x):
    order = torch.argsort(-x, stable=True)
    ranks = torch.empty_like(order)
    ranks[order] = torch.arange(1, len(x) + 1)
    return ranks.double()


def pairs(t):
    n = len(t)
    return [(i, j) for i in range(n) for j in range(n) if t[i] > t[j]]


# --- From other packages ---


def allrank_losses():
    # Of these two modules the losses use a constant and the name of a device; to load them takes torchvision and Google's storage.
    loading = types.ModuleType("allrank.data.dataset_loading")
    loading.PADDED_Y_VALUE = -1
    utils = types.ModuleType("allrank.models.model_utils")
    utils.get_torch_device = lambda: torch.device("cpu")
    sys.modules |= {"allrank.data.dataset_loading": loading, "allrank.models.model_utils": utils}

    from allrank.models.losses.neuralNDCG import neuralNDCG
    from allrank.models.losses.approxNDCG import approxNDCGLoss
    from allrank.models.losses.lambdaLoss import lambdaLoss
    from allrank.models.losses.listMLE import listMLE
    from allrank.models.losses.listNet import listNet
    from allrank.models.losses.rankNet import rankNet

    row = lambda x: x.unsqueeze(0)

    def scheme(name, **more):
        return lambda s, t: lambdaLoss(
            row(s), row(t), eps=1e-300, weighing_scheme=name, reduction_log="natural", **more
        )

    return {
        # Its value is −nDCG, ours 1 − nDCG.
        "approx-ndcg": (LISTS, lambda s, t: 1 + approxNDCGLoss(row(s), row(t))),
        "neural-ndcg": (LISTS, lambda s, t: 1 + neuralNDCG(row(s.float()), row(t.float()))),
        "ndcg-loss2": (LISTS, scheme("ndcgLoss2_scheme")),
        "ndcg-loss2++": (LISTS, scheme("ndcgLoss2PP_scheme")),
        "list-mle": (DISTINCT, lambda s, t: listMLE(row(s), row(t), eps=0.0) / len(s)),
        "list-net": (LISTS, lambda s, t: listNet(row(s), row(t), eps=0.0)),
        "rank-net": (LISTS, lambda s, t: rankNet(row(s), row(t))),
    }


def metric_learning_losses():
    from pytorch_metric_learning.losses import MultiSimilarityLoss, SupConLoss

    # The package takes a matrix of similarities and indexes of positive and negative pairs of an anchor; ours is one row.
    def masks(t):
        positive = (t >= 1).double().unsqueeze(0)
        return positive, 1 - positive

    def multi_similarity(s, t):
        positive, negative = masks(t)
        return MultiSimilarityLoss()._compute_loss(s.unsqueeze(0), positive, negative)["loss"]["losses"].mean()

    def sup_con(s, t):
        positive, negative = masks(t)
        return SupConLoss(temperature=1.0)._compute_loss(s.unsqueeze(0), positive, negative)["loss"]["losses"].mean()

    return {"multi-similarity": (COSINES, multi_similarity), "info-nce": (COSINES, sup_con)}


def diffsort_losses():
    import diffsort

    def groco(s, t):
        low = torch.sort(s[t < 1]).values[-10:]
        high = torch.sort(s[t >= 1]).values
        sorter = diffsort.DiffSortNet(
            sorting_network_type="odd_even", size=len(low) + len(high), distribution="cauchy", steepness=1.0
        )
        _, permutation = sorter(torch.cat((low, high)).unsqueeze(0))
        top = permutation[0, :, len(low):].sum(dim=1)
        wanted = torch.cat((torch.zeros_like(low), torch.ones_like(high)))
        return F.binary_cross_entropy(top.clamp(0, 1), wanted)

    return {"groco": (LISTS, groco)}


# --- PyTorch's own, and formulas of papers ---


def suffix_choices(s, order, weights):
    x = s[order]
    return sum(w * (torch.logsumexp(x[k:], 0) - x[k]) for k, w in enumerate(weights) if w > 0)


def p_list_mle(s, t):
    n = len(s)
    weights = [2.0 ** (n - k) - 1 for k in range(1, n + 1)]
    return suffix_choices(s, torch.argsort(-t, stable=True), [w / sum(weights) for w in weights])


def pld(s, t):
    order = torch.argsort(-t, stable=True)
    return suffix_choices(s, order, torch.softmax(t, 0)[order].tolist())


def irpo(s, t):
    weights = discount(ranks_of(t))
    weights = weights / weights.sum()
    total = 0
    for i in range(len(s)):
        z = -torch.logsumexp(torch.stack([s[j] - s[i] for j in range(len(s)) if j != i]), 0)
        total = total - weights[i] * F.logsigmoid(z)
    return total


def lipo(s, t):
    gains, ranks = 2**t - 1, ranks_of(s.detach())
    return sum(
        (gains[i] - gains[j])
        * abs(1 / math.log(1 + ranks[i]) - 1 / math.log(1 + ranks[j]))
        * F.softplus(s[j] - s[i])
        for i, j in pairs(t)
    )


def first_rank_net(s, t):
    ranks = ranks_of(t)
    weights = [1 / (ranks[i] + ranks[j]) for i, j in pairs(t)]
    return sum(w * F.softplus(s[j] - s[i]) for w, (i, j) in zip(weights, pairs(t))) / sum(weights)


def hinge(s, t):
    ordered = pairs(t)
    return sum(F.relu(min(3.0, float(t[i] - t[j])) - (s[i] - s[j])) for i, j in ordered) / len(ordered)


def margin_mse(s, t):
    both = list(itertools.combinations(range(len(s)), 2))
    return F.mse_loss(
        torch.stack([s[i] - s[j] for i, j in both]), torch.stack([t[i] - t[j] for i, j in both])
    )


def focal(s, t):
    q = torch.sigmoid(s)
    return ((t - q).abs() ** 2 * F.binary_cross_entropy_with_logits(s, t, reduction="none")).mean()


def contrast(negatives_of, own):
    def loss(s, t):
        winners = [i for i in range(len(s)) if t[i] > t.min()]
        terms = []
        for i in winners:
            rest = [s[j] for j in range(len(s)) if negatives_of(t, i, j)]
            terms.append(torch.logsumexp(torch.stack(rest + ([s[i]] if own else [])), 0) - s[i])
        return sum(terms) / len(terms)

    return loss


def ldr(s, t):
    winners = [i for i in range(len(s)) if t[i] > t.min()]
    terms = []
    for i in winners:
        x = torch.stack([s[i] - s[i]] + [s[j] + 0.1 - s[i] for j in range(len(s)) if t[j] < t[i]])
        terms.append(torch.logsumexp(x, 0) - math.log(len(x)))
    return sum(terms) / len(terms)


def torch_losses():
    return {
        "mse": (DISTINCT, F.mse_loss),
        "bce": (CHANCES, F.binary_cross_entropy_with_logits),
        "focal": (CHANCES, focal),
        "kl": (DISTINCT, lambda s, t: F.kl_div(torch.log_softmax(s, 0), torch.softmax(t, 0), reduction="sum")),
        "margin-mse": (DISTINCT, margin_mse),
        "hinge": (LISTS, hinge),
        "first-rank-net": (DISTINCT, first_rank_net),
        "lipo-lambda": (LISTS, lipo),
        "position-list-mle": (DISTINCT, p_list_mle),
        "pld": (DISTINCT, pld),
        "irpo": (DISTINCT, irpo),
        "decoupled-softmax": (LISTS, contrast(lambda t, i, j: t[j] < t[i], True)),
        "dcl": (LISTS, contrast(lambda t, i, j: t[j] < t[i], False)),
        "info-nce": (LISTS, contrast(lambda t, i, j: t[j] <= t[i], False)),
        "ldr": (LISTS, ldr),
        "z-loss": (LISTS, lambda s, t: torch.logsumexp(s, 0) ** 2),
    }


# --- Losses of a batch ---


def wasserstein(scores, labels):
    """The definition, by eigenvalues of the covariances themselves rather than by singular values."""
    width = max(len(s) for s in scores)

    def rows(of):
        out = []
        for s, t in zip(scores, labels):
            order = torch.argsort(-t, stable=True)
            out.append(F.pad(torch.softmax(of(s, t), 0)[order], (0, width - len(s))))
        return torch.stack(out)

    x, y = rows(lambda s, t: s), rows(lambda s, t: t)
    cx, cy = torch.cov(x.T), torch.cov(y.T)
    # Tr (CX CY)^1/2 by the symmetric root of CY; a constant under the root's smooths what is exactly 0.
    values, vectors = torch.linalg.eigh(cy)
    root = vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T
    inner = torch.linalg.eigvalsh(root @ cx @ root)
    trace = inner[inner > 1e-13].sqrt().sum()
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + torch.trace(cx + cy) - 2 * trace


def mann_whitney(scores, labels):
    s, t = torch.cat(scores), torch.cat(labels)
    return F.softplus(s[t < 1][None, :] - s[t >= 1][:, None]).mean()


BATCH = [
    {"s": [0.3, -1.2, 2.1, 0.7], "t": [3.0, 0.0, 1.0, 2.0]},
    {"s": [1.5, 0.2, -0.9, 0.05], "t": [0.0, 3.0, 1.0, 2.0]},
    {"s": [0.9, -0.3, 0.4], "t": [0.0, 1.0, 2.0]},
]


def main():
    out = {"lists": [], "batches": []}
    sources = {
        "allrank 1.4.3": allrank_losses(),
        "pytorch-metric-learning 2.9.0": metric_learning_losses(),
        "diffsort 0.2.0": diffsort_losses(),
        "torch 2.13.0": torch_losses(),
    }
    for source, losses in sources.items():
        for name, (lists, loss) in losses.items():
            for one in lists:
                s = torch.tensor(one["s"], requires_grad=True)
                value = loss(s, torch.tensor(one["t"]))
                value.backward()
                out["lists"].append(
                    {"loss": name, "source": source, **one, "value": value.item(), "grad": s.grad.tolist()}
                )
    for name, loss in {"wasserstein": wasserstein, "mann-whitney": mann_whitney}.items():
        scores = [torch.tensor(one["s"], requires_grad=True) for one in BATCH]
        value = loss(scores, [torch.tensor(one["t"]) for one in BATCH])
        value.backward()
        out["batches"].append(
            {
                "loss": name,
                "source": "torch 2.13.0",
                "lists": BATCH,
                "value": value.item(),
                "grads": [s.grad.tolist() for s in scores],
            }
        )
    json.dump(out, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
