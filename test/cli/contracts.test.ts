import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectGolden } from '../solver-core/report/golden.ts';
import { buildProduct, documentOf, edit, errorCode } from './product.ts';
import type { Product, Ran } from './product.ts';
import { checkSchema, energySchema, errorSchema, evalSchema, fitSchema, inspectSchema } from './schemas.ts';
import { tolerances } from '../tolerances.ts';
import { weightsSchema } from './weights-schema.ts';

let product: Product;
let folder = '';
beforeAll(async () => {
  product = await buildProduct();
  folder = product.digits();
});
afterAll(() => product.remove());

const run = (words: string, cwd = folder): Promise<Ran> => product.run(words.split(' '), { cwd });

/** Takes out what differs from run to run and machine to machine: folders, hashes, times, and the column widths that follow from times. */
function stable(text: string): string {
  return text
    .replaceAll(folder, '<folder>')
    .replace(/\b[0-9a-f]{64}\b/g, '<sha256>')
    .replace(/\b\d(\.\d+)?e-1[3-9]\b/g, '<rounding>')
    .replace(/^( *\S.*?) +\d+(\.\d+)? (ns|µs|ms|s) +(?=\d|-)/gm, '$1  <time>  ');
}

function packed(text: string): string {
  return text.replace(/ {2,}/g, '  ').replace(/-{3,}/g, '---');
}

describe('--json gives one document of its schema on stdout', () => {
  test.each([
    ['inspect digits.onnx --json', inspectSchema],
    ['inspect digits.onnx --dim batch=3 --json', inspectSchema],
    ['inspect digits.onnx --layer /fc1/Gemm --json', weightsSchema],
    ['inspect digits.onnx --layer /fc1/Gemm --before digits.onnx --bins 8 --json', weightsSchema],
    ['check digits.tiers --json', checkSchema],
    ['check digits.tiers --format json', checkSchema],
    ['energy digits.onnx --json', energySchema],
    ['energy digits.tiers --json', energySchema],
    ['energy digits.tiers --format json --target up5k', energySchema],
    ['energy digits.tiers --json --format html --out report.html', energySchema],
    ['fit digits.tiers --backend cpu --out other.onnx --json', fitSchema],
    ['eval digits.onnx --data digits.npz --json', evalSchema],
  ] as const)('%s', async (words, schema) => {
    const ran = await run(words);
    expect(v.safeParse(schema, documentOf(ran)).issues).toBeUndefined();
    expect(ran.code).toBe(0);
  });

  test('a dimension given by name is used', async () => {
    const at = async (words: string): Promise<v.InferOutput<typeof inspectSchema>> => v.parse(inspectSchema, documentOf(await run(words)));
    const [one, three] = [await at('inspect digits.onnx --json'), await at('inspect digits.onnx --json --dim batch=3')];
    expect(one.totals.macs).toBe(64 * 192 + 192 * 128 + 128 * 10);
    expect(three.totals.macs).toBe(3 * one.totals.macs);
    expect(three.layers[0]?.inputShape).toEqual([3, 64]);
  });

  test('the parts of an energy document add up', async () => {
    const document = v.parse(energySchema, documentOf(await run('energy digits.tiers --json')));
    const sum = document.layers.reduce((total, layer) => total + (layer.inference?.value ?? NaN), 0);
    expect(Math.abs((document.totals.inference?.value ?? NaN) - sum)).toBeLessThanOrEqual(tolerances.sumFp64.relative * sum);
    expect(document.totals.macs).toBe(document.layers.reduce((total, layer) => total + (layer.macs ?? NaN), 0));
  });
});

