"""sentence-transformers on some texts: seconds to embed them. Prints one JSON object. Called by bench/dense.ts."""

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers import __version__ as version
from sentence_transformers.models import Normalize, Pooling, Transformer

job = json.load(sys.stdin)
torch.set_num_threads(job["threads"])

# Some copies of the weights lack the model's own config.json.
CONFIG = {
    "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": 384,
    "intermediate_size": 1536, "layer_norm_eps": 1e-12, "max_position_embeddings": 512,
    "num_attention_heads": 12, "num_hidden_layers": 6, "type_vocab_size": 2, "vocab_size": 30522,
    "pad_token_id": 0, "position_embedding_type": "absolute",
}
with tempfile.TemporaryDirectory() as copy:
    for name in ("model.safetensors", "tokenizer.json"):
        shutil.copy(Path(job["folder"], name), copy)
    Path(copy, "config.json").write_text(json.dumps(CONFIG))
    Path(copy, "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer", "do_lower_case": true}')
    modules = [Transformer(copy, max_seq_length=256), Pooling(384, pooling_mode="mean"), Normalize()]
    model = SentenceTransformer(modules=modules, device="cpu")

model.encode(job["texts"][:64])
seconds = []
for _ in range(job["repeats"]):
    start = time.perf_counter()
    model.encode(job["texts"], batch_size=32)
    seconds.append(time.perf_counter() - start)

json.dump({"version": version, "torch": torch.__version__, "seconds": seconds}, sys.stdout)
