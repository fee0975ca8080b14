import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeArrayFile, encodeArrayFile } from '../../solver-core/data/array-file.ts';
import { splitRows } from '../../solver-core/fit/split.ts';
import { projectRoot } from '../shared.ts';
import { expectGolden } from '../solver-core/report/golden.ts';
import { bytesOf, copyInto, digits, fittedFolder, learn, smallFolder, writeRows } from './learn-tools.ts';
import type { Digits } from './learn-tools.ts';
import { buildProduct, documentOf, edit, errorCode } from './product.ts';
import type { Product, Ran } from './product.ts';

let product: Product;
let data: Digits;
let base = '';
const files = ['digits.onnx', 'digits.npz', 'digits.tiers', 'digits.fitted.onnx', 'digits.fitted.json'];
const learnedFiles = ['digits.learned.onnx', 'digits.learned.json', 'digits.learned.state'];
/** Rows that take a while batch by batch, so that a run can be met in the middle. */
let manyRows: readonly number[];

beforeAll(async () => {
  product = await buildProduct();
  data = await digits();
  base = await fittedFolder(product);
  writeRows(join(base, 'first.csv'), data, data.of([1, 2], 128));
  await learn(product, base, 'digits.tiers --data first.csv');
  manyRows = Array.from({ length: 2 * 1797 }, (_, i) => i % 1797);
});
afterAll(() => product.remove());

/** A folder in which digits have been learned once. */
function learnedFolder(): string {
  const folder = product.scratch();
  copyInto(folder, base, ...files, ...learnedFiles);
  return folder;
}

const run = (words: string, cwd: string): Promise<Ran> => product.run(words.split(' '), { cwd });
const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

