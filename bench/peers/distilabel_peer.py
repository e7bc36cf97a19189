"""distilabel's TextGeneration over the same prompts and server: seconds from the first record in to the last one out."""

import json
import sys
import time

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import ChatGeneration

job = json.load(sys.stdin)


def main() -> None:
    with Pipeline(name="throughput") as pipeline:
        load = LoadDataFromDicts(data=[{"messages": messages} for messages in job["prompts"]], batch_size=job["batch"])
        write = ChatGeneration(
            llm=OpenAILLM(
                model="stub",
                base_url=job["baseUrl"],
                api_key="none",
                generation_kwargs={"max_new_tokens": 80, "temperature": 0.7},
            ),
            input_batch_size=job["batch"],
        )
        load >> write
    start = time.perf_counter()
    rows = pipeline.run(use_cache=False)["default"]["train"]
    seconds = time.perf_counter() - start
    import distilabel

    json.dump({"version": distilabel.__version__, "seconds": seconds, "rows": len(rows)}, sys.__stdout__)


if __name__ == "__main__":
    # What it prints on the way would spoil the answer.
    sys.stdout = sys.stderr
    main()
