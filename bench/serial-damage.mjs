// The serial link under damage, on the circuit of the board: 20 000 frames, 10 % corrupted, garbage before 5 %, 1 % lost, two unplugs. Every
// solve must give the bits of the model or fail with an error that has a code.
//   node bench/serial-damage.mjs [frames]        after npm run build:hdl; about 10 minutes of one core
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSource } from './peers/peers.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const frames = Number(process.argv[2] ?? 20_000);
const { loadBoardImage } = await loadSource('solver-core/backends/board-sim/board-image.ts');
const { runDamaged } = await loadSource('test/solver-core/backends/board-sim/damage-run.ts');

const started = process.cpuUsage();
const outcome = await runDamaged(await loadBoardImage(join(root, 'dist/engine')), {
  rates: { corrupted: 0.1, garbage: 0.05, dropped: 0.01 },
  seed: 20261121,
  frames,
  unplugAfter: [200_000, 400_000],
  size: [32, 4, 60],
  reads: 1,
  onSolve: (text) => process.stderr.write(`\r${text}  `),
});
const { user, system } = process.cpuUsage(started);
process.stderr.write('\n');
console.log(JSON.stringify({ ...outcome, cpuS: Math.round((user + system) / 1e6) }, null, 2));
process.exitCode = outcome.wrong === 0 && outcome.right > 0 ? 0 : 1;
