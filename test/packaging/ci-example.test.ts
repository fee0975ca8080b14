import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProduct, edit, type Product } from '../cli/product.ts';
import { projectRoot } from '../shared.ts';
import { stepsOf } from './workflow.ts';

const text = readFileSync(path.join(projectRoot, 'examples/ci/tierwise.yml'), 'utf8');
const steps = stepsOf(text);
const script = (name: string): string => steps.find((step) => step.name === name)?.run ?? '';
const scripts = ['Check plans and budgets', 'Compare with the base', 'Comment once', 'Fail on errors and exceeded budgets'];

describe('the workflow', () => {
  test('has the steps that are run below, and no other script but the installation', () => {
    expect(steps.filter(({ run }) => run !== null).map(({ name }) => name)).toEqual(['Install Tierwise', ...scripts]);
    expect(script('Install Tierwise')).toBe('npm install --global --ignore-scripts ./tools/tierwise.tgz');
  });

  test('puts nothing of the event into a script', () => {
    for (const { name, run } of steps) expect(run ?? '', name).not.toContain('${{');
  });

  test('asks for the least rights, keeps no token in the checkout, and does not run with the rights of the base', () => {
    expect(/^permissions:\n((?: {2}.*\n)+)/m.exec(text)?.[1]).toBe('  contents: read\n  pull-requests: write\n');
    expect(text).toContain('persist-credentials: false');
    expect(text).not.toMatch(/pull_request_target|secrets\./);
    for (const { uses } of steps.filter((step) => step.uses !== null)) expect(uses).toMatch(/^actions\/[\w-]+@v\d+$/);
  });

  test('a line that the reader does not understand is an error', () => {
    expect(() => stepsOf('    steps:\n      - run: a\n     odd: b\n')).toThrow(/line 3/);
  });
});

const hasTools = spawnSync('bash', ['-c', 'git --version && sha256sum --version']).status === 0;
let product: Product;
let repository = '';
let base = '';
let comments = '';
let summary = '';
let tools = '';

