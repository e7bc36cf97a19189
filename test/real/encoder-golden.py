"""Writes test/fixtures/minilm-golden.json: what sentence-transformers says of some thirty texts.

    pip install torch sentence-transformers
    python test/real/encoder-golden.py FOLDER > test/fixtures/minilm-golden.json

FOLDER holds all-MiniLM-L6-v2's model.safetensors, tokenizer.json and vocab.txt. Some copies of the weights lack
the model's own config.json, so it is written here, as its card gives it.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Normalize, Pooling, Transformer

CONFIG = {
    "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": 384,
    "intermediate_size": 1536, "layer_norm_eps": 1e-12, "max_position_embeddings": 512,
    "num_attention_heads": 12, "num_hidden_layers": 6, "type_vocab_size": 2, "vocab_size": 30522,
    "pad_token_id": 0, "position_embedding_type": "absolute",
}

WORDS = "The reranker reads every passage beside the query and keeps what answers it best. "

TEXTS = [
    "", " ", "a", "The cat sat on the mat.", "A cat is sitting on a rug.", "the cat sat on the mat",
    "How do I reset my password?", "Steps to recover access to an account", "Quarterly revenue rose by 12.5%.",
    "0-dimensional biomaterials lack inductive properties.", "vitamin D deficiency in infants",
    "def quick_sort(xs):\n    return xs if len(xs) < 2 else quick_sort([x for x in xs[1:] if x < xs[0]])",
    "SELECT name FROM users WHERE id = 7;", "https://example.com/a/b?c=d&e=f", "naïve café, Ångström, coöperate",
    "NAIVE CAFE, ANGSTROM, COOPERATE", "北京是中国的首都", "東京は日本の首都です", "서울은 대한민국의 수도이다",
    "Москва — столица России", "القاهرة عاصمة مصر", "नई दिल्ली भारत की राजधानी है", "กรุงเทพเป็นเมืองหลวง",
    "I ❤️ 🐈‍⬛ and 🇫🇷!", "e\u0301 \u200b\u00ad\ufeff soft\u00adhyphen zero\u200bwidth", "\x00control\x07\tcharacters\r\n",
    "[CLS] special [SEP] tokens [MASK] in text [PAD]", "pneumonoultramicroscopicsilicovolcanoconiosis " * 3, "x" * 300,
    WORDS * 5, WORDS * 12, WORDS * 40, "№ ½ ² ﬁ Ⅷ ㎏", "İstanbul'da ıssız Straße", "don't can't it's we'll",
]


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as copy:
        for name in ("model.safetensors", "tokenizer.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json"):
            if (folder / name).exists():
                shutil.copy(folder / name, copy)
        Path(copy, "config.json").write_text(json.dumps(CONFIG))
        transformer = Transformer(copy, max_seq_length=256)
        model = SentenceTransformer(modules=[transformer, Pooling(384, pooling_mode="mean"), Normalize()], device="cpu")
        vectors = model.encode(TEXTS)
        tokens = [int(transformer.tokenizer(t, truncation=True, max_length=256, padding=False, return_tensors="np").input_ids.shape[1])
                  for t in TEXTS]
    cosines = vectors @ vectors.T
    json.dump({
        "model": "all-MiniLM-L6-v2",
        "texts": TEXTS,
        "tokens": tokens,
        # The lower triangle, row by row.
        "cosines": [[round(float(cosines[i, j]), 4) for j in range(i)] for i in range(len(TEXTS))],
        # The first three components of each vector.
        "heads": [[round(float(x), 4) for x in vector[:3]] for vector in vectors],
    }, sys.stdout, ensure_ascii=True)


main(Path(sys.argv[1]))
