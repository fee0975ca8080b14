"""LeNet-5 trained by backpropagation: the peer of bench/gradient-free-cnn.mjs.

Adam (rate 1e-3, batches of 64), ReLU, max pooling, one thread. Epochs and horizontal-flip augmentation are chosen by 5-fold
cross-validation on the training rows alone; the network is then trained once on all of them and read on the test rows.

    python3 bench/gradient-free-cnn.py DATA.npz [--seeds 1,2,3]     trains and tests
    python3 bench/gradient-free-cnn.py --prepare FOLDER IDX_FOLDER   writes the rows that both sides read

DATA.npz holds x [n, 1, 28, 28] float32 in 0..1 and y [n]; the first 2000 rows train, the others test. Writes one JSON line per seed.
MACs by the same rules as Tierwise's: a multiply-add of a layer counts once, training a layer three times its forward pass (the first
layer twice: nobody asks for the gradient of the image) plus 4 per weight and step for Adam.
"""

import argparse
import gzip
import json
import time

import numpy as np
import torch
from torch import nn

EPOCHS = (20, 40, 60, 100, 150)
BATCH = 64
TRAIN_ROWS = 2000
# [multiply-adds per image, weights and biases] per layer: conv 6@5x5 padded, conv 16@5x5, dense 120, 84, 10.
LAYERS = ((28 * 28 * 6 * 25, 156), (10 * 10 * 16 * 150, 2416), (400 * 120, 48120), (120 * 84, 10164), (84 * 10, 850))
INFERENCE_MACS = sum(macs for macs, _ in LAYERS)


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def train(x, y, epochs, flip, seed, at_epoch=None):
    torch.manual_seed(seed)
    model = lenet()
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    order = torch.Generator().manual_seed(seed)
    for epoch in range(epochs):
        model.train()
        for rows in torch.randperm(len(x), generator=order).split(BATCH):
            batch = x[rows]
            if flip:
                mirrored = torch.rand(len(rows), generator=order) < 0.5
                batch = torch.where(mirrored[:, None, None, None], batch.flip(3), batch)
            adam.zero_grad(set_to_none=True)
            nn.functional.cross_entropy(model(batch), y[rows]).backward()
            adam.step()
        if at_epoch is not None:
            at_epoch(epoch + 1, model)
    return model


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        return float((model(x).argmax(1) == y).float().mean())


def training_macs(epochs, rows):
    forward_backward = sum(macs * (2 if i == 0 else 3) for i, (macs, _) in enumerate(LAYERS))
    steps = epochs * -(-rows // BATCH)
    return epochs * rows * forward_backward + steps * 4 * sum(weights for _, weights in LAYERS)


def cross_validate(x, y, seed, folds=5):
    shuffled = np.random.default_rng(seed).permutation(len(x))
    scores = {(epochs, flip): [] for epochs in EPOCHS for flip in (False, True)}
    for fold in range(folds):
        held = torch.from_numpy(shuffled[fold::folds].copy())
        kept = torch.from_numpy(np.setdiff1d(shuffled, held.numpy()))
        for flip in (False, True):
            def note(epoch, model, flip=flip, held=held):
                if epoch in EPOCHS:
                    scores[epoch, flip].append(accuracy(model, x[held], y[held]))

            train(x[kept], y[kept], max(EPOCHS), flip, seed * 100 + fold, note)
    return {key: float(np.mean(values)) for key, values in scores.items()}


def idx(path):
    data = gzip.open(path).read()
    sizes = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], 'big') for i in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * len(sizes)).reshape(sizes)


def prepare(folder, source):
    """official.npz (the files' own split) and split-1..3.npz (all rows shuffled anew); folds of the training rows of each."""
    x = np.concatenate([idx(f'{source}/{part}-images-idx3-ubyte.gz') for part in ('train', 't10k')])
    y = np.concatenate([idx(f'{source}/{part}-labels-idx1-ubyte.gz') for part in ('train', 't10k')]).astype(np.int64)
    x = (x[:, None] / 255).astype(np.float32)
    orders = {'official': np.arange(len(x)), **{f'split-{s}': np.random.default_rng(1000 + s).permutation(len(x)) for s in (1, 2, 3)}}
    for name, order in orders.items():
        np.savez(f'{folder}/{name}.npz', x=x[order], y=y[order])
        fit, test = order[:TRAIN_ROWS], order[TRAIN_ROWS:]
        np.savez(f'{folder}/{name}-fit.npz', x=x[fit], y=y[fit])
        np.savez(f'{folder}/{name}-test.npz', x=x[test], y=y[test])
        shuffled = fit[np.random.default_rng(int(name[-1]) if name[-1].isdigit() else 1).permutation(len(fit))]
        for fold in range(5):
            held = shuffled[fold::5]
            kept = np.setdiff1d(shuffled, held)
            np.savez(f'{folder}/{name}-fold{fold}-fit.npz', x=x[kept], y=y[kept])
            np.savez(f'{folder}/{name}-fold{fold}-test.npz', x=x[held], y=y[held])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('data')
    parser.add_argument('--prepare')
    parser.add_argument('--seeds', default='1,2,3')
    arguments = parser.parse_args()
    if arguments.prepare is not None:
        prepare(arguments.prepare, arguments.data)
        return
    torch.set_num_threads(1)
    data = np.load(arguments.data)
    x, y = torch.from_numpy(data['x']).float(), torch.from_numpy(data['y'].astype(np.int64))
    fit_x, fit_y, test_x, test_y = x[:TRAIN_ROWS], y[:TRAIN_ROWS], x[TRAIN_ROWS:], y[TRAIN_ROWS:]
    for seed in map(int, arguments.seeds.split(',')):
        scores = cross_validate(fit_x, fit_y, seed)
        # Of equal scores the fewer epochs win.
        (epochs, flip), best = max(scores.items(), key=lambda item: (item[1], -item[0][0]))
        started = time.process_time()
        model = train(fit_x, fit_y, epochs, flip, seed)
        seconds = time.process_time() - started
        print(json.dumps({
            'seed': seed, 'epochs': epochs, 'flip': flip, 'cv': round(best, 4),
            'test': accuracy(model, test_x, test_y), 'trainingMacs': training_macs(epochs, TRAIN_ROWS),
            'inferenceMacs': INFERENCE_MACS, 'cpuSeconds': round(seconds, 1),
            'grid': {f'{e}{"+flip" if f else ""}': round(v, 4) for (e, f), v in sorted(scores.items())},
        }), flush=True)  # fmt: skip


if __name__ == '__main__':
    main()