describe('every failure has its exit code, and with --json a document', () => {
  const usage = [
    'nope',
    'constructor',
    '__proto__',
    'inspect',
    'inspect a.onnx b.onnx',
    'inspect digits.onnx --wat',
    'inspect digits.onnx --target up5k',
    'inspect digits.onnx --dim batch=0',
    'inspect digits.onnx --bins 8',
    'inspect digits.onnx --layer /fc1/Gemm --bins 7',
    'inspect digits.onnx --layer /fc1/Gemm --bins many',
    'inspect digits.onnx --dim batch',
    'check digits.tiers --format csv',
    'energy digits.tiers --format pdf',
    'energy digits.tiers --out digits.tiers',
    'energy digits.tiers --out digits.onnx',
    'energy digits.tiers --out digits.npz',
    'energy digits.onnx --out digits.onnx',
    'energy digits.tiers --target nowhere',
    'fit digits.tiers --backend gpu',
    'fit digits.tiers --out digits.onnx',
    'fit digits.tiers --out digits.npz',
    'fit digits.tiers --out digits.tiers',
    'eval digits.onnx',
  ].map((words) => [words, 2, 'usage'] as const);
  const input = [
    ['inspect none.onnx', 1, 'file-not-found'],
    ['inspect digits.onnx/inside', 1, 'file-not-found'],
    ['inspect .', 1, 'not-a-file'],
    ['inspect digits.onnx --layer nobody', 1, 'unknown-layer'],
    ['check none.tiers', 1, 'file-not-found'],
    ['energy none.onnx', 1, 'file-not-found'],
    ['fit none.tiers', 1, 'file-not-found'],
    ['fit digits.tiers --out none/x.onnx', 1, 'file-not-writable'],
    ['fit digits.tiers --out .', 1, 'file-not-writable'],
    ['eval digits.onnx --data none.npz', 1, 'data-unreadable'],
    ['eval digits.onnx --data digits.npz --labels z', 1, 'array-missing'],
  ] as const;

  test.each([...usage, ...input])('%s: %i', async (words, code, named) => {
    const [text, json] = await Promise.all([run(words), run(`${words} --json`)]);
    expect([text.code, json.code]).toEqual([code, code]);
    expect(text.stdout).toBe('');
    expect(text.stderr).toMatch(/^(… .*\n)*tierwise: .+\n {2}.+\n$/);
    expect(v.safeParse(errorSchema, documentOf(json)).issues).toBeUndefined();
    if (named !== 'usage') expect(errorCode(json)).toBe(named);
  });

  test('formats that are no JSON contradict --json', async () => {
    for (const words of ['energy digits.tiers --json --format csv', 'check digits.tiers --json --format text']) {
      const ran = await run(words);
      expect([ran.code, errorCode(ran)]).toEqual([2, 'usage']);
    }
  });

  test('no command is a usage error', async () => {
    const [text, json] = await Promise.all([product.run([]), product.run(['--json'])]);
    expect([text.code, text.stdout, json.code, errorCode(json)]).toEqual([2, '', 2, 'usage']);
    expect(text.stderr).toMatch(/^tierwise: energy-aware/);
  });

  test('a report overwrites nothing that it reads: records, measurements, targets, calibrations, the log of the epochs', async () => {
    const own = product.digits();
    const files: Readonly<Record<string, string>> = {
      'digits.fitted.json': '{}',
      'digits.fitted.onnx': 'x',
      'digits.measured.json': '[]',
      '.tierwise/targets/mine.json': '{}',
      '.tierwise/calibrations/ecp5-85f.json': '{}',
      'log.csv': 'epoch,val_accuracy\n1,0.5\n2,0.9\n',
    };
    mkdirSync(join(own, '.tierwise/targets'), { recursive: true });
    mkdirSync(join(own, '.tierwise/calibrations'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(own, name), text);
    for (const [name, text] of Object.entries(files)) {
      const ran = await run(`energy digits.tiers --epochs log.csv --json --out ${name}`, own);
      expect([name, ran.code, errorCode(ran), readFileSync(join(own, name), 'utf8')]).toEqual([name, 2, 'output-would-overwrite', text]);
    }
  });

  test('budgets beside the figures of another target are judged against those figures', async () => {
    const text = (await run('energy digits.tiers --target up5k')).stdout;
    const total = /^per inference +(\S+ \S+ \(.*)\)$/m.exec(text)?.[1];
    expect(total).toBeDefined();
    expect(text).toMatch(/^ {2}model, 200 µJ per inference: met, /m);
    expect(text.split('\n').find((line) => line.startsWith('  model, '))).toContain(total);
  });

  test('a plan with errors and an exceeded budget end with 1 and say where', async () => {
    const own = product.digits();
    edit(join(own, 'digits.tiers'), (text) => text.replace('/fc2/Gemm', '/fc2/Gem').replace('200 uJ', '1 nJ'));
    const wrong = v.parse(checkSchema, documentOf(await run('check digits.tiers --json', own)));
    expect(wrong.diagnostics.map((d) => d.code)).toContain('unknown-layer');
    for (const command of ['check', 'fit']) expect((await run(`${command} digits.tiers`, own)).code).toBe(1);
    expect(errorCode(await run('fit digits.tiers --json', own))).toBe('plan-has-errors');
    edit(join(own, 'digits.tiers'), (text) => text.replace('/fc2/Gem"', '/fc2/Gemm"'));
    const over = await run('check digits.tiers --json', own);
    const document = v.parse(checkSchema, documentOf(over));
    expect(over.code).toBe(1);
    expect(document.budgets.map((b) => b.status)).toEqual(['exceeded', 'met']);
    expect(document.diagnostics).toMatchObject([{ code: 'budget-exceeded', severity: 'error', where: { range: { line: 21 } } }]);
    // An exceeded budget is no reason not to fit.
    expect((await run('fit digits.tiers --backend cpu --quiet', own)).code).toBe(0);
  });

  test('a missing engine image is a failure of the backend, and nothing is written', async () => {
    const bare = join(product.scratch(), 'cli.cjs');
    mkdirSync(dirname(bare), { recursive: true });
    copyFileSync(product.cli, bare);
    const own = product.digits();
    const ran = await product.run(['fit', 'digits.tiers', '--json'], { cwd: own, cli: bare });
    expect(ran.code).toBe(3);
    expect(v.safeParse(errorSchema, documentOf(ran)).issues).toBeUndefined();
    expect(readdirSync(own).sort()).toEqual(['digits.npz', 'digits.onnx', 'digits.tiers']);
    // Everything but the engine works without it.
    expect((await product.run(['fit', 'digits.tiers', '--backend', 'cpu'], { cwd: own, cli: bare })).code).toBe(0);
  });

  test('an image that is not the engine is refused', async () => {
    const bare = product.scratch();
    copyFileSync(product.cli, join(bare, 'cli.cjs'));
    mkdirSync(join(bare, 'engine'));
    for (const file of ['engine.wasm', 'manifest.json'])
      copyFileSync(join(dirname(product.cli), 'engine', file), join(bare, 'engine', file));
    const image = join(bare, 'engine/engine.wasm');
    writeFileSync(image, readFileSync(image).fill(0x41, 5000, 5010));
    const ran = await product.run(['fit', 'digits.tiers', '--json'], { cwd: product.digits(), cli: join(bare, 'cli.cjs') });
    expect(ran.code).toBe(3);
  });
});

describe('signals', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s in the middle of a fit ends it with 130 and leaves no file', async (signal) => {
    const own = product.digits();
    const child = product.start(['fit', 'digits.tiers', '--json'], own);
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (stderr.includes('solving')) child.kill(signal);
    });
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'tierwise.error/1', error: { code: 'cancelled' } });
    expect(readdirSync(own).sort()).toEqual(['digits.npz', 'digits.onnx', 'digits.tiers']);
  });

  test('a reader that stops early is no failure', async () => {
    const child = product.start(['energy', 'digits.tiers', '--format', 'html'], folder);
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout?.destroy();
    const [code] = (await once(child, 'close')) as [number | null];
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe('formats', () => {
  test('SARIF parses and points at the finding', async () => {
    const own = product.digits();
    edit(join(own, 'digits.tiers'), (text) => text.replace('"ecp5-85f"', '"ecp5-85"'));
    const ran = await run('check digits.tiers --format sarif', own);
    const log = JSON.parse(ran.stdout) as { version: string; runs: { results: { ruleId: string; level: string; locations: unknown }[] }[] };
    expect([ran.code, log.version]).toEqual([1, '2.1.0']);
    expect(log.runs[0]?.results).toMatchObject([
      {
        ruleId: 'unknown-target',
        level: 'error',
        locations: [{ physicalLocation: { artifactLocation: { uri: 'digits.tiers' }, region: { startLine: 5 } } }],
      },
    ]);
  });

  test('energy --epochs takes a number, or a training log and says which epoch it took', async () => {
    writeFileSync(join(folder, 'log.csv'), 'epoch,val_accuracy\n0,0.5\n1,0.8\n2,0.93\n3,0.942\n4,0.951\n5,0.95\n');
    const byLog = await run('energy digits.tiers --epochs log.csv --json');
    expect(byLog.stderr).toContain(
      '4 epochs by the log: the first whose val_accuracy is within one standard error (360 held-out rows) of the best, 95.1 % in epoch 5',
    );
    expect(byLog.stdout).toBe((await run('energy digits.tiers --epochs 4 --json')).stdout);
    // A fit record that belongs to the plan tells what is wanted: the accuracy of the direct solve, where the log gets there.
    const own = product.digits();
    const fitted = v.parse(fitSchema, documentOf(await run('fit digits.tiers --backend cpu --json', own)));
    const solved = fitted.evaluation?.after ?? NaN;
    const log = (last: number): void =>
      writeFileSync(join(own, 'log.csv'), `epoch,val_accuracy\n0,0.5\n1,0.8\n2,${solved - 0.001}\n3,${last}\n`);
    const percent = String(Number((solved * 100).toFixed(1)));
    log(solved);
    expect((await run('energy digits.tiers --epochs log.csv --json', own)).stderr).toContain(
      `4 epochs by the log: the first whose val_accuracy reaches ${percent} %, the accuracy of the direct solve by digits.fitted.json`,
    );
    log(solved - 0.001);
    const never = (await run('energy digits.tiers --epochs log.csv --json', own)).stderr;
    expect(never).toMatch(/^3 epochs by the log: the first whose val_accuracy is within one standard error/);
    expect(never).toContain(`it never reaches the ${percent} % of the direct solve by digits.fitted.json`);
    writeFileSync(join(folder, 'log.csv'), 'epoch,loss\n0,0.5\n');
    expect(errorCode(await run('energy digits.tiers --epochs log.csv --json'))).toBe('log-no-accuracy');
    expect(errorCode(await run('energy digits.tiers --epochs 1.5 --json'))).toBe('usage');
  });

  test.each(['csv', 'md', 'html', 'text', 'json'])('energy --format %s: the file holds what stdout shows', async (format) => {
    const shown = await run(`energy digits.tiers --format ${format}`);
    const written = await run(`energy digits.tiers --format ${format} --out energy.${format}`);
    expect([shown.code, written.code, shown.stderr, written.stdout]).toEqual([0, 0, '', '']);
    expect(written.stderr).toBe(`Wrote energy.${format}\n`);
    expect(readFileSync(join(folder, `energy.${format}`), 'utf8')).toBe(shown.stdout);
    expect(shown.stdout.length).toBeGreaterThan(200);
    rmSync(join(folder, `energy.${format}`));
    expect(readdirSync(folder).filter((file) => file.includes('.tmp'))).toEqual([]);
  });
});

describe('text for people', () => {
  test.each([
    ['help', '--help'],
    ['inspect', 'inspect digits.onnx'],
    ['inspect-layer', 'inspect digits.onnx --layer /fc3/Gemm --bins 16 --quiet'],
    ['check', 'check digits.tiers'],
    ['energy-model', 'energy digits.onnx --target mcu-class'],
    ['energy-plan', 'energy digits.tiers'],
    ['eval', 'eval digits.onnx --data digits.npz --quiet'],
    ['fit', 'fit digits.tiers --backend cpu --quiet --out text.onnx'],
  ])('%s', async (name, words) => {
    const ran = await run(words);
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expectGolden(`cli/${name}.txt`, name === 'fit' ? packed(stable(ran.stdout)) : stable(ran.stdout));
  });

  test('errors', async () => {
    const calls = ['inspect', 'inspect none.onnx', 'fit digits.tiers --backend gpu', 'energy digits.onnx --target zzz', 'wat'];
    const texts = await Promise.all(calls.map(async (words) => `$ tierwise ${words}\n${(await run(words)).stderr}`));
    expectGolden('cli/errors.txt', stable(texts.join('\n')));
  });

  test('--version', async () => {
    expect((await run('--version')).stdout).toBe('0.0.0-test\n');
    expect(documentOf(await run('--version --json'))).toEqual({ schema: 'tierwise.version/1', version: '0.0.0-test' });
  });

  test('reading leaves the examples as they are', () => {
    const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
    expect(v.parse(v.pipe(v.string(), v.length(64)), hash(join(folder, 'digits.onnx')))).toBe(hash(join(product.digits(), 'digits.onnx')));
  });
});
