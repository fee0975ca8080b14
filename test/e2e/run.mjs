// Runs the tests that need a real VS Code workbench: packages the extension, installs it, presses the buttons.
// Human words go to stderr; the last thing on stdout is one line of JSON: {"passed":n,"failed":n,"failures":["..."],"again":["..."]}.
//   node test/e2e/run.mjs [--json FILE] [name of a scenario file ...]
// --json keeps the summary in a file too. TIERWISE_VSIX=file tests that package instead of making one.
// A scenario drives a workbench that loads its own parts whenever it gets to it, on a machine that others use too. A file that failed
// is therefore run once more, from a fresh workbench; what passed only then is told as such ("again" in the summary), not kept quiet.
// When more than two files fail, chance is not the cause and nothing is run again; nor is it when files are named.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** More than this is no chance. */
const MAX_FILES_AGAIN = 2;

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
const summary = await run(positionals).catch((error) => ({
  passed: 0,
  failed: 1,
  failures: [`end to end: ${error instanceof Error ? error.message : String(error)}`],
  again: [],
}));
for (const failure of summary.failures) say(`FAILED  ${failure}`);
for (const failure of summary.again) say(`PASSED ONLY WHEN RUN AGAIN  ${failure}`);
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
  const first = summarise(runVitest(vsix, out, filters));
  const isChance = filters.length === 0 && first.files.length <= MAX_FILES_AGAIN;
  if (first.files.length === 0 || !isChance) return { passed: first.passed, failed: first.failed, failures: first.failures, again: [] };
  say(`${first.failed} failed; once more: ${first.files.join(' ')}`);
  // The pictures of the failures stay.
  rmSync(`${out}-first`, { recursive: true, force: true });
  cpSync(out, `${out}-first`, { recursive: true });
  const second = summarise(runVitest(vsix, out, first.files));
  return {
    passed: first.passed - first.passedIn(first.files) + second.passed,
    failed: second.failed,
    failures: second.failures,
    again: first.failures.filter((failure) => !second.files.some((file) => failure.startsWith(`${file}: `))),
  };
}

/** Runs scenario files and returns vitest's report. */
function runVitest(vsix, out, filters) {
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
  return JSON.parse(readFileSync(report, 'utf8'));
}

/** Counts, and the files with a failure. One that does not even load counts as one failure: vitest lists no test for it. */
function summarise(report) {
  const failures = [];
  const passed = new Map();
  const files = [];
  for (const file of report.testResults) {
    const name = path.relative(root, file.name);
    passed.set(name, file.assertionResults.filter((one) => one.status === 'passed').length);
    const failed = file.assertionResults.filter((one) => one.status === 'failed');
    failures.push(...failed.map((one) => `${name}: ${one.fullName}: ${firstLines(one.failureMessages[0])}`));
    if (file.status === 'failed' && failed.length === 0) failures.push(`${name}: ${firstLines(file.message)}`);
    if (file.status === 'failed') files.push(name);
  }
  const passedIn = (names) => names.reduce((sum, name) => sum + passed.get(name), 0);
  return { passed: passedIn([...passed.keys()]), failed: failures.length, failures, files, passedIn };
}

function firstLines(text) {
  const lines = (text ?? 'no message').split('\n').filter((line) => !/^\s+at /.test(line));
  return lines.slice(0, 8).join(' ').slice(0, 1200);
}
