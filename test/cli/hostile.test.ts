import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasShared, projectRoot, shared } from '../shared.ts';
import { buildProduct, documentOf, edit, errorCode } from './product.ts';
import type { Product, Ran } from './product.ts';
import { checkSchema, energySchema, errorSchema, inspectSchema } from './schemas.ts';

/** The project's own samples; the extra material holds the same ones and the bait. */
const samples = hasShared ? shared('material/hostile') : join(projectRoot, 'test/fixtures/onnx/hostile');
const bait = 'A'.repeat(64);
/** Controls a terminal would obey, direction marks that reorder a line, invisible characters. Line breaks are ours. */
const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

/** What every sample must give: the code of its finding, and what the message or place names. Undefined: it opens. */
const required: readonly (readonly [string, string | undefined, RegExp])[] = [
  ['ext/dotdot.onnx', 'external-data-outside', /"w\\?"/],
  ['ext/symlink_file.onnx', 'external-data-outside', /"w\\?"/],
  ['t_dims_2e62.onnx', 'tensor-size-overflow', /byte 35/],
  ['w_trunc_7.onnx', 'truncated-model', /byte 3/],
  ['w_trunc_78.onnx', 'truncated-model', /byte 76/],
  ['g_cycle.onnx', 'graph-cycle', /cycle: .*"[a-z]\\?" -> .*"[a-z]\\?"/],
  ['g_xss.onnx', undefined, /./],
  ['f_lfs_pointer.onnx', 'git-lfs-pointer', /Git LFS pointer/],
];

let product: Product;
let folder = '';
beforeAll(async () => {
  product = await buildProduct();
  folder = product.scratch();
  cpSync(samples, folder, { recursive: true, filter: (from) => !from.endsWith('link.bin') });
  for (const path of [folder, join(folder, 'ext')]) chmodSync(path, 0o755);
  if (!readdirSync(folder).includes('secret.bin')) writeFileSync(join(folder, 'secret.bin'), bait);
  symlinkSync('../secret.bin', join(folder, 'ext/link.bin'));
});
afterAll(() => product.remove());

/** Bounds that hold for every run on every hostile file. */
function expectBounded(ran: Ran): void {
  expect(ran.code === 0 || ran.code === 1).toBe(true);
  expect(ran.cpuMs).toBeLessThan(5000);
  expect(ran.maxRssBytes).toBeLessThan(500e6);
  for (const text of [ran.stdout, ran.stderr]) {
    expect(text).not.toMatch(unsafe);
    expect(text).not.toContain(bait.slice(0, 16));
    expect(text).not.toContain(Buffer.from(bait).toString('base64').slice(0, 16));
  }
}

async function all(
  file: string,
): Promise<Record<'inspect' | 'text' | 'energy' | 'html' | 'check' | 'checkText' | 'planEnergy' | 'fit', Ran>> {
  const plan = `${file}.tiers`;
  const name = file.split('/').at(-1) ?? file;
  writeFileSync(join(folder, plan), `model "${name}"\nlower tier a {\n  layers "x"\n}\n`);
  const run = (...words: string[]): Promise<Ran> => product.run(words, { cwd: folder });
  const [inspect, text, energy, html] = await Promise.all([
    run('inspect', file, '--json'),
    run('inspect', file),
    run('energy', file, '--json'),
    run('energy', file, '--format', 'html'),
  ]);
  const [check, checkText, planEnergy, fit] = await Promise.all([
    run('check', plan, '--json'),
    run('check', plan),
    run('energy', plan, '--json'),
    run('fit', plan, '--json'),
  ]);
  return { inspect, text, energy, html, check, checkText, planEnergy, fit };
}

