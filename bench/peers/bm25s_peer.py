"""bm25s on one collection: indexing (tokenising included) and answering. Prints one JSON object. Called by bench/bm25.ts, which is timed on one thread."""

import json
import sys
import time

import bm25s
import Stemmer

job = json.load(sys.stdin)
corpus, queries, k, repeats = job["corpus"], job["queries"], job["k"], job["repeats"]
stemmer = Stemmer.Stemmer("english")
quiet = {"show_progress": False}

indexing = []
for _ in range(repeats):
    start = time.perf_counter()
    index = bm25s.BM25(k1=0.9, b=0.4, method="lucene")
    index.index(bm25s.tokenize(corpus, stopwords="en", stemmer=stemmer, **quiet), **quiet)
    indexing.append(time.perf_counter() - start)

answering = []
for _ in range(repeats):
    start = time.perf_counter()
    index.retrieve(bm25s.tokenize(queries, stopwords="en", stemmer=stemmer, **quiet), k=k, n_threads=job["threads"], **quiet)
    answering.append(time.perf_counter() - start)

json.dump({"version": bm25s.__version__, "indexing": indexing, "answering": answering}, sys.stdout)
