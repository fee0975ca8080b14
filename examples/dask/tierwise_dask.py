#!/usr/bin/env python3
"""Fits the layers of a plan on a Dask cluster.

    python3 tierwise_dask.py digits.tiers --scheduler tcp://host:8786 --shards 16 --out digits.fitted.onnx

Dask schedules, retries and moves work away from workers that die; Tierwise computes. A shard is one call of `tierwise stats` on a
worker, a layer is the merge of its shards, and layers follow each other, because each reads what the fitted ones below compute.
All workers need Tierwise, the plan with its model and data, and the work folder under the same paths (a shared file system).
"""

import argparse
import json
import pathlib
import shlex
import subprocess
import sys

from distributed import Client


class TierwiseError(Exception):
    """What the command refused; `code` is stable."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def tierwise(command, *words):
    """Runs the command and returns its JSON document. Raises TierwiseError for what it refuses."""
    ran = subprocess.run([*command, *map(str, words), "--json", "--quiet"], capture_output=True, text=True)
    try:
        document = json.loads(ran.stdout)
    except ValueError:
        # Killed, or no Tierwise at all: another try, perhaps elsewhere, may do.
        raise RuntimeError(f"{command[0]} ended with {ran.returncode}: {ran.stderr[-400:]}") from None
    if ran.returncode != 0:
        error = document["error"]
        raise TierwiseError(error["code"], f"{error['code']}: {error['message']} {error['advice']}")
    return document


def on_worker(command, *words):
    """The command on a worker. What it refuses is an answer, which Dask must not try again; what kills it is an exception.

    Output files appear whole or not at all, so a second try does no harm.
    """
    try:
        return tierwise(command, *words), None
    except TierwiseError as error:
        return None, (error.code, str(error))


def answer(outcome):
    """The document of a call on a worker. Raises TierwiseError for what it refused."""
    document, refused = outcome
    if refused is None:
        return document
    raise TierwiseError(*refused)


def layer_sums(client, command, plan, shards, folder, name, options, retries):
    """All shards of one pass over the rows, merged; returns the path of the merged file."""

    def submit(*words):
        return client.submit(on_worker, command, *words, retries=retries, pure=False)

    files = [str(folder / f"{name}.{shard}.stats") for shard in range(1, shards + 1)]
    tasks = [submit("stats", plan, "--shard", f"{i + 1}/{shards}", "--out", file, *options) for i, file in enumerate(files)]
    for outcome in client.gather(tasks):
        answer(outcome)
    merged = str(folder / f"{name}.stats")
    answer(submit("merge", *files, "--out", merged).result())
    for file in files:
        pathlib.Path(file).unlink(missing_ok=True)
    return merged


def fit(client, plan, shards, out, command=("tierwise",), folder=None, retries=3):
    """Fits every layer of the plan, lowest first; writes `out` and returns the records of the fits, one per layer."""
    command = list(command)
    plan = str(pathlib.Path(plan).resolve())
    out = pathlib.Path(out).resolve()
    folder = pathlib.Path(folder or out.parent / f"{out.stem}.work").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    tiers = tierwise(command, "check", plan)["tiers"]
    n_layers = sum(len(tier["layers"]) for tier in tiers if tier["kind"] in ("lower", "upper"))
    records = []
    model = []
    for number in range(1, n_layers + 1):
        try:
            merged = layer_sums(client, command, plan, shards, folder, f"layer{number}", model, retries)
        except TierwiseError as error:
            if error.code == "nothing-to-fit" and records:
                break
            if error.code != "means-needed":
                raise
            means = layer_sums(client, command, plan, shards, folder, f"means{number}", [*model, "--pass", "means"], retries)
            merged = layer_sums(client, command, plan, shards, folder, f"layer{number}", [*model, "--means", means], retries)
        step = folder / f"fitted{number}.onnx"
        records.append(tierwise(command, "fit", plan, "--stats", merged, *model, "--out", step))
        model = ["--model", str(step)]
    records[-1]["output"] = str(out)
    (folder / f"{step.stem}.json").write_text(json.dumps(records[-1], indent=2))
    (folder / f"{step.stem}.json").replace(out.with_suffix(".json"))
    step.replace(out)
    return records


def main():
    parser = argparse.ArgumentParser(description="Fits the layers of a plan on a Dask cluster.")
    parser.add_argument("plan")
    parser.add_argument("--scheduler", required=True, help="address of the Dask scheduler")
    parser.add_argument("--shards", type=int, required=True, help="parts of the rows; a few per worker")
    parser.add_argument("--out", required=True, help="the fitted model")
    parser.add_argument("--work", help="folder for the files of sums, shared by all workers")
    parser.add_argument("--tierwise", default="tierwise", help="the command, as the workers call it")
    parser.add_argument("--retries", type=int, default=3)
    words = parser.parse_args()
    with Client(words.scheduler) as client:
        # Workers need the functions of this file, wherever it lies.
        client.upload_file(__file__)
        import tierwise_dask  # noqa: the module that the workers know, not __main__

        records = tierwise_dask.fit(
            client, words.plan, words.shards, words.out, shlex.split(words.tierwise), words.work, words.retries
        )
    for record in records:
        for layer in record["layers"]:
            print(f"{layer['id']}: {layer['rows']} rows, lambda {layer['lambda']:.3g}, residual {layer['relativeResidual']:.1e}")
    if records and records[-1]["evaluation"] is not None:
        print(f"held-out {records[-1]['evaluation']['metric']}: {records[-1]['evaluation']['after']:.4f}")


if __name__ == "__main__":
    sys.exit(main())