describe('hostile samples', () => {
  test.each(required)('%s', async (file, code, pattern) => {
    const ran = await all(file);
    for (const one of Object.values(ran)) expectBounded(one);
    const document = v.parse(inspectSchema, documentOf(ran.inspect));
    const found = document.diagnostics.find((d) => d.severity === 'error');
    expect(found?.code).toBe(code);
    expect(ran.inspect.code).toBe(code === undefined ? 0 : 1);
    if (found !== undefined) {
      expect(`${found.message} byte ${found.where.byteOffset} "${found.where.tensor}"`).toMatch(pattern);
      expect(ran.text.stdout).toContain(found.code);
    }
    expect(v.safeParse(checkSchema, documentOf(ran.check)).issues).toBeUndefined();
    expect(v.safeParse(errorSchema, documentOf(ran.fit)).issues).toBeUndefined();
    for (const one of [ran.energy, ran.planEnergy])
      expect(v.safeParse(v.union([energySchema, errorSchema]), documentOf(one)).issues).toBeUndefined();
    expect(readdirSync(folder, { recursive: true }).filter((name) => /fitted|\.tmp/.test(String(name)))).toEqual([]);
  });

  test('names of g_xss are text: whole in JSON, inert on the terminal, escaped in HTML', async () => {
    const { inspect, text, html } = await all('g_xss.onnx');
    const document = v.parse(inspectSchema, documentOf(inspect));
    // JSON hands over the real names, whatever is in them; expectBounded saw that their bytes are escaped.
    expect(document.model.producer).toMatch(unsafe);
    expect(text.stdout).toMatch(/\\u\{1b\}|\\u\{7\}|\\u\{202e\}/);
    expect(html.stdout).not.toMatch(/<(img|script|a)\b[^>]*(onerror|javascript:|command:)/i);
  });

  test('reading the samples opens nothing outside the folder of the model', () => {
    const trace = join(folder, 'trace.txt');
    try {
      execFileSync('strace', ['-f', '-e', 'trace=%file', '-o', trace, process.execPath, product.cli, 'inspect', 'ext/dotdot.onnx'], {
        cwd: folder,
        stdio: 'ignore',
      });
    } catch (error) {
      // strace is not everywhere; an exit code of 1 is the command's own.
      if ((error as { code?: string }).code === 'ENOENT') return expect(true).toBe(true);
    }
    const calls = readFileSync(trace, 'utf8');
    expect(calls).toContain('dotdot.onnx');
    expect(calls).not.toContain('secret.bin');
  });
});

describe('files that are no files', () => {
  const cases: readonly (readonly [string, (path: string) => void, string])[] = [
    ['a pipe', (path) => void execFileSync('mkfifo', [path]), 'not-a-file'],
    ['a folder', (path) => void mkdirSync(path), 'not-a-file'],
    ['a device without end', (path) => symlinkSync('/dev/zero', path), 'not-a-file'],
    ['a link to itself', (path) => symlinkSync(path, path), 'file-not-readable'],
    ['a link to nothing', (path) => symlinkSync('/nowhere/at/all', path), 'file-not-found'],
  ];
  test.each(cases)('%s', async (name, make, code) => {
    const own = product.digits();
    const bad = join(own, 'bad.onnx');
    make(bad);
    const plans: Record<string, string> = {
      'model.tiers': readFileSync(join(own, 'digits.tiers'), 'utf8').replace('digits.onnx', 'bad.onnx'),
      'data.tiers': readFileSync(join(own, 'digits.tiers'), 'utf8').replace('digits.npz', 'bad.npz'),
      'record.tiers': readFileSync(join(own, 'digits.tiers'), 'utf8'),
    };
    make(join(own, 'bad.npz'));
    make(join(own, 'digits.fitted.json'));
    make(join(own, 'bad.tiers'));
    for (const [file, text] of Object.entries(plans)) writeFileSync(join(own, file), text);
    const run = (...words: string[]): Promise<Ran> => product.run([...words, '--json'], { cwd: own });
    expect(errorCode(await run('inspect', 'bad.onnx'))).toBe(code);
    expect(errorCode(await run('check', 'bad.tiers'))).toBe(code);
    for (const plan of ['model.tiers', 'data.tiers']) {
      const checked = await run('check', plan);
      expectBounded(checked);
      expect(v.parse(checkSchema, documentOf(checked)).diagnostics.map((d) => d.severity)).toContain('error');
      expect(errorCode(await run('fit', plan))).toBe('plan-has-errors');
    }
    const energy = await run('energy', 'record.tiers');
    expectBounded(energy);
    expect([energy.code, name]).toEqual([0, name]);
    expect(errorCode(await run('eval', 'digits.onnx', '--data', 'bad.npz'))).toBe('data-unreadable');
  });

  test('an empty file, and one that may not be read', async () => {
    const own = product.digits();
    writeFileSync(join(own, 'empty.onnx'), '');
    writeFileSync(join(own, 'empty.tiers'), '');
    writeFileSync(join(own, 'closed.onnx'), 'x', { mode: 0 });
    const run = (...words: string[]): Promise<Ran> => product.run([...words, '--json'], { cwd: own });
    expect(v.parse(inspectSchema, documentOf(await run('inspect', 'empty.onnx'))).diagnostics.map((d) => d.code)).toEqual(['empty-file']);
    const checked = await run('check', 'empty.tiers');
    expect([checked.code, v.parse(checkSchema, documentOf(checked)).model]).toEqual([1, null]);
    expect(errorCode(await run('energy', 'empty.tiers'))).toBe('plan-has-errors');
    // The superuser may read everything.
    const closed = await run('inspect', 'closed.onnx');
    if (process.getuid?.() === 0) expect(closed.code).toBe(1);
    else expect(errorCode(closed)).toBe('file-not-readable');
  });

  test.skipIf(process.platform !== 'linux')('files of /proc that state no size are empty', async () => {
    const ran = await product.run(['inspect', '/proc/self/pagemap', '--json']);
    expectBounded(ran);
    expect(v.parse(inspectSchema, documentOf(ran)).diagnostics.map((d) => d.code)).toEqual(['empty-file']);
    const own = product.digits();
    edit(join(own, 'digits.tiers'), (text) => text.replace('digits.onnx', '/proc/self/pagemap'));
    expectBounded(await product.run(['check', 'digits.tiers', '--json'], { cwd: own }));
  });

  test('a plan of 2 MB is refused by its size', async () => {
    const own = product.digits();
    edit(join(own, 'digits.tiers'), (text) => text + `// ${'x'.repeat(2 << 20)}\n`);
    for (const command of ['check', 'energy', 'fit']) {
      const ran = await product.run([command, 'digits.tiers', '--json'], { cwd: own });
      expectBounded(ran);
      expect(errorCode(ran)).toBe('file-too-large');
    }
  });

  test('a large plan below the limit ends soon', async () => {
    const own = product.digits();
    edit(join(own, 'digits.tiers'), (text) => text + 'lower tier a { layers "/fc1/Gemm" }\n'.repeat(20_000));
    const ran = await product.run(['check', 'digits.tiers', '--json'], { cwd: own });
    expectBounded(ran);
    expect(v.parse(checkSchema, documentOf(ran)).diagnostics.length).toBeLessThan(500);
  });
});