describe('a run that is killed', () => {
  test('at any moment leaves state and model whole, and can be run again to the same end', async () => {
    const whole = learnedFolder();
    writeRows(join(whole, 'more.csv'), data, manyRows);
    await learn(product, whole, 'digits.tiers --data more.csv --batch 32');
    const old = learnedFiles.map((name) => hash(join(base, name)));
    const done = learnedFiles.map((name) => hash(join(whole, name)));
    const seen = new Set<string>();
    // Stages as they are told on stderr; "learning" is met again after more and more batches, "writing" among the renames.
    const moments = ['preparing', 'evaluating before', 'learning', 'evaluating after', 'writing', 'writing', 'writing', 'writing'];
    for (const [at, moment] of moments.entries()) {
      const folder = learnedFolder();
      copyFileSync(join(whole, 'more.csv'), join(folder, 'more.csv'));
      await killedAt(folder, moment, moment === 'writing' ? at - 4 : 0);
      const now = learnedFiles.map((name) => (existsSync(join(folder, name)) ? hash(join(folder, name)) : 'none'));
      // Each file is the old one or the new one in full (a record names its folder, so it is only looked at as JSON).
      for (const i of [0, 2]) expect([old[i], done[i]]).toContain(now[i]);
      expect(() => JSON.parse(readFileSync(join(folder, learnedFiles[1]!), 'utf8')) as unknown).not.toThrow();
      // The state comes last: a new one never stands beside an old model.
      if (now[2] === done[2]) expect(now[0]).toBe(done[0]);
      seen.add(now[2] === done[2] ? 'done' : 'not done');
      if (now[2] === done[2]) continue;
      const again = await learn(product, folder, 'digits.tiers --data more.csv --batch 32');
      expect(hash(join(folder, learnedFiles[2]!))).toBe(done[2]);
      expect(hash(join(folder, learnedFiles[0]!))).toBe(done[0]);
      const differs = again.diagnostics.some(({ code }) => code === 'learned-model-differs');
      expect(differs).toBe(now[0] === done[0]);
    }
    expect(seen).toContain('not done');
  });

  test('between its renames is noticed and explained by the next one', async () => {
    const folder = learnedFolder();
    writeRows(join(folder, 'more.csv'), data, data.of([3], 64));
    const state = readFileSync(join(folder, 'digits.learned.state'));
    await learn(product, folder, 'digits.tiers --data more.csv');
    const done = bytesOf(folder, 'digits.learned.onnx', 'digits.learned.state');
    // As it is when the machine stops after the model got its name and before the state did.
    writeFileSync(join(folder, 'digits.learned.state'), state);
    const again = await learn(product, folder, 'digits.tiers --data more.csv');
    expect(again.diagnostics.find(({ code }) => code === 'learned-model-differs')?.message).toContain('can be learned again');
    expect(bytesOf(folder, 'digits.learned.onnx', 'digits.learned.state')).toEqual(done);
  });

  test('has named the state last: model and record are there before it', () => {
    const folder = learnedFolder();
    writeRows(join(folder, 'more.csv'), data, data.of([3], 64));
    const trace = join(folder, 'trace.txt');
    const words = ['-f', '-y', '-e', 'trace=rename,renameat,renameat2,fsync', '-o', trace, process.execPath, product.cli];
    try {
      execFileSync('strace', [...words, 'learn', 'digits.tiers', '--data', 'more.csv'], { cwd: folder, stdio: 'ignore' });
    } catch (error) {
      // strace is not everywhere.
      if ((error as { code?: string }).code === 'ENOENT') return expect(true).toBe(true);
      throw error;
    }
    const calls = readFileSync(trace, 'utf8')
      .split('\n')
      .filter((call) => /digits\.learned/.test(call));
    const kinds = calls.map((call) => (/fsync/.test(call) ? 'sync' : (/digits\.learned\.(\w+)"\)? /.exec(call)?.[1] ?? call)));
    expect(kinds).toEqual(['sync', 'sync', 'sync', 'onnx', 'json', 'state']);
  });

  /** Starts a run and kills it when it tells this stage, after a few turns of the event loop. */
  async function killedAt(folder: string, stage: string, turns: number): Promise<void> {
    const child = product.start('learn digits.tiers --data more.csv --batch 32'.split(' '), folder);
    const ended = once(child, 'exit');
    let told = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      const before = told;
      told += chunk.toString('utf8');
      if (before.includes(`… ${stage}\n`) || !told.includes(`… ${stage}\n`)) return;
      let left = turns;
      const turn = (): void => void (left-- > 0 ? setImmediate(turn) : child.kill('SIGKILL'));
      turn();
    });
    await ended;
  }
});

describe('Ctrl-C', () => {
  /** Thousands of batches: the signal always meets the run in the middle. */
  const longRows = Array.from({ length: 8 * 1797 }, (_, i) => i % 1797);

  async function interrupted(folder: string, words: string): Promise<{ readonly code: number | null; readonly stdout: string }> {
    writeRows(join(folder, 'more.csv'), data, longRows);
    const child = product.start(
      ['learn', 'digits.tiers', '--data', 'more.csv', '--batch', '4', '--json', ...words.split(' ').filter(Boolean)],
      folder,
    );
    let [told, stdout, isAsked] = ['', '', false];
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.stderr?.on('data', (chunk: Buffer) => {
      told += chunk.toString('utf8');
      // Once: a second Ctrl-C ends the process at once.
      if (told.includes('… learning\n') && !isAsked) isAsked = child.kill('SIGINT');
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout };
  }

  test('ends the run with nothing written', async () => {
    const folder = learnedFolder();
    const before = bytesOf(folder, ...learnedFiles);
    const { code, stdout } = await interrupted(folder, '');
    expect([code, JSON.parse(stdout)]).toMatchObject([130, { schema: 'tierwise.error/1', error: { code: 'cancelled' } }]);
    expect(bytesOf(folder, ...learnedFiles)).toEqual(before);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('with --keep keeps the whole batches, as a run over just these rows would have', async () => {
    const folder = learnedFolder();
    const { code, stdout } = await interrupted(folder, '--keep');
    const record = JSON.parse(stdout) as { totals: { rows: number }; diagnostics: { code: string }[] };
    expect(code).toBe(130);
    expect(record.diagnostics.map((d) => d.code)).toContain('stopped-early');
    expect(record.totals.rows).toBeLessThan(longRows.length);
    const other = learnedFolder();
    writeRows(join(other, 'some.csv'), data, longRows.slice(0, record.totals.rows));
    await learn(product, other, 'digits.tiers --data some.csv --batch 4');
    expect(bytesOf(folder, 'digits.learned.onnx', 'digits.learned.state')).toEqual(
      bytesOf(other, 'digits.learned.onnx', 'digits.learned.state'),
    );
  });
});

describe('a state that does not fit is refused and nothing is written', () => {
  const state = 'digits.learned.state';
  const changes: readonly (readonly [string, string, (folder: string) => void])[] = [
    ['cut short', 'state-damaged', (f) => writeFileSync(join(f, state), readFileSync(join(f, state)).subarray(0, -1000))],
    ['with one other bit', 'state-damaged', (f) => flip(join(f, state))],
    ['that is another file', 'state-not-ours', (f) => copyFileSync(join(f, 'digits.onnx'), join(f, state))],
    ['that is empty', 'state-not-ours', (f) => writeFileSync(join(f, state), '')],
    ['of another kind', 'state-wrong-kind', (f) => rewrite(join(f, state), 'tierwise-stats', 1, (header) => header)],
    ['of a newer version', 'state-too-new', (f) => rewrite(join(f, state), 'tierwise-learning', 2, (header) => header)],
    [
      'with a right checksum over nonsense',
      'state-damaged',
      (f) => rewrite(join(f, state), 'tierwise-learning', 1, (header) => ({ ...header, drift: { options: {}, samples: 'x' } })),
    ],
    [
      'with positions beyond its rows',
      'state-damaged',
      (f) =>
        rewrite(join(f, state), 'tierwise-learning', 1, (header) => ({
          ...header,
          policy: { ...(header['policy'] as object), absorbed: 7 },
        })),
    ],
    [
      'with a learner of other sizes',
      'state-damaged',
      (f) =>
        rewrite(join(f, state), 'tierwise-learning', 1, (header) => ({
          ...header,
          learner: { ...(header['learner'] as object), outputs: 9 },
        })),
    ],
    [
      'of another learner clause',
      'state-other-learner',
      (f) => edit(join(f, 'digits.tiers'), (text) => text.replace('forgetting 1.0', 'forgetting 0.9')),
    ],
  ];

  test.each(changes)('%s', async (_, code, change) => {
    const folder = learnedFolder();
    writeRows(join(folder, 'more.csv'), data, data.of([3], 64));
    change(folder);
    const before = bytesOf(folder, ...learnedFiles);
    for (const words of ['learn digits.tiers --data more.csv --json', 'unlearn digits.tiers --data more.csv --rows all --json']) {
      const ran = await run(words, folder);
      expect([ran.code, errorCode(ran)]).toEqual([1, code]);
    }
    expect(bytesOf(folder, ...learnedFiles)).toEqual(before);
  });

  test('of another lower tier', async () => {
    const folder = learnedFolder();
    writeRows(join(folder, 'more.csv'), data, data.of([3], 64));
    edit(join(folder, 'digits.tiers'), (text) => text.replace('seed 7', 'seed 8'));
    await run('fit digits.tiers --quiet', folder);
    const ran = await run('learn digits.tiers --data more.csv --json', folder);
    expect(errorCode(ran)).toBe('state-other-lower-tier');
    // Without the state the run starts anew.
    expect((await run('learn digits.tiers --data more.csv --state other.state', folder)).code).toBe(0);
  });

  function flip(path: string): void {
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    writeFileSync(path, bytes);
  }

  function rewrite(
    path: string,
    kind: string,
    version: number,
    change: (header: Record<string, unknown>) => Record<string, unknown>,
  ): void {
    const { value } = decodeArrayFile('tierwise-learning', 1, readFileSync(path));
    writeFileSync(path, encodeArrayFile(kind, version, { header: change({ ...value!.header }), arrays: value!.arrays }));
  }
});

describe('bad input is named and nothing is written', () => {
  const line = (count: number, value = '0.5'): string => Array.from({ length: count }, () => value).join(',');
  const cases: readonly (readonly [string, string, (folder: string) => void])[] = [
    ['new.csv', 'data-shape-mismatch', (f) => writeFileSync(join(f, 'new.csv'), `${line(12)},1\n${line(12)},2\n`)],
    ['new.csv', 'csv-not-numeric', (f) => writeFileSync(join(f, 'new.csv'), `${line(64)},1\n${line(63)},what,2\n`)],
    ['cut.npz', 'data-truncated', (f) => writeFileSync(join(f, 'cut.npz'), readFileSync(join(f, 'digits.npz')).subarray(0, -2000))],
    ['gone.npz', 'data-unreadable', () => undefined],
    ['new.csv', 'labels-do-not-fit', (f) => writeFileSync(join(f, 'new.csv'), `${line(64)},1.5\n${line(64)},2.25\n`)],
  ];

  test.each(cases)('%s: %s', async (file, code, make) => {
    const folder = learnedFolder();
    make(folder);
    const before = bytesOf(folder, ...learnedFiles);
    const ran = await run(`learn digits.tiers --data ${file} --json`, folder);
    expect([ran.code, errorCode(ran)]).toEqual([1, code]);
    expect((documentOf(ran) as { error: { message: string } }).error.message).toContain(file);
    expect(bytesOf(folder, ...learnedFiles)).toEqual(before);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test.each([
    ['learn digits.tiers --json', 2, 'usage'],
    ['learn digits.tiers --data more.csv --batch 0 --json', 2, 'usage'],
    ['learn digits.tiers --data more.csv --batch 100000 --json', 2, 'usage'],
    ['learn digits.tiers --data more.csv --policy often --json', 2, 'usage'],
    ['learn digits.tiers --data more.csv --rows 1 --json', 2, 'usage'],
    ['learn digits.tiers --data more.csv --out digits.onnx --json', 2, 'output-would-overwrite'],
    ['learn digits.tiers --data more.csv --out more.csv --json', 2, 'output-would-overwrite'],
    ['learn digits.tiers --data more.csv --out digits.fitted.onnx --json', 2, 'output-would-overwrite'],
    ['learn digits.tiers --data more.csv --state digits.tiers --json', 2, 'output-would-overwrite'],
    ['learn digits.tiers --data more.csv --out a.onnx --state a.onnx --json', 2, 'output-would-overwrite'],
    ['learn digits.tiers --data more.csv --state nowhere/a.state --json', 1, 'file-not-writable'],
    ['unlearn digits.tiers --data more.csv --json', 2, 'usage'],
    ['unlearn digits.tiers --data more.csv --rows 0..64 --json', 2, 'rows-out-of-range'],
    ['unlearn digits.tiers --data more.csv --rows 5..3 --json', 2, 'rows-invalid'],
    ['unlearn digits.tiers --data more.csv --rows 1,,2 --json', 2, 'rows-invalid'],
    ['unlearn digits.tiers --data more.csv --rows -1 --json', 2, 'usage'],
    ['unlearn digits.tiers --data more.csv --rows all --json', 1, 'rows-not-learned'],
    ['unlearn digits.tiers --data more.csv --rows all --state none.state --json', 1, 'no-state'],
  ])('%s', async (words, exit, code) => {
    const folder = learnedFolder();
    // Rows that the plan holds out: nobody has learned them.
    writeRows(join(folder, 'more.csv'), data, [...splitRows(1797, 0.8, 1).heldOut].filter((r) => data.y[r]! > 2).slice(0, 64));
    const before = readdirSync(folder).map((name) => hash(join(folder, name)));
    const ran = await run(words, folder);
    expect([ran.code, errorCode(ran)]).toEqual([exit, code]);
    expect(readdirSync(folder).map((name) => hash(join(folder, name)))).toEqual(before);
  });

  test('a hostile model ends the run as it ends a fit', async () => {
    const samples = join(projectRoot, 'test/fixtures/onnx/hostile');
    const folder = product.scratch();
    writeRows(join(folder, 'new.csv'), data, data.of([1], 20));
    for (const name of readdirSync(samples).filter((file) => file.endsWith('.onnx'))) {
      copyFileSync(join(samples, name), join(folder, name));
      writeFileSync(join(folder, 'h.tiers'), `model "${name}"\nbackend cpu\nupper tier a {\n  layers "x"\n  learn rls\n}\n`);
      const before = readdirSync(folder);
      const ran = await run('learn h.tiers --data new.csv --json', folder);
      expect([name, ran.code, errorCode(ran).length > 0]).toEqual([name, 1, true]);
      expect(readdirSync(folder)).toEqual(before);
    }
  });

  test('a model that cannot take more classes', async () => {
    const folder = smallFolder(product, '  learn rls lambda 1\n', 'reshape');
    writeRows(join(folder, 'new.csv'), data, data.of([0, 1, 2], 150));
    const before = readdirSync(folder);
    const ran = await run('learn small.tiers --data new.csv --json', folder);
    expect([ran.code, errorCode(ran)]).toEqual([1, 'head-cannot-grow']);
    expect(readdirSync(folder)).toEqual(before);
  });

  test.each([
    [
      'two upper tiers',
      'one-upper-tier-needed',
      (text: string) =>
        text
          .replace(/,\s*"\/fc2\/Gemm"/, '')
          .replace('upper tier head', 'upper tier more {\n  layers "/fc2/Gemm"\n  learn rls\n}\n\nupper tier head'),
    ],
    ['no upper tier', 'no-upper-tier', (text: string) => text.replace(/upper tier[\s\S]*?\n}/, '')],
    [
      'an upper tier without the last layer',
      'upper-tier-not-last',
      (text: string) => text.replace('"/fc3/Gemm"', '"/fc2/Gemm"').replace(/,\s*"\/fc2\/Gemm"\n/, '\n'),
    ],
  ])('a plan with %s', async (_, code, change) => {
    const folder = learnedFolder();
    edit(join(folder, 'digits.tiers'), change);
    expect(errorCode(await run('learn digits.tiers --data digits.npz --json', folder))).toBe(code);
  });
});

describe('text on a terminal', () => {
  test('of learn and unlearn', async () => {
    const folder = learnedFolder();
    for (const name of learnedFiles) rmSync(join(folder, name));
    edit(join(folder, 'digits.tiers'), (text) => text.replace('forgetting 1.0', 'forgetting 1.0\n  update when gain per joule > 1'));
    writeRows(join(folder, 'new.csv'), data, data.of([5, 6, 7], 200));
    const stable = (text: string): string => text.replaceAll(folder, '<folder>');
    expectGolden('cli/learn.txt', stable((await run('learn digits.tiers --data new.csv --quiet', folder)).stdout));
    expectGolden('cli/unlearn.txt', stable((await run('unlearn digits.tiers --data new.csv --rows 0..9 --quiet', folder)).stdout));
    const small = smallFolder(product, '  learn rls lambda 1\n');
    writeRows(join(small, 'new.csv'), data, data.of([0, 1, 2], 150));
    const text = (await run('learn small.tiers --data new.csv --quiet', small)).stdout.replaceAll(small, '<folder>');
    expectGolden('cli/learn-classes.txt', text);
  });
});
