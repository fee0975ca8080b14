import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { revisionPath } from '../../solver-core/jobs/git-show.ts';
import { projectRoot } from '../shared.ts';
import { floats, modelBytes, node, value } from '../solver-core/onnx/build-model.ts';
import { expectGolden } from '../solver-core/report/golden.ts';
import { buildProduct, documentOf, edit, errorCode } from './product.ts';
import type { Product, Ran } from './product.ts';
import { diffSchema } from './diff-schema.ts';

const smaller = join(projectRoot, 'test/fixtures/onnx/mlp_digits.onnx');
const hasGit = ((): boolean => {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

let product: Product;
let repository = '';
let sizes: { readonly temporary: string };

function git(...words: readonly string[]): string {
  return gitIn(repository, ...words);
}

function gitIn(folder: string, ...words: readonly string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', ['-C', folder, ...identity, ...words], { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
}

function commit(message: string): void {
  git('add', '-A');
  git('commit', '-q', '-m', message);
}

/** A repository whose first commit has the digits example and whose second one has a smaller network under the same plan. */
beforeAll(async () => {
  product = await buildProduct();
  if (!hasGit) return;
  repository = product.scratch();
  sizes = { temporary: product.scratch() };
  git('init', '-q', '-b', 'main');
  const plans = join(repository, 'plans');
  cpSync(product.digits(), plans, { recursive: true });
  commit('the example');
  cpSync(smaller, join(plans, 'digits.onnx'));
  edit(join(plans, 'digits.tiers'), (text) =>
    text
      .replace('"/fc1/Gemm",\n    "/fc2/Gemm"', '"/net/net.0/Gemm", "/net/net.2/Gemm"')
      .replace('/fc3/Gemm', '/net/net.4/Gemm')
      .replace('budget 200 uJ per inference', 'budget 200 uJ per inference\nbudget 500 nJ per layer'),
  );
  commit('a smaller network');
});
afterAll(() => product.remove());

/** Runs with a folder for temporary files of its own, so that a test can look into it. */
async function run(words: readonly string[], cwd = repository): Promise<Ran> {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = sizes.temporary;
  try {
    return await product.run(['diff', '--quiet', ...words], { cwd });
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}

async function compared(...words: readonly string[]): Promise<v.InferOutput<typeof diffSchema>> {
  return v.parse(diffSchema, documentOf(await run([...words, '--json'])));
}

/** Runs with a git that does not know the variable against lazy fetches, as those before 2.39.4 do not. */
async function withOldGit<T>(action: () => Promise<T>): Promise<T> {
  const bin = product.scratch();
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  writeFileSync(join(bin, 'git'), `#!/bin/sh\nunset GIT_NO_LAZY_FETCH\nexec '${real}' "$@"\n`, { mode: 0o755 });
  const before = process.env['PATH'] ?? '';
  process.env['PATH'] = `${bin}:${before}`;
  try {
    return await action();
  } finally {
    process.env['PATH'] = before;
  }
}

const both = ['HEAD~1:plans/digits.tiers', 'HEAD:plans/digits.tiers'] as const;

describe.skipIf(!hasGit)('two revisions', () => {
  test('text and markdown', async () => {
    const text = await run(both);
    const md = await run([...both, '--format', 'md']);
    expect([text.code, md.code]).toEqual([0, 0]);
    expectGolden('cli/diff.txt', text.stdout);
    expectGolden('cli/diff.md', md.stdout);
  });

  test('the document: layers by place where all ids changed, accuracy unknown, budgets of both sides', async () => {
    const document = await compared(...both);
    expect(document.layers.map((l) => [l.idBefore, l.id, l.status])).toEqual([
      ['/fc1/Gemm', '/net/net.0/Gemm', 'changed'],
      ['/fc2/Gemm', '/net/net.2/Gemm', 'changed'],
      ['/fc3/Gemm', '/net/net.4/Gemm', 'changed'],
    ]);
    expect(document.before.quality).toBeNull();
    expect(document.budgets?.before?.map((b) => b.per)).toEqual(['inference', 'update']);
    expect(document.budgets?.after?.map((b) => [b.per, b.status])).toEqual([
      ['inference', 'met'],
      ['layer', 'exceeded'],
      ['update', 'met'],
    ]);
    const { change, perTable = [] } = document.totals.inference;
    expect(perTable.map((t) => t.table)).toEqual(['horowitz45', 'aladdin40']);
    expect(change).toBeLessThan(0);
  });

  test('a path may start at the root, at this folder, or be absolute; a file beats a revision of its name', async () => {
    const plans = join(repository, 'plans');
    const ways = ['HEAD~1:plans/digits.tiers', 'HEAD~1:./digits.tiers', 'HEAD~1:digits.tiers', `HEAD~1:${join(plans, 'digits.tiers')}`];
    const hashes = await Promise.all(
      ways.map(async (way) => v.parse(diffSchema, documentOf(await run([way, 'digits.tiers', '--json'], plans))).before),
    );
    expect(new Set(hashes.map((side) => side.model?.sha256))).toEqual(
      new Set([hashOf(readFileSync(join(projectRoot, 'examples/digits/digits.onnx')))]),
    );
    expect(hashes.map((side) => side.name)).toEqual(ways);
  });

  test('a path that starts with ./ is one of this folder, whatever lies at the root', async () => {
    git('checkout', '-q', '-b', 'r');
    cpSync(smaller, join(repository, 'same.onnx'));
    cpSync(join(projectRoot, 'examples/digits/digits.onnx'), join(repository, 'plans/same.onnx'));
    commit('two models of one name');
    const plans = join(repository, 'plans');
    const hashOfBefore = async (way: string): Promise<string> =>
      v.parse(diffSchema, documentOf(await run([way, 'digits.onnx', '--json'], plans))).before.sha256;
    expect(await hashOfBefore('HEAD:./same.onnx')).toBe(hashOf(readFileSync(join(plans, 'same.onnx'))));
    expect(await hashOfBefore('HEAD:../same.onnx')).toBe(hashOf(readFileSync(smaller)));
    // As git reads it; and a branch may have one letter.
    expect(await hashOfBefore('r:same.onnx')).toBe(hashOf(readFileSync(smaller)));
    git('checkout', '-q', 'main');
    git('branch', '-q', '-D', 'r');
  });

  test('a rise above the limit is exit code 1, said on the other stream, and below it 0', async () => {
    const back = [both[1], both[0]];
    const risen = await run([...back, '--fail-on-increase', '5', '--json']);
    expect([risen.code, v.is(diffSchema, documentOf(risen))]).toEqual([1, true]);
    expect(risen.stderr).toMatch(/Energy per inference rises by \+\d+ %; the limit is 5 %\./);
    expect((await run([...back, '--fail-on-increase', '100000'])).code).toBe(0);
    expect((await run([...both, '--fail-on-increase', '0'])).code).toBe(0);
    for (const wrong of ['much', '5,wish=3', '-1', '']) expect((await run([...both, `--fail-on-increase=${wrong}`])).code).toBe(2);
  });

  test('the limit is that of inference; others are named, so that a model that cannot be solved any more may still be cheaper', async () => {
    const folder = product.scratch();
    const network = (isStored: boolean): string => {
      const path = join(folder, `${isStored ? 'stored' : 'computed'}.onnx`);
      const weight = isStored ? [] : [node('Neg', ['w'], ['v'])];
      writeFileSync(
        path,
        modelBytes({
          input: [value('x', ['n', 8])],
          output: [value('y', ['n', 4])],
          initializer: [floats('w', [8, 4])],
          node: [...weight, node('Gemm', ['x', isStored ? 'w' : 'v'], ['y'], {}, 'fc')],
        }),
      );
      return path;
    };
    const gated = (limit: string): Promise<Ran> => run([network(true), network(false), '--fail-on-increase', limit]);
    expect((await gated('100')).code).toBe(0);
    const named = await gated('100,solve=20');
    expect([named.code, named.stderr]).toEqual([1, 'Energy to retrain, solve: not known any more, so it may have risen.\n']);
  });

  test('nothing stays behind, and the working tree is not touched', async () => {
    await run(both);
    await run(['HEAD:nothing.tiers', both[0]]);
    expect(readdirSync(sizes.temporary)).toEqual([]);
    expect(git('status', '--porcelain')).toBe('');
  });
});

describe.skipIf(!hasGit)('what cannot be compared', () => {
  test.each([
    ['a revision that is none', 'nope:plans/digits.tiers', 'unknown-revision'],
    ['an option in the place of a revision', '--output=x:plans/digits.tiers', 'unknown-revision'],
    ['a file that the revision does not have', 'HEAD:plans/other.tiers', 'file-not-found'],
    ['a folder', 'HEAD:plans', 'file-not-found'],
    ['a way out of the repository', 'HEAD:../plans/digits.tiers', 'file-not-found'],
    ['a tree, not a commit', 'HEAD^{tree}:plans/digits.tiers', 'unknown-revision'],
    ['a file that is none', 'nowhere.onnx', 'file-not-found'],
  ])('%s', async (_, side, code) => {
    const ran = await product.run(['diff', '--json', '--quiet', '--', side, 'plans/digits.tiers'], { cwd: repository });
    expect([ran.code, errorCode(ran)]).toEqual([1, code]);
  });

  test('outside of a repository', async () => {
    const folder = product.digits();
    writeFileSync(join(folder, '.git'), 'gitdir: /nowhere');
    const ran = await product.run(['diff', '--json', '--quiet', 'HEAD:digits.onnx', 'digits.onnx'], { cwd: folder });
    expect([ran.code, errorCode(ran)]).toEqual([1, 'not-a-repository']);
  });

  test('in a bare repository, which has no files', async () => {
    const folder = product.scratch();
    gitIn(folder, 'init', '-q', '--bare');
    const ran = await product.run(['diff', '--json', '--quiet', 'HEAD:digits.onnx', smaller], { cwd: folder });
    expect([ran.code, errorCode(ran)]).toEqual([1, 'bare-repository']);
  });

  test('a drive letter is no revision where there are drives', () => {
    expect(revisionPath('v:digits.tiers', 'win32')).toBeUndefined();
    expect(revisionPath('v:digits.tiers', 'linux')).toEqual({ revision: 'v', path: 'digits.tiers' });
  });

  test('a target that is none', async () => {
    const ran = await run([...both, '--target', 'nope', '--json']);
    expect([ran.code, errorCode(ran)]).toEqual([2, 'unknown-target']);
  });
});

describe.skipIf(!hasGit)('Git LFS', () => {
  const bytes = readFileSync(smaller);
  const oid = hashOf(bytes);
  const pointer = (size = bytes.length): string => `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`;
  const objectPath = (): string => join(repository, '.git/lfs/objects', oid.slice(0, 2), oid.slice(2, 4), oid);

  test('a pointer whose object is not there says how to get it; one that is there is used, when it is what the pointer says', async () => {
    git('checkout', '-q', '-b', 'lfs');
    writeFileSync(join(repository, 'plans/digits.onnx'), pointer());
    commit('a pointer');
    const missing = await run(['main:plans/digits.tiers', 'lfs:plans/digits.tiers', '--json']);
    expect([missing.code, errorCode(missing)]).toEqual([1, 'git-lfs-pointer']);
    expect(missing.stdout).toContain('git lfs fetch --include');
    const checkedOut = await run(['main:plans/digits.tiers', 'plans/digits.tiers', '--json']);
    expect([checkedOut.code, errorCode(checkedOut)]).toEqual([1, 'git-lfs-pointer']);

    mkdirSync(dirname(objectPath()), { recursive: true });
    writeFileSync(objectPath(), bytes);
    const found = await compared('main:plans/digits.tiers', 'lfs:plans/digits.tiers');
    expect(found.after.model?.sha256).toBe(oid);
    appendFileSync(objectPath(), 'x');
    expect(errorCode(await run(['main:plans/digits.tiers', 'lfs:plans/digits.tiers', '--json']))).toBe('git-lfs-pointer');
    git('checkout', '-q', 'main');
  });
});

describe.skipIf(!hasGit)('a repository from strangers', () => {
  test('no hook, filter, text conversion, monitor or pager of it runs', async () => {
    git('checkout', '-q', '-b', 'hostile');
    const trace = join(repository, '.git/trace');
    const script = join(repository, '.git/evil.sh');
    writeFileSync(script, `#!/bin/sh\ntouch '${trace}'\ncat\n`);
    chmodSync(script, 0o755);
    for (const hook of ['post-checkout', 'pre-commit', 'reference-transaction', 'fsmonitor-watchman'])
      cpSync(script, join(repository, '.git/hooks', hook));
    writeFileSync(join(repository, '.gitattributes'), '* filter=evil diff=evil\n');
    commit('attributes');
    rmSync(trace, { force: true });
    for (const [key, value] of Object.entries({
      'filter.evil.smudge': script,
      'filter.evil.clean': script,
      'filter.evil.process': script,
      'diff.evil.textconv': script,
      'core.fsmonitor': script,
      'core.pager': script,
      'core.sshCommand': script,
    }))
      git('config', key, value);
    rmSync(trace, { force: true });
    const document = await compared('HEAD~1:plans/digits.tiers', 'HEAD:plans/digits.tiers');
    expect(document.layers).toHaveLength(3);
    expect(existsSync(trace)).toBe(false);
    // The bait works: asked for filters, git runs them.
    git('config', '--unset', 'filter.evil.process');
    git('cat-file', '--filters', 'HEAD:plans/digits.tiers');
    expect(existsSync(trace)).toBe(true);
    git('config', '--remove-section', 'filter.evil');
    git('config', '--unset', 'core.fsmonitor');
    git('checkout', '-q', 'main');
  });

  test.each([
    ['names a program', (folder: string) => folder, []],
    ['is one, which its configuration allows', (_: string, script: string) => `ext::${script}`, [['protocol.ext.allow', 'always']]],
  ] as const)('a file that a partial clone lacks is not fetched: the remote %s', async (_, url, more) => {
    const folder = product.digits();
    const [trace, script] = [join(folder, 'trace'), join(folder, 'evil.sh')];
    writeFileSync(script, `#!/bin/sh\ntouch '${trace}'\n`);
    chmodSync(script, 0o755);
    const own = (...words: readonly string[]): string => gitIn(folder, ...words);
    own('init', '-q');
    own('add', 'digits.onnx');
    own('commit', '-q', '-m', 'a model');
    const oid = own('rev-parse', 'HEAD:digits.onnx').trim();
    rmSync(join(folder, '.git/objects', oid.slice(0, 2), oid.slice(2)));
    for (const [key, value] of [
      ['core.repositoryformatversion', '1'],
      ['extensions.partialClone', 'origin'],
      ['remote.origin.promisor', 'true'],
      ['remote.origin.url', url(folder, script)],
      ['remote.origin.uploadpack', script],
      ['protocol.file.allow', 'always'],
      ...more,
    ] as const)
      own('config', key, value);
    const ran = await withOldGit(() => run(['HEAD:digits.onnx', 'digits.onnx', '--json'], folder));
    expect([ran.code, errorCode(ran), existsSync(trace)]).toEqual([1, 'file-not-found', false]);
    // The bait works: git by itself takes it.
    expect(() => own('cat-file', 'blob', oid)).toThrow();
    expect(existsSync(trace)).toBe(true);
  });

  test('a link in a revision does not lead out of it', async () => {
    git('checkout', '-q', '-b', 'links');
    rmSync(join(repository, 'plans/digits.onnx'));
    execFileSync('ln', ['-s', '/etc/hostname', join(repository, 'plans/digits.onnx')]);
    commit('a link');
    const ran = await run(['main:plans/digits.tiers', 'links:plans/digits.tiers', '--json']);
    expect(ran.code).toBe(1);
    git('checkout', '-q', 'main');
  });
});

describe.skipIf(!hasGit)('what a revision does not hold', () => {
  test('comes from the working tree and is said: a model that is not under version control', async () => {
    git('checkout', '-q', '-b', 'untracked');
    git('rm', '-q', '--cached', 'plans/digits.onnx', 'plans/digits.npz');
    writeFileSync(join(repository, '.gitignore'), '*.onnx\n*.npz\n');
    commit('models and data stay outside');
    const document = await compared('HEAD:plans/digits.tiers', 'plans/digits.tiers');
    expect(document.diagnostics.filter((d) => d.code === 'diff-not-in-revision').map((d) => d.message)).toEqual([
      'HEAD: the revision does not hold the model "plans/digits.onnx", so the file of today is used',
      'HEAD: the revision does not hold the data "plans/digits.npz", so the file of today is used',
    ]);
    expect(document.totals.inference.change).toBe(0);
    git('checkout', '-q', '-f', 'main');
  });
});

test('a record beside the model tells its accuracy, by its hashes', async () => {
  const folder = product.digits();
  const fit = await product.run(['fit', 'digits.tiers', '--backend', 'cpu', '--quiet'], { cwd: folder });
  expect(fit.code).toBe(0);
  const words = ['diff', 'digits.onnx', 'digits.fitted.onnx', '--json', '--quiet'];
  const document = v.parse(diffSchema, documentOf(await product.run(words, { cwd: folder })));
  const record = JSON.parse(readFileSync(join(folder, 'digits.fitted.json'), 'utf8')) as { evaluation: { before: number; after: number } };
  expect(document.before.quality).toMatchObject({ value: record.evaluation.before, from: 'digits.fitted.json, before the fit' });
  expect(document.after.quality).toMatchObject({ value: record.evaluation.after, from: 'digits.fitted.json, after the fit' });
  expect(document.qualityChange).toBe(record.evaluation.after - record.evaluation.before);
  appendFileSync(join(folder, 'digits.onnx'), Buffer.from([0x42, 0x00]));
  const changed = v.parse(diffSchema, documentOf(await product.run(words, { cwd: folder })));
  expect([changed.before.quality, changed.qualityChange]).toEqual([null, null]);
});

describe.skipIf(!hasGit)('accuracy of a side', () => {
  interface Record {
    readonly evaluation: { before: number; after: number };
    readonly hashes: { data: string };
  }
  const plan = 'digits.tiers';

  test('is that of its own records: one of a revision does not count for the model of today, however late it was taken out', async () => {
    const folder = product.digits();
    expect((await product.run(['fit', plan, '--backend', 'cpu', '--quiet'], { cwd: folder })).code).toBe(0);
    const path = join(folder, 'digits.fitted.json');
    const own = (...words: readonly string[]): string => gitIn(folder, ...words);
    const change = (after: number): void =>
      edit(path, (text) => {
        const record = JSON.parse(text) as Record;
        return JSON.stringify({ ...record, evaluation: { ...record.evaluation, after } });
      });
    change(0.5);
    own('init', '-q');
    own('add', '-A');
    own('commit', '-q', '-m', 'an old record');
    change(0.75);
    const document = v.parse(diffSchema, documentOf(await run([`HEAD:${plan}`, plan, '--json'], folder)));
    expect([document.before.quality?.value, document.after.quality?.value]).toEqual([0.5, 0.75]);
    expect(document.diagnostics.map((d) => d.code)).not.toContain('diff-accuracy-data');
    // Other data than the record's: the accuracy is shown, and said to be out of date.
    appendFileSync(join(folder, 'digits.npz'), 'x');
    const other = v.parse(diffSchema, documentOf(await run([`HEAD:${plan}`, plan, '--json'], folder)));
    expect(other.diagnostics.filter((d) => d.code === 'diff-accuracy-data').map((d) => d.where.path)).toEqual([plan]);
  });

  test('budgets are judged with the figures of check', async () => {
    const folder = product.digits();
    edit(join(folder, plan), (text) =>
      text.replace('targets forward-projection seed 7', 'targets forward-projection seed 7\n  budget 1 mJ per fit'),
    );
    expect((await product.run(['fit', plan, '--quiet'], { cwd: folder })).code).toBe(0);
    const check = documentOf(await product.run(['check', plan, '--json'], { cwd: folder })) as { budgets: unknown };
    const document = v.parse(diffSchema, documentOf(await run(['digits.tiers', plan, '--json'], folder)));
    expect(document.budgets?.after).toEqual(check.budgets);
  });
});

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
