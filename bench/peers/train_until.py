"""Trains networks by gradients until they first match a number of correct rows. stdin: one JSON task; stdout: JSON list, one entry per opponent.

task: {x, y, xt, yt (paths of float32 / int32 files), rows, testRows, columns, classes, goal, maxEpochs, seeds,
       opponents: [{name, hidden: [..], optimiser: "adam" | "sgd", rates: [..]}]}
The best rate of the grid counts: fewest epochs to the goal, else most rows right. Training stops at the first epoch whose test count
reaches the goal, which flatters the gradient side.
"""
import json
import sys
import time

import numpy as np
import torch
import torch.nn as nn

torch.set_num_threads(1)
task = json.load(sys.stdin)


def load(name, dtype, *shape):
    return torch.from_numpy(np.fromfile(task[name], dtype=dtype).reshape(*shape))


x = load("x", np.float32, task["rows"], task["columns"])
xt = load("xt", np.float32, task["testRows"], task["columns"])
y = load("y", np.int32, task["rows"]).long()
yt = load("yt", np.int32, task["testRows"]).long()


def network(hidden):
    sizes = [task["columns"], *hidden, task["classes"]]
    layers = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        layers += [nn.Linear(a, b)] + ([nn.ReLU()] if i < len(sizes) - 2 else [])
    return nn.Sequential(*layers), sum(a * b for a, b in zip(sizes, sizes[1:])), sizes[0] * sizes[1]


def train(opponent, rate, seed):
    torch.manual_seed(seed)
    net, weights, first = network(opponent["hidden"])
    make = torch.optim.Adam if opponent["optimiser"] == "adam" else lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9)
    optimiser = make(net.parameters(), lr=rate)
    loss_of = nn.CrossEntropyLoss()
    best, cpu = 0, 0.0
    for epoch in range(1, task["maxEpochs"] + 1):
        began = time.process_time()
        order = torch.randperm(task["rows"])
        for i in range(0, task["rows"], 128):
            rows = order[i : i + 128]
            optimiser.zero_grad()
            loss_of(net(x[rows]), y[rows]).backward()
            optimiser.step()
        cpu += time.process_time() - began
        with torch.no_grad():
            best = max(best, int((net(xt).argmax(1) == yt).sum()))
        if best >= task["goal"]:
            break
    # 6 flops per weight and row and epoch; the first layer needs no gradient of its input.
    flops = epoch * task["rows"] * (6 * weights - 2 * first)
    return {"seed": seed, "rate": rate, "reached": best >= task["goal"], "best": best, "epochs": epoch, "cpu": cpu, "flops": flops}


results = []
for opponent in task["opponents"]:
    for seed in task["seeds"]:
        runs = [train(opponent, rate, seed) for rate in opponent["rates"]]
        won = [run for run in runs if run["reached"]]
        pick = min(won, key=lambda run: run["epochs"]) if won else max(runs, key=lambda run: run["best"])
        results.append({"name": opponent["name"], **pick})
print(json.dumps(results))
