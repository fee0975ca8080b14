// One fit through every path: cpu (fp64), functional model, sim, serial (simulated board) and xrt (simulated card). Synthetic rows (d = 64,
// n = 10 000, m = 8, conditions 1e4 and 1e6) and the digits example. Checks bits and tolerances, and prints a table.
//   node bench/same-fit.mjs
import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
console.log('| problem | path | error against cpu, or correct | passes | seconds (wall) |\n|---|---|---|---|---|');
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config',
    'test/vitest.config.ts',
    'test/cli/same-fit.test.ts',
    '--disable-console-intercept',
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, TIERWISE_SAME_FIT: 'full' } },
);
process.exitCode = status ?? 1;
