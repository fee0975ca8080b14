import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { analysePython } from '../../../solver-core/python/index.ts';
import { projectRoot } from '../../shared.ts';
import { torchSources } from './torch-sources.ts';

const python = '/usr/bin/python3';
const hasTorch = existsSync(python) && spawnSync(python, ['-c', 'import torch'], { timeout: 60_000 }).status === 0;

type Named = Readonly<Record<string, readonly [string, number]>>;

/** What PyTorch itself builds: independent of the reader under test. */
let built: Readonly<Record<string, Named>> = {};
beforeAll(() => {
  if (!hasTorch) return;
  const ran = spawnSync(python, [join(projectRoot, 'test/solver-core/python/torch-oracle.py')], {
    input: JSON.stringify(torchSources),
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(ran.stderr).toBe('');
  built = JSON.parse(ran.stdout) as typeof built;
}, 70_000);

describe.skipIf(!hasTorch)('layers are those that PyTorch builds: names, order, classes and parameters', () => {
  test.each(Object.keys(torchSources))('%s', (name) => {
    const { layers } = analysePython(torchSources[name] ?? '');
    const own = layers
      .filter(({ model, name: path }) => model === 'Net' && path !== '')
      .map((layer) => [layer.name, [layer.instance.type, layer.facts.parameters]]);
    expect(own).toEqual(Object.entries(built[name] ?? {}));
    expect(own.length).toBeGreaterThan(1);
  });
});

test('hyperparameters that Lightning keeps are sizes, and no place of modules', () => {
  const text = `
import lightning as L
from torch import nn
class Net(L.LightningModule):
    def __init__(self, backbone=nn.Linear(4, 8), hidden=8, config={"items": 3}):
        super().__init__()
        self.save_hyperparameters(ignore=["backbone"])
        self.backbone = backbone
        self.head = nn.Linear(self.hparams.hidden, self.hparams["hidden"] * 2)
        self.other = nn.Linear(self.hparams.unknown, 2)
`;
  const { layers } = analysePython(text);
  expect(layers.filter(({ model }) => model === 'Net').map(({ name, facts }) => [name, facts.parameters])).toEqual([
    ['backbone', 4 * 8 + 8],
    ['head', 8 * 16 + 16],
    ['other', null],
  ]);
});

test('a class that another one uses is no model of its own', () => {
  expect(new Set(analysePython(torchSources['nested'] ?? '').layers.map(({ model }) => model))).toEqual(new Set(['Net']));
});