describe('a plan does not leave its folder', () => {
  test.each([
    ['by ..', '../other/digits.onnx', true],
    ['by a link to a file', 'link.onnx', true],
    ['by a link to a folder', 'there/digits.onnx', true],
    ['by a link that stays', 'stays.onnx', false],
  ])('%s', async (_name, path, refused) => {
    const root = product.scratch();
    mkdirSync(join(root, 'plan'));
    mkdirSync(join(root, 'other'));
    for (const [from, to] of [
      ['digits.onnx', 'other/digits.onnx'],
      ['digits.npz', 'plan/digits.npz'],
      ['digits.onnx', 'plan/own.onnx'],
    ] as const)
      copyFileSync(join(projectRoot, 'examples/digits', from), join(root, to));
    symlinkSync('../other/digits.onnx', join(root, 'plan/link.onnx'));
    symlinkSync('../other', join(root, 'plan/there'));
    symlinkSync('own.onnx', join(root, 'plan/stays.onnx'));
    const text = readFileSync(join(projectRoot, 'examples/digits/digits.tiers'), 'utf8');
    writeFileSync(join(root, 'plan/p.tiers'), text.replace('digits.onnx', path));
    const run = (...words: string[]): Promise<Ran> => product.run(words, { cwd: join(root, 'plan') });
    const found = v.parse(checkSchema, documentOf(await run('check', 'p.tiers', '--json'))).diagnostics.map((d) => d.code);
    expect(found.includes('path-outside-folder')).toBe(refused);
    // Nothing of a refused model is shown.
    const energy = await run('energy', 'p.tiers', '--json');
    expect(energy.code).toBe(refused ? 1 : 0);
    expect(energy.stdout.includes('/fc1/Gemm')).toBe(!refused);
    expect((await run('fit', 'p.tiers', '--backend', 'cpu', '--quiet')).code).toBe(refused ? 1 : 0);
    expect(readdirSync(join(root, 'other'))).toEqual(['digits.onnx']);
  });

  test('data behind a link is refused the same way', async () => {
    const own = product.digits();
    const outside = product.digits();
    symlinkSync(join(outside, 'digits.npz'), join(own, 'link.npz'));
    edit(join(own, 'digits.tiers'), (text) => text.replace('digits.npz', 'link.npz'));
    const ran = await product.run(['fit', 'digits.tiers', '--json'], { cwd: own });
    expect(ran.stdout).toMatch(/path-outside-folder.*symbolic link/);
    // The author's explicit word, an absolute path, is taken.
    edit(join(own, 'digits.tiers'), (text) => text.replace('link.npz', join(outside, 'digits.npz')));
    expect((await product.run(['fit', 'digits.tiers', '--backend', 'cpu', '--quiet'], { cwd: own })).code).toBe(0);
    expect(statSync(join(own, 'digits.fitted.onnx')).isFile()).toBe(true);
  });

  test('escape sequences in paths and arguments stay off the terminal', async () => {
    const own = product.digits();
    edit(join(own, 'digits.tiers'), (text) =>
      text.replace('"digits.npz"', '"\u001b[31m\u202ex.npz"').replace('features', 'fea\u0007tures'),
    );
    for (const words of [
      ['check', 'digits.tiers'],
      ['fit', 'digits.tiers'],
      ['check', 'digits.tiers', '--format', 'sarif'],
      ['inspect', '\u001b[2J.onnx'],
      ['\u001b]0;x\u0007'],
    ]) {
      const ran = await product.run(words, { cwd: own });
      expect(ran.code).toBeGreaterThan(0);
      expect(ran.stdout + ran.stderr).not.toMatch(unsafe);
    }
  });
});
