// One training step of LeNet-5 (28 x 28, batch 64, Adam): our forward and backward graph against PyTorch, one thread each.
//   node bench/gradient-step.bench.mjs [rounds]
import {
  compare,
  hasPeers,
  loadSource,
  measureCoreTypes,
  ours,
  printComparison,
  runAsSolverProcess,
  startPeer,
  theirs,
} from './peers/peers.mjs';

runAsSolverProcess();
if (!hasPeers(['numpy', 'torch', 'threadpoolctl'])) {
  console.log('skipped: python3-torch and python3-threadpoolctl are needed');
  process.exit(0);
}
const rounds = Number(process.argv[2] ?? 9);
const rows = 64;
const { learnerOf, modelBytes } = await loadSource('test/solver-core/learn/gradient/networks.ts');
const { lenet } = await loadSource('test/solver-core/learn/gradient/lenet.ts');

let state = 7;
const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
const x = Float32Array.from({ length: rows * 784 }, next);
const values = Int32Array.from({ length: rows }, (_, r) => (3 * r) % 10);
const batch = { rows, x, labels: { kind: 'class', values, classes: 10 } };
const start = await learnerOf(modelBytes(lenet), { rate: 1e-4 }, 'class', { batchRows: rows });
let learner = start;

const setup = `import torch, torch.nn as nn, torch.nn.functional as F, threadpoolctl
torch.set_num_threads(1)
torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
opt = torch.optim.Adam(net.parameters(), lr=1e-4)
x = torch.rand(${rows}, 1, 28, 28); y = torch.tensor([(3 * r) % 10 for r in range(${rows})])
def step():
    opt.zero_grad()
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    opt.step()
`;
const [best] = await measureCoreTypes();
const peer = startPeer({ name: 'PyTorch', coreType: best.coreType, malloc: 'default' });
const tuned = startPeer({ name: 'PyTorch', coreType: best.coreType, malloc: 'tuned' });
for (const each of [peer, tuned]) await each.setup(setup);
const results = await compare(
  [
    ours('Tierwise', async () => {
      learner = await learner.updated(batch);
    }),
    theirs('PyTorch, default malloc', peer, 'step()'),
    theirs('PyTorch, tuned malloc', tuned, 'step()'),
  ],
  { rounds },
);
printComparison(`LeNet-5 training step, batch ${rows}, Adam`, results);
console.log(JSON.stringify(await peer.info()));
console.log(`our loss: ${(await start.loss(batch)).toFixed(4)} at first, ${(await learner.loss(batch)).toFixed(4)} in the end`);
for (const each of [peer, tuned]) await each.close();
await start.dispose();
