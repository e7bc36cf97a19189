"""Loads a folder that `rankforge export` wrote with the tools that it was written for.

    python conformance.py FOLDER [NAME ...]

One JSON line a check: its name, `passed`, `failed` or `skipped` (a package is not there), and what was seen. Exit code 1 if
one failed. Models are tiny, random and built here: no weights are downloaded and no network is asked for.
"""

import contextlib
import importlib.util
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false", WANDB_DISABLED="true")
os.environ["HF_HOME"] = tempfile.mkdtemp()

FOLDER = Path(sys.argv[1])
MANIFEST = json.loads((FOLDER / "export.json").read_text())
FILES = {entry["format"]: entry["files"] for entry in MANIFEST["formats"]}
EXAMPLES = [json.loads(line) for path in sorted((FOLDER / "examples").glob("*.jsonl")) for line in path.open()]
BY_ID = {example["query"]["id"]: example for example in EXAMPLES}
CHECKS = {}


def check(name, *packages):
    """Registers a check, and the packages without which it is skipped."""

    def register(function):
        CHECKS[name] = (function, packages)
        return function

    return register


def text_of(passage):
    title, text = passage.get("title"), passage["text"]
    return f"{title}\n{text}" if title and text else title or text


def query_of(query):
    return f"{query['text']} {query['instruction']}" if query.get("instruction") else query["text"]


def relevant(example):
    return [item for item in example["passages"] if item["grade"] >= 2]


def of_split(split):
    return [example for example in EXAMPLES if example["split"] == split]


def rows_of(name, split):
    return sum(file["rows"] for file in FILES[name] if file["split"] == split and "rows" in file)


def load(name, split="train"):
    """A format's rows: as the card of the folder declares them, or, where it is of another file type, by that type's reader."""
    import datasets

    if f"config_name: {name}\n" in (FOLDER / "README.md").read_text():
        loaded = datasets.load_dataset(str(FOLDER), name)
    else:
        paths = {file["split"]: str(FOLDER / file["path"]) for file in FILES[name]}
        loaded = datasets.load_dataset("parquet" if name == "parquet" else "json", data_files=paths)
    assert {split: len(rows) for split, rows in loaded.items()} == {
        file["split"]: file["rows"] for file in FILES[name]
    }, loaded
    return loaded[split]


