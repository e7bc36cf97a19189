"""Near-duplicate search by datasketch: reads texts as JSON, prints the estimate for each copy and the seconds taken."""

import json
import sys
import time

import datasketch
from datasketch import MinHash, MinHashLSH


def sign(text):
    words = text.split(" ")
    minhash = MinHash(num_perm=128, seed=7)
    minhash.update_batch(
        [" ".join(words[i : i + 3]).encode() for i in range(max(1, len(words) - 2))]
    )
    return minhash


job = json.load(sys.stdin)
began = time.perf_counter()
lsh = MinHashLSH(num_perm=128, params=(16, 4))
originals = []
for number, text in enumerate(job["originals"]):
    signature = sign(text)
    originals.append(signature)
    lsh.insert(str(number), signature)
estimates = []
for number, text in enumerate(job["copies"]):
    signature = sign(text)
    met = str(number) in lsh.query(signature)
    estimates.append(originals[number].jaccard(signature) if met else 0)
seconds = time.perf_counter() - began
print(json.dumps({"version": datasketch.__version__, "seconds": seconds, "estimates": [float(e) for e in estimates]}))
