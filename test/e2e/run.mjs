// Runs the tests that need a real VS Code workbench: packages the extension, installs it, presses the buttons.
// Human words go to stderr; the last thing on stdout is one line of JSON: {"passed":n,"failed":n,"failures":["..."]}.
//   node test/e2e/run.mjs [--json FILE] [name of a scenario file ...]
// --json keeps the summary in a file too. TIERWISE_VSIX=file tests that package instead of making one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureApt } from '../../.ci/apt.mjs';
import { packageVsix } from '../../.ci/package-vsix.mjs';
import { installWorkbench } from '../../.ci/workbench-install.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '..', '..');
const say = (line) => process.stderr.write(`${line}\n`);

/** Packages of Debian that the scenarios need: a browser, a font to draw with, a compiler for the workbench's logger. */
const APT = ['chromium', 'fonts-dejavu-core', 'g++', 'make', 'python3'];

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
const summary = await run(positionals).catch((error) => ({
  passed: 0,
  failed: 1,
  failures: [`end to end: ${error instanceof Error ? error.message : String(error)}`],
}));
for (const failure of summary.failures) say(`FAILED  ${failure}`);
process.stdout.write(`${JSON.stringify(summary)}\n`);
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(summary));
process.exitCode = summary.failed > 0 || summary.passed === 0 ? 1 : 0;

async function run(filters) {
  if (process.env.TIERWISE_CHROMIUM === undefined) ensureApt(APT, { log: say });
  installWorkbench({ log: say });
  const vsix = process.env.TIERWISE_VSIX ?? (await packageVsix({ log: say }));
  const out = path.join(here, 'out');
  if (filters.length === 0) rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const report = path.join(out, 'results.json');
  rmSync(report, { force: true });
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [
    vitest,
    'run',
    '--config',
    path.join(here, 'vitest.config.ts'),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filters,
  ];
  // Vitest's words for people go where ours go, so that stdout holds the summary alone.
  const result = spawnSync(process.execPath, args, {
    cwd: root,
    env: { ...process.env, TIERWISE_VSIX: vsix, CI: '1' },
    stdio: ['ignore', 2, 2],
  });
  if (!existsSync(report)) throw new Error(`the runner ended with ${result.signal ?? `exit code ${result.status}`} and without a report`);
  return summarise(JSON.parse(readFileSync(report, 'utf8')));
}

/** A scenario file that does not even load counts as one failure: vitest lists no test for it. */
function summarise(report) {
  const failures = [];
  let passed = 0;
  for (const file of report.testResults) {
    const name = path.relative(root, file.name);
    for (const one of file.assertionResults) {
      if (one.status === 'passed') passed += 1;
      else if (one.status === 'failed') failures.push(`${name}: ${one.fullName}: ${firstLines(one.failureMessages[0])}`);
    }
    if (file.status === 'failed' && !file.assertionResults.some((one) => one.status === 'failed'))
      failures.push(`${name}: ${firstLines(file.message)}`);
  }
  return { passed, failed: failures.length, failures };
}

function firstLines(text) {
  const lines = (text ?? 'no message').split('\n').filter((line) => !/^\s+at /.test(line));
  return lines.slice(0, 8).join(' ').slice(0, 1200);
}
