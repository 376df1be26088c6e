"""What a user would write without this program: every question of a CSV through AsyncOpenAI and a semaphore.

python bench/plain.py BASE_URL CONCURRENCY q.csv answers.jsonl

No resume, no retries, no deadline, nothing on disk before it is done but what the buffer has let go.
"""

import asyncio
import csv
import json
import os
import sys
from typing import TextIO

from openai import AsyncOpenAI


async def ask(client: AsyncOpenAI, semaphore: asyncio.Semaphore, question: str, output: TextIO) -> None:
    """One question, one line."""
    async with semaphore:
        completion = await client.chat.completions.create(
            model="deepseek-flash",
            messages=[{"role": "user", "content": f"answer this question: {question}"}],
        )
    record = {"question": question, "answer": completion.choices[0].message.content}
    output.write(json.dumps(record, ensure_ascii=False) + "\n")


async def ask_all(base_url: str, limit: int, asked: list[str], output: TextIO) -> None:
    """Every question, at most `limit` at once."""
    semaphore = asyncio.Semaphore(limit)
    async with AsyncOpenAI(api_key=os.environ["DEEPSEEK_API_KEY"], base_url=base_url) as client:
        await asyncio.gather(*(ask(client, semaphore, question, output) for question in asked))


def main(base_url: str, limit: str, questions: str, answers: str) -> None:
    with open(questions, encoding="utf-8-sig", newline="") as stream:
        asked = [row["question"] for row in csv.DictReader(stream)]
    with open(answers, "w", encoding="utf-8") as output:
        asyncio.run(ask_all(base_url, int(limit), asked, output))


if __name__ == "__main__":
    main(*sys.argv[1:])
