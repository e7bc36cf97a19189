"""
Writes bert-training.json: twenty steps of AdamW on a small cross-encoder, as transformers and PyTorch take them.

    pip install torch transformers
    python test/distill/neural/golden/train_bert.py > test/distill/neural/golden/bert-training.json

Weights and batch come from formulas, so that another implementation can start from the same ones.
"""

import json
import math

import torch
from transformers import BertConfig, BertForSequenceClassification

STEPS = 20
SIZES = dict(vocab_size=50, max_position_embeddings=12, type_vocab_size=3, hidden_size=16,
             intermediate_size=40, num_hidden_layers=2, num_attention_heads=2, layer_norm_eps=1e-12)
WATCHED = ["classifier.weight", "bert.embeddings.word_embeddings.weight", "bert.embeddings.LayerNorm.weight",
           "bert.encoder.layer.0.attention.self.query.weight", "bert.encoder.layer.1.attention.self.value.bias",
           "bert.encoder.layer.1.intermediate.dense.weight", "bert.embeddings.position_embeddings.weight"]

config = BertConfig(**SIZES, hidden_act="gelu", num_labels=1, hidden_dropout_prob=0, attention_probs_dropout_prob=0)
model = BertForSequenceClassification(config)
parameters = dict(model.named_parameters())
for index, name in enumerate(sorted(parameters)):
    weight = parameters[name]
    centre = 1 if name.endswith("LayerNorm.weight") else 0
    values = [centre + 0.2 * math.sin(0.7 * i + index) for i in range(weight.numel())]
    weight.data = torch.tensor(values, dtype=torch.float32).reshape(weight.shape)

rows, length = 6, 9
# Never id 0, the padding, whose row PyTorch does not train.
ids = torch.tensor([[1 + (7 * row + 3 * i + row * i) % 49 for i in range(length)] for row in range(rows)])
types = torch.tensor([[(row + i) % 3 for i in range(length)] for row in range(rows)])
mask = torch.tensor([[int(i < length - row % 4) for i in range(length)] for row in range(rows)])
labels = torch.tensor([math.cos(row) for row in range(rows)])

decayed = [p for p in parameters.values() if p.dim() > 1]
others = [p for p in parameters.values() if p.dim() == 1]
optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0}],
                              lr=2e-3, eps=1e-6)
# Warm-up over 4 of the steps, then straight down, never 0: what rankforge's schedule gives.
rates = [2e-3 * (step / 4 if step <= 4 else 1 - (step - 5) / (STEPS - 4)) for step in range(1, STEPS + 1)]

steps = []
for rate in rates:
    for group in optimiser.param_groups:
        group["lr"] = rate
    scores = model(input_ids=ids, token_type_ids=types, attention_mask=mask).logits[:, 0]
    loss = ((scores - labels) ** 2).mean()
    optimiser.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
    optimiser.step()
    steps.append({
        "loss": loss.item(),
        "norm": norm.item(),
        "weights": {name: [round(x, 7) for x in parameters[name].flatten()[:40:13].tolist()] for name in WATCHED},
    })
print(json.dumps({"torch": torch.__version__, "scores": scores.tolist(), "steps": steps}, indent=1))