describe.skipIf(!hasTools)('its scripts in a repository of two commits', () => {
  beforeAll(async () => {
    product = await buildProduct();
    repository = product.scratch();
    comments = product.scratch();
    summary = path.join(product.scratch(), 'summary.md');
    tools = path.join(product.scratch(), 'bin');
    mkdirSync(tools);
    tool(path.join(tools, 'tierwise'), `exec ${JSON.stringify(process.execPath)} ${JSON.stringify(product.cli)} "$@"`);
    // Stands for GitHub: one comment per file; lists, creates and changes them.
    tool(
      path.join(tools, 'gh'),
      `echo "$*" >> ${JSON.stringify(path.join(comments, 'calls.log'))}
case "$*" in
  *--paginate*) ls ${JSON.stringify(comments)} | grep '^[0-9]*$' || true ;;
  *'--method POST'*) cat .tierwise-ci/comment.md > ${JSON.stringify(path.join(comments, '7'))} ;;
  *'--method PATCH'*'/comments/7 '*) cat .tierwise-ci/comment.md > ${JSON.stringify(path.join(comments, '7'))} ;;
  *) exit 1 ;;
esac`,
    );
    git('init', '-q', '-b', 'main');
    cpSync(product.digits(), path.join(repository, 'plans'), { recursive: true });
    commit('the example');
    base = git('rev-parse', 'HEAD').trim();
    cpSync(path.join(projectRoot, 'test/fixtures/onnx/mlp_digits.onnx'), path.join(repository, 'plans/digits.onnx'));
    edit(path.join(repository, 'plans/digits.tiers'), (plan) =>
      plan.replace('"/fc1/Gemm",\n    "/fc2/Gemm"', '"/net/net.0/Gemm", "/net/net.2/Gemm"').replace('/fc3/Gemm', '/net/net.4/Gemm'),
    );
    // A name that would run something, and one more layer of quoting to get wrong.
    cpSync(path.join(repository, 'plans/digits.tiers'), path.join(repository, 'plans', 'x`touch pwned`$(touch pwned) "q".tiers'));
    commit('a smaller network');
  });
  afterAll(() => product.remove());

  test('a good pull request: checked, compared, commented once, passed', () => {
    const [check, compare, comment, fail] = scripts.map((name) => run(name));
    for (const step of [check, compare, comment, fail]) expect(step?.status, `${step?.stdout}${step?.stderr}`).toBe(0);
    expect(check?.stdout).toContain('== plans/digits.tiers');
    expect(check?.stdout).toContain('0 errors');
    const body = readFileSync(path.join(comments, '7'), 'utf8');
    expect(body.startsWith('<!-- tierwise -->\n## Energy, compared with the base of this pull request\n')).toBe(true);
    expect(body).toContain('### `plans/digits.tiers`');
    expect(body).toMatch(/\| .*inference.*\|/);
    expect(body).toMatch(/[nµm]J/);
    expect(body).toContain('This plan is new.');
    expect(body).not.toContain('exceeds a budget');
    const sarif = readdirSync(path.join(repository, '.tierwise-ci')).filter((name) => name.endsWith('.sarif'));
    expect(sarif).toHaveLength(2);
    for (const name of sarif)
      expect(JSON.parse(readFileSync(path.join(repository, '.tierwise-ci', name), 'utf8'))).toMatchObject({ version: '2.1.0' });
  });

  test('names of plans run nothing and stay one line of code', () => {
    expect(existsSync(path.join(repository, 'pwned'))).toBe(false);
    expect(readFileSync(path.join(comments, '7'), 'utf8')).toContain('### `plans/xtouch pwned$(touch pwned) "q".tiers`\n');
  });

  test('the next push changes the comment that is there; an exceeded budget is told in it and fails the run', () => {
    edit(path.join(repository, 'plans/digits.tiers'), (plan) => plan.replace(/budget 200 uJ per inference/, 'budget 1 pJ per inference'));
    commit('too strict a budget');
    const [check, compare, comment, fail] = scripts.map((name) => run(name));
    for (const step of [check, compare, comment]) expect(step?.status, `${step?.stdout}${step?.stderr}`).toBe(0);
    expect(check?.stdout).toMatch(/exceeded/);
    expect(fail?.status).toBe(1);
    expect(readFileSync(path.join(comments, '7'), 'utf8')).toContain('exceeds a budget');
    const calls = readFileSync(path.join(comments, 'calls.log'), 'utf8');
    expect(calls.match(/--method POST/g)).toHaveLength(1);
    expect(calls.match(/--method PATCH repos\/owner\/name\/issues\/comments\/7 /g)).toHaveLength(1);
  });

  test('a plan that was renamed is compared with what it was', () => {
    git('rm', '-q', '--', 'plans/x*.tiers');
    git('mv', 'plans/digits.tiers', 'plans/renamed.tiers');
    commit('another name');
    const compare = run('Compare with the base');
    expect(compare.status, compare.stderr).toBe(0);
    const [, after = ''] = readFileSync(path.join(repository, '.tierwise-ci/comment.md'), 'utf8').split('### `plans/renamed.tiers`');
    expect(after).toMatch(/\| .*inference.*\|/);
    expect(after).not.toContain('This plan is new.');
  });

  test('the log and the summary of the run tell what the comment does', () => {
    writeFileSync(summary, '');
    const { stdout } = run('Compare with the base');
    const body = readFileSync(path.join(repository, '.tierwise-ci/comment.md'), 'utf8');
    expect(readFileSync(summary, 'utf8')).toBe(body);
    expect(stdout).toContain(body);
  });

  test('nothing that a log repeats from files is a command to the runner', () => {
    for (const name of ['Check plans and budgets', 'Compare with the base']) {
      const [first = '', ...rest] = run(name).stdout.trimEnd().split('\n');
      expect(first, name).toMatch(/^::stop-commands::[0-9a-f]{32}$/);
      expect(rest.at(-1), name).toBe(`::${first.slice('::stop-commands::'.length)}::`);
    }
  });

  test('a token that may not comment, as that of a fork, leaves the check as it is and says where to look', () => {
    tool(path.join(tools, 'gh'), 'echo "HTTP 403: Resource not accessible by integration" >&2; exit 1');
    const comment = run('Comment once');
    expect(comment.status).toBe(0);
    expect(comment.stdout).toContain('the summary of this run tells the same');
  });

  test('a repository without a plan passes and says so', () => {
    git('rm', '-q', '--', '*.tiers');
    commit('no plan');
    const [check, compare, comment, fail] = scripts.map((name) => run(name));
    for (const step of [check, compare, comment, fail]) expect(step?.status, `${step?.stdout}${step?.stderr}`).toBe(0);
    expect(compare?.stdout).toContain('There is no plan in this repository.');
  });
});

function run(
  name: string,
  more: Readonly<Record<string, string>> = {},
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const env = {
    ...process.env,
    ...{
      PATH: `${tools}:${process.env['PATH'] ?? ''}`,
      BASE_SHA: base,
      PR_NUMBER: '12',
      REPOSITORY: 'owner/name',
      GH_TOKEN: 'none',
      GITHUB_STEP_SUMMARY: summary,
    },
    ...more,
  };
  // As GitHub runs a script that names no shell.
  return spawnSync('bash', ['-e', '-c', script(name)], { cwd: repository, env, encoding: 'utf8', timeout: 60_000 });
}

function tool(file: string, body: string): void {
  writeFileSync(file, `#!/bin/bash\n${body}\n`);
  chmodSync(file, 0o755);
}

function git(...words: readonly string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', ['-C', repository, ...identity, ...words], { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
}

function commit(message: string): void {
  git('add', '-A', '--', 'plans');
  git('commit', '-q', '-m', message);
}
