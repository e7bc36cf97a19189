"""PyTorch on a MiniLM cross-encoder: seconds of each training step, or of scoring pairs. Prints one JSON object.
Called by bench/fine-tune.ts."""

import json
import sys
import time

import torch
import transformers

job = json.load(sys.stdin)
torch.set_num_threads(job["threads"])
transformers.logging.set_verbosity_error()


def timed(action, repeats):
    seconds, cpu = [], []
    for _ in range(repeats):
        start, start_cpu = time.perf_counter(), time.process_time()
        action()
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    return {"seconds": seconds, "cpu": cpu}


if job["task"] == "train":
    rate = job["dropout"]
    model = transformers.BertForSequenceClassification.from_pretrained(
        job["folder"], hidden_dropout_prob=rate, attention_probs_dropout_prob=rate)
    model.train()
    batch, length = job["batch"], job["length"]
    ids = torch.tensor(job["ids"]).reshape(batch, length)
    types, mask = torch.zeros_like(ids), torch.ones_like(ids)
    labels = (torch.arange(batch) % 2).float()
    # `fused` is the fastest of PyTorch's AdamWs on a CPU.
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-5, fused=True)
    losses = []

    def step():
        scores = model(input_ids=ids, token_type_ids=types, attention_mask=mask).logits[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, labels)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())

    timed(step, 3)
    result = timed(step, job["steps"]) | {"losses": losses}
else:
    from sentence_transformers import CrossEncoder
    model = CrossEncoder(job["folder"], device="cpu", max_length=job["length"])
    pairs = [tuple(pair) for pair in job["pairs"]]
    predict = lambda pairs: model.predict(pairs, batch_size=32, activation_fn=torch.nn.Identity())
    predict(pairs[:32])
    result = timed(lambda: predict(pairs), job["steps"]) | {"scores": [float(x) for x in predict(pairs)]}

versions = {"torch": torch.__version__, "transformers": transformers.__version__}
json.dump(result | versions, sys.stdout)
