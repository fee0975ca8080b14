// `npm test`: does its own set-up and runs every check of the project. The last line is "N passed, N failed".
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkNode, ensureBuild, ensurePackages, root, run, step } from './setup.mjs';
import { ensureApt } from './apt.mjs';

const started = Date.now();
checkNode();
const missing = await step('system packages (simulators, browser, oracles)', () =>
  ensureApt([
    ...['verilator', 'iverilog', 'g++', 'make', 'chromium', 'fonts-dejavu-core', 'procps'],
    // Independent oracles and the peers of the benchmarks.
    ...[
      'python3-numpy',
      'python3-scipy',
      'python3-sklearn',
      'python3-torch',
      'python3-threadpoolctl',
      'libopenblas0-pthread',
      'python3-distributed',
      'python3-onnx',
    ],
    // Formal proofs; the runtime of accelerator cards, driven above a simulated card.
    ...['yosys', 'z3', 'libxrt1', 'libxrt-dev', 'uuid-dev'],
  ]),
);
await ensurePackages();
await ensureBuild({ board: true });

const out = join(root, '.cache', 'test');
mkdirSync(out, { recursive: true });
let passed = 0;
let failed = 0;

/** A check that is one command: counts one. */
async function check(title, command, args) {
  const { code, output } = await step(title, () => run(command, args, { quiet: true, allowFailure: true }));
  if (code === 0) passed += 1;
  else {
    failed += 1;
    process.stdout.write(`${output}\nFAILED: ${title}\n`);
  }
}

/** A suite that writes { passed, failed } to a JSON file. */
async function suite(title, args, file, read) {
  rmSync(file, { force: true });
  const { code } = await step(title, () => run(process.execPath, args, { allowFailure: true, env: { CI: '1' } }));
  let result = { passed: 0, failed: 1 };
  try {
    result = read(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    process.stdout.write(`FAILED: ${title} left no result\n`);
  }
  if (code !== 0 && result.failed === 0) result.failed = 1;
  passed += result.passed;
  failed += result.failed;
}

await check('types (tsc -b)', process.execPath, ['node_modules/typescript/bin/tsc', '-b']);
await check('lint (ESLint)', process.execPath, ['node_modules/eslint/bin/eslint.js', '.']);
await check('format (Prettier)', process.execPath, ['node_modules/prettier/bin/prettier.cjs', '--check', '.', '--log-level', 'warn']);

const unit = join(out, 'unit.json');
await suite(
  'unit, property and RTL tests (vitest)',
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config',
    'test/vitest.config.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${unit}`,
  ],
  unit,
  (r) => ({ passed: r.numPassedTests, failed: r.numFailedTests + r.numFailedTestSuites * (r.numFailedTests === 0 ? 1 : 0) }),
);

const e2e = join(out, 'e2e.json');
await suite('end-to-end tests in a VS Code workbench', ['test/e2e/run.mjs', '--json', e2e], e2e, (r) => r);

if (missing.length > 0) process.stdout.write(`Not installed, so some checks were skipped: ${missing.join(', ')}\n`);
process.stdout.write(`${((Date.now() - started) / 60000).toFixed(1)} minutes\n`);
writeFileSync(join(out, 'summary.json'), JSON.stringify({ passed, failed }));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