def tiny_tokenizer():
    """A word-level tokenizer over the texts of the set."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    texts = [text for example in EXAMPLES for text in [query_of(example["query"])] + [text_of(item["passage"]) for item in example["passages"]]]
    split = pre_tokenizers.Whitespace()
    words = sorted({word.lower() for text in texts for word, _ in split.pre_tokenize_str(text)})
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(special + [w for w in words if w not in special])}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = split
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]",
        eos_token="[SEP]", model_max_length=256,
    )


def tiny_bert(folder, **more):
    """A random encoder of two layers, saved as a checkpoint."""
    from transformers import BertConfig, BertForSequenceClassification, BertModel

    tokenizer = tiny_tokenizer()
    config = BertConfig(vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=256, **more)
    (BertForSequenceClassification if more else BertModel)(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def steps(folder):
    """Settings of a trainer that does two steps and tells nobody."""
    return dict(output_dir=str(folder), max_steps=2, per_device_train_batch_size=4, report_to=[], save_strategy="no", use_cpu=True, disable_tqdm=True, logging_steps=1)


def loss_of(trainer):
    import math

    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert losses and all(math.isfinite(loss) for loss in losses), losses
    return losses


def bi_encoder(shape, make_loss, columns):
    def run(folder):
        from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments, models

        rows = load(f"sentence-transformers-{shape}")
        assert list(rows.column_names) == columns(rows), rows.column_names
        transformer = models.Transformer(tiny_bert(folder / "bert"))
        model = SentenceTransformer(modules=[transformer, models.Pooling(16)], device="cpu")
        trainer = SentenceTransformerTrainer(model=model, args=SentenceTransformerTrainingArguments(**steps(folder)), train_dataset=rows, loss=make_loss(model))
        trainer.train()
        return {"rows": len(rows), "losses": loss_of(trainer)}

    check(f"sentence-transformers-{shape}", "sentence_transformers", "datasets")(run)


def losses():
    from sentence_transformers import losses as known

    return known


bi_encoder("pairs", lambda model: losses().MultipleNegativesRankingLoss(model), lambda _: ["anchor", "positive"])
bi_encoder("triplets", lambda model: losses().MultipleNegativesRankingLoss(model), lambda _: ["anchor", "positive", "negative"])
bi_encoder("tuples", lambda model: losses().MultipleNegativesRankingLoss(model), lambda rows: ["anchor", "positive", *[f"negative_{n + 1}" for n in range(len(rows.column_names) - 2)]])
bi_encoder("scored", lambda model: losses().CosineSimilarityLoss(model), lambda _: ["sentence1", "sentence2", "score"])
bi_encoder("margins", lambda model: losses().MarginMSELoss(model), lambda _: ["anchor", "positive", "negative", "score"])


@check("sentence-transformers-listwise", "sentence_transformers", "datasets")
def listwise(folder):
    from sentence_transformers.cross_encoder import CrossEncoder, CrossEncoderTrainer, CrossEncoderTrainingArguments
    from sentence_transformers.cross_encoder.losses import LambdaLoss

    rows = load("sentence-transformers-listwise")
    first = of_split("train")[0]
    assert rows[0]["docs"] == [text_of(item["passage"]) for item in first["passages"]], rows[0]
    assert rows[0]["labels"] == [item["grade"] for item in first["passages"]], rows[0]
    model = CrossEncoder(tiny_bert(folder / "bert", num_labels=1), device="cpu")
    trainer = CrossEncoderTrainer(model=model, args=CrossEncoderTrainingArguments(**steps(folder)), train_dataset=rows, loss=LambdaLoss(model))
    trainer.train()
    return {"rows": len(rows), "losses": loss_of(trainer)}


@check("flag-embedding", "FlagEmbedding", "datasets")
def flag_embedding(folder):
    from dataclasses import replace

    from FlagEmbedding.abc.finetune.embedder.AbsArguments import AbsEmbedderDataArguments
    from FlagEmbedding.abc.finetune.embedder.AbsDataset import AbsEmbedderTrainDataset
    from FlagEmbedding.abc.finetune.reranker.AbsArguments import AbsRerankerDataArguments
    from FlagEmbedding.abc.finetune.reranker.AbsDataset import AbsRerankerTrainDataset
    import torch.distributed as dist

    if not dist.is_initialized():
        dist.init_process_group("gloo", init_method=f"file://{folder}/group", rank=0, world_size=1)
    path = str(FOLDER / "flag-embedding" / "train.jsonl")
    tokenizer = tiny_tokenizer()
    embedder = AbsEmbedderDataArguments(train_data=[path], cache_path=str(folder), train_group_size=3)
    embedder.query_instruction_for_retrieval = "Find what answers this."
    pairs = [AbsEmbedderTrainDataset(embedder, tokenizer)[index] for index in range(rows_of("flag-embedding", "train"))]
    assert all(len(passages) == 3 and "None" not in query for query, passages, _ in pairs), pairs
    if not any("teacherScore" in item for example in EXAMPLES for item in example["passages"]):
        return {"rows": len(pairs), "with scores": 0}
    reranker = AbsRerankerDataArguments(train_data=[path], cache_path=str(folder), train_group_size=3, knowledge_distillation=True)
    scored = AbsRerankerTrainDataset(reranker, tokenizer)
    try:
        scores = [scored[index][1] for index in range(len(scored))]
        assert all(isinstance(score, float) for row in scores for score in row), scores
    except AttributeError as error:
        # Encoding of pairs by an interface that newer tokenizers have no more; the rows were read before it.
        if "prepare_for_model" not in str(error):
            raise
        scores = [row["pos_scores"] + row["neg_scores"] for row in scored.dataset]
        assert all(isinstance(score, float) for row in scores for score in row), scores
    return {"rows": len(pairs), "with scores": len(scores)}


@check("tevatron", "tevatron", "datasets")
def tevatron(folder):
    import datasets
    from tevatron.datasets.preprocessor import TrainPreProcessor

    rows = datasets.load_dataset("json", data_files=str(FOLDER / "tevatron" / "train.jsonl"), split="train", cache_dir=str(folder))
    process = TrainPreProcessor(tiny_tokenizer())
    made = [process(row) for row in rows]
    for row, ready in zip(rows, made):
        expected = {item["passage"]["id"] for item in relevant(BY_ID[row["query_id"]])}
        assert {passage["docid"] for passage in row["positive_passages"]} == expected, row
        assert len(ready["positives"]) == len(expected) and ready["negatives"] and ready["query"], ready
    return {"rows": len(made)}


@check("rankllm")
def rankllm(_):
    # The trainer is a script of RankLLM's repository and not of its package. This is how it takes a file: one JSON array, three
    # turns, and letters in the reply that number the passages from A on.
    count = 0
    for file in FILES["rankllm"]:
        for record in json.loads((FOLDER / file["path"]).read_text()):
            turns = record["conversations"]
            assert [turn["from"] for turn in turns] == ["system", "human", "gpt"], turns
            order = [sign for sign in turns[2]["value"] if sign.isalpha()]
            assert sorted(order) == [chr(ord("A") + at) for at in range(len(order))], order
            ranked = [record["docids"][ord(label) - ord("A")] for label in order]
            items = {item["passage"]["id"]: item for item in BY_ID[record["id"]]["passages"]}
            assert set(ranked) == set(items), ranked
            # By the teacher where there was one, else by grade.
            key = (lambda id: items[id]["teacherRank"]) if all("teacherRank" in item for item in items.values()) else (lambda id: -items[id]["grade"])
            assert ranked == sorted(ranked, key=key), ranked
            count += 1
    return {"rows": count}


@check("msmarco", "ir_measures")
def msmarco(_):
    import ir_measures

    count = 0
    for split in {example["split"] for example in EXAMPLES}:
        qrels = list(ir_measures.read_trec_qrels(str(FOLDER / "msmarco" / f"qrels.{split}.tsv")))
        assert len(qrels) == sum(len(example["passages"]) for example in of_split(split)), split
        collection = dict(line.rstrip("\n").split("\t") for line in (FOLDER / "msmarco" / "collection.tsv").open(newline="\n"))
        assert all(judgement.doc_id in collection for judgement in qrels)
        triples = [line.rstrip("\n").split("\t") for line in (FOLDER / "msmarco" / f"triples.{split}.tsv").open()]
        assert all(len(triple) == 3 for triple in triples)
        count += len(triples)
    return {"triples": count, "passages": len(collection)}


@check("beir", "beir")
def beir(_):
    from beir.datasets.data_loader import GenericDataLoader

    count = 0
    for split in {example["split"] for example in EXAMPLES}:
        corpus, queries, qrels = GenericDataLoader(data_folder=str(FOLDER / "beir")).load(split=split)
        assert set(qrels) == {example["query"]["id"] for example in of_split(split)}
        for query, judged in qrels.items():
            assert queries[query] == BY_ID[query]["query"]["text"]
            for item in BY_ID[query]["passages"]:
                passage = item["passage"]
                assert judged[passage["id"]] == item["grade"]
                assert corpus[passage["id"]]["text"] == passage["text"]
                assert corpus[passage["id"]].get("title", "") == passage.get("title", "")
                count += 1
    return {"judgements": count}


@check("trec", "ir_measures")
def trec(_):
    import ir_measures
    from ir_measures import nDCG

    figures = {}
    for split in sorted({example["split"] for example in EXAMPLES}):
        qrels = list(ir_measures.read_trec_qrels(str(FOLDER / "trec" / f"qrels.{split}.txt")))
        path = FOLDER / "trec" / f"run.{split}.txt"
        scored = any("teacherScore" in item for example in of_split(split) for item in example["passages"])
        assert path.exists() == scored, path
        run = list(ir_measures.read_trec_run(str(path))) if scored else []
        topics = dict(line.rstrip("\n").split("\t") for line in (FOLDER / "trec" / f"topics.{split}.tsv").open())
        assert set(topics) == {judgement.query_id for judgement in qrels}
        assert {(line.query_id, line.doc_id) for line in run} == {
            (example["query"]["id"], item["passage"]["id"])
            for example in of_split(split) for item in example["passages"] if "teacherScore" in item
        }
        figures[split] = ir_measures.calc_aggregate([nDCG @ 10], qrels, run)[nDCG @ 10] if scored else "no teacher"
    return {"nDCG@10 of the teacher": figures}


@check("llamaindex", "llama_index.finetuning")
def llamaindex(_):
    # The package imports every trainer that it knows; the class alone is in this file.
    package = Path(importlib.util.find_spec("llama_index.finetuning").origin).parent
    spec = importlib.util.spec_from_file_location("finetuning_common", package / "embeddings" / "common.py")
    common = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(common)
    count = 0
    for file in FILES["llamaindex"]:
        loaded = common.EmbeddingQAFinetuneDataset.from_json(str(FOLDER / file["path"]))
        for query, (text, passages) in zip(loaded.queries, loaded.query_docid_pairs):
            example = BY_ID[query]
            assert text == query_of(example["query"])
            assert set(passages) == {item["passage"]["id"] for item in relevant(example)}
            assert all(loaded.corpus[item["passage"]["id"]] == text_of(item["passage"]) for item in example["passages"])
            count += 1
    return {"pairs": count}


def tiny_chat(folder):
    """A random decoder with a chat template."""
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
    config = LlamaConfig(vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2, intermediate_size=32, max_position_embeddings=2048, pad_token_id=0, eos_token_id=3)
    model = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder), tokenizer


@check("sft", "trl", "datasets")
def sft(folder):
    from trl import SFTConfig, SFTTrainer

    rows = load("sft")
    assert all([message["role"] for message in row["messages"]][-1] == "assistant" for row in rows)
    thought = [row for row in rows if row["messages"][-1]["content"].startswith("<think>")]
    assert len(thought) == sum("thinking" in example for example in of_split("train")), thought
    model, tokenizer = tiny_chat(folder / "chat")
    trainer = SFTTrainer(model=model, args=SFTConfig(**steps(folder), max_length=512, bf16=False), train_dataset=rows, processing_class=tokenizer)
    trainer.train()
    return {"rows": len(rows), "with thinking": len(thought), "losses": loss_of(trainer)}


@check("dpo", "trl", "datasets")
def dpo(folder):
    from trl import DPOConfig, DPOTrainer

    rows = load("dpo")
    assert all(row["chosen"][0]["content"] != row["rejected"][0]["content"] for row in rows)
    model, tokenizer = tiny_chat(folder / "chat")
    trainer = DPOTrainer(model=model, args=DPOConfig(**steps(folder), max_length=2048, bf16=False), train_dataset=rows, processing_class=tokenizer)
    trainer.train()
    return {"rows": len(rows), "losses": loss_of(trainer)}


@check("parquet", "datasets", "pyarrow")
def parquet(_):
    rows = [row for split in {example["split"] for example in EXAMPLES} for row in load("parquet", split)]
    assert len(rows) == len(EXAMPLES)
    for row in rows:
        example = BY_ID[row["query_id"]]
        assert row["query"] == example["query"]["text"] and row["instruction"] == example["query"].get("instruction")
        assert row["ledger_keys"] == example["ledgerKeys"]
        assert len(row["passages"]) == len(example["passages"])
        for got, item in zip(row["passages"], example["passages"]):
            passage = item["passage"]
            assert (got["id"], got["title"], got["text"]) == (passage["id"], passage.get("title"), passage["text"]), got
            assert (got["grade"], got["teacher_score"], got["teacher_rank"]) == (item["grade"], item.get("teacherScore"), item.get("teacherRank")), got
            assert (json.loads(got["metadata"]) if got["metadata"] else None) == passage.get("metadata"), got
    return {"rows": len(rows)}


@check("dataset-card", "huggingface_hub")
def dataset_card(_):
    from huggingface_hub import DatasetCard

    card = DatasetCard.load(FOLDER / "README.md")
    data = card.data.to_dict()
    names = [config["config_name"] for config in data["configs"]]
    assert set(names) <= set(FILES) and data["task_categories"], data
    return {"configs": len(names), "size": data["size_categories"]}


@check("croissant", "mlcroissant")
def croissant(_):
    import mlcroissant

    dataset = mlcroissant.Dataset(str(FOLDER / "croissant.json"))
    issues = dataset.metadata.ctx.issues
    assert not issues.errors, issues.report()
    counts = {}
    for record_set in dataset.metadata.record_sets:
        name, split = record_set.uuid.rsplit("/", 1)
        records = list(dataset.records(record_set.uuid))
        assert len(records) == rows_of(name, split), (record_set.uuid, len(records))
        counts[record_set.uuid] = len(records)
    first = next(iter(dataset.records("parquet/train")))
    example = BY_ID[first["parquet/train/query_id"].decode()]
    texts = [text.decode() for text in first["parquet/train/passages.text"]]
    assert texts == [item["passage"]["text"] for item in example["passages"]], first
    return {"record sets": len(counts), "records": sum(counts.values()), "warnings": sorted(issues.warnings)}


def missing(packages):
    def absent(package):
        try:
            return importlib.util.find_spec(package) is None
        except ModuleNotFoundError:
            return True

    return [package for package in packages if absent(package)]


def main():
    failed = False
    for name in sys.argv[2:] or CHECKS:
        function, packages = CHECKS[name]
        lacking = missing(packages)
        if FILES.get(name) == []:
            # Margins need a teacher's scores, for instance.
            result = {"check": name, "result": "skipped", "seen": "the set has nothing for it"}
        elif lacking:
            result = {"check": name, "result": "skipped", "seen": f"needs {', '.join(lacking)}"}
        else:
            try:
                # Trainers print to stdout, where only results belong.
                with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
                    result = {"check": name, "result": "passed", "seen": function(Path(folder))}
            except Exception as error:
                failed = True
                result = {"check": name, "result": "failed", "seen": f"{type(error).__name__}: {error}"[:2000]}
                traceback.print_exc()
        print(json.dumps(result, default=str, ensure_ascii=False), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
