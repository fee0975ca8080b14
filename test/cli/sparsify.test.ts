import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import ort from 'onnxruntime-node';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { parseCall as ParseCall } from '../../solver-core/cli/args.ts';
import type { Command } from '../../solver-core/cli/run-job.ts';
import type { createEnvironment as CreateEnvironment } from '../../solver-core/jobs/environment.ts';
import type { TierwiseError } from '../../solver-core/model/error.ts';
import type { SparsifyDocument } from '../../solver-core/protocol/index.ts';
import { languageModel, letters, text } from '../solver-core/jobs/tiny-language-model.ts';
import { projectRoot } from '../shared.ts';
import { tolerances } from '../tolerances.ts';
import { buildProduct, documentOf, errorCode } from './product.ts';
import type { Product, Ran } from './product.ts';
import { errorSchema, evalSchema, inspectSchema } from './schemas.ts';
import { sparsifySchema } from './sparsify-schema.ts';

let product: Product;
let inside: Commands;
let folder = '';
let ran: Ran;
let document: SparsifyDocument;
beforeAll(async () => {
  product = await buildProduct();
  inside = await openCommands();
  folder = language();
  ran = await run('sparsify p.tiers --max-loss 2 --json');
  document = documentOf(ran) as SparsifyDocument;
});
afterAll(() => product.remove());

const run = (words: string, cwd = folder): Promise<Ran> => product.run(words.split(' '), { cwd });
/** The commands as the product bundles them, to be called within this process: starting one costs more than what a refusal asks of it. */
async function openCommands(): Promise<Commands> {
  const outfile = join(dirname(product.cli), 'commands.cjs');
  const contents = [
    ['parseCall', 'solver-core/cli/args.ts'],
    ['commands', 'solver-core/cli/commands.ts'],
    ['createEnvironment', 'solver-core/jobs/environment.ts'],
  ].map(([name, file]) => `export { ${name} } from './${file}';`);
  await build({
    absWorkingDir: projectRoot,
    stdin: { contents: contents.join('\n'), resolveDir: projectRoot },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['onnxruntime-node', 'serialport', 'koffi'],
    define: { TIERWISE_VERSION: '"0.0.0-test"' },
    logLevel: 'error',
  });
  return createRequire(import.meta.url)(outfile) as Commands;
}

interface Commands {
  readonly parseCall: typeof ParseCall;
  readonly commands: Readonly<Record<string, Command>>;
  readonly createEnvironment: typeof CreateEnvironment;
}

/** What a call is refused with. */
async function refused(words: string, cwd = folder): Promise<{ readonly category: string; readonly code: string }> {
  const placed = words.split(' ').map((word) => (/\.|^none$/.test(word) ? join(cwd, word) : word));
  let code;
  try {
    const call = inside.parseCall([...placed, '--quiet', '--json']);
    code = await inside.commands[call.command]?.(call, inside.createEnvironment('0.0.0-test', product.cli), new AbortController().signal);
  } catch (error) {
    return error as TierwiseError;
  }
  throw new Error(`"${words}" ended with ${code}`);
}
const hash = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** A folder with a small language model, its vocabulary, a text and a plan. */
function language(): string {
  const to = product.scratch();
  writeFileSync(join(to, 'm.onnx'), languageModel());
  writeFileSync(join(to, 'vocab.json'), JSON.stringify([...letters]));
  writeFileSync(join(to, 'input.txt'), text(4000));
  writeFileSync(join(to, 'p.tiers'), 'model "m.onnx"\ntext "input.txt" tokens "vocab.json" context 16 split 0.8\ntarget "seneca-type"\n');
  return to;
}

describe('tierwise sparsify', () => {
  test('writes a model and its record, and leaves every other file alone', () => {
    expect(ran.code).toBe(0);
    expect(v.safeParse(sparsifySchema, document).issues).toBeUndefined();
    expect(readdirSync(folder).sort()).toEqual(['input.txt', 'm.onnx', 'm.sparse.json', 'm.sparse.onnx', 'p.tiers', 'vocab.json']);
    expect(document.output).toBe(join(folder, 'm.sparse.onnx'));
    expect(document.hashes.model).toBe(hash(languageModel()));
    expect(document.hashes.output).toBe(hash(readFileSync(join(folder, 'm.sparse.onnx'))));
    expect(JSON.parse(readFileSync(join(folder, 'm.sparse.json'), 'utf8'))).toEqual(document);
  });

  test('keeps the bound on the tokens that decide, and judges on others', () => {
    const chosen = document.points.filter((point) => point.chosen);
    expect(chosen).toHaveLength(1);
    expect(chosen[0]!.allowed).toBe(true);
    expect(chosen[0]!.lossIncrease).toBeLessThanOrEqual(0.02);
    for (const point of document.points) if (point.lossIncrease > 0.02) expect(point.allowed).toBe(false);
    const { rows, evaluation } = document;
    expect(rows.calibration + rows.deciding).toBeLessThanOrEqual(3200);
    expect(rows.heldOut).toBe(Math.floor(799 / 16) * 16);
    expect(evaluation!.sparsity.after).toBeGreaterThan(evaluation!.sparsity.before);
    expect(document.evaluations).toBeGreaterThan(1);
  });

  test('the file gives the logged zeros and loss in ONNX Runtime', async () => {
    const ids = [...text(4000)].map((letter) => BigInt(letters.indexOf(letter))).slice(3200);
    const windows = Math.floor(799 / 16);
    const session = await ort.InferenceSession.create(readFileSync(join(folder, 'm.sparse.onnx')));
    const out = await session.run({ ids: new ort.Tensor('int64', BigInt64Array.from(ids.slice(0, windows * 16)), [windows, 16]) });
    const logits = out['logits']!.data as Float32Array;
    let sum = 0;
    for (let t = 0; t < windows * 16; t++) {
      const scores = [...logits.subarray(t * 4, t * 4 + 4)];
      sum += Math.log(scores.reduce((a, s) => a + Math.exp(s), 0)) - scores[Number(ids[t + 1])]!;
    }
    expect(Math.abs(sum / (windows * 16) - document.evaluation!.loss.after)).toBeLessThan(tolerances.headFp32.relative);
    await session.release();
  });

  test('the same call gives the same file; text and Markdown tell the same figures', async () => {
    const again = await run('sparsify p.tiers --max-loss 2 --out again.onnx --quiet');
    expect([again.code, again.stderr]).toEqual([0, '']);
    expect(hash(readFileSync(join(folder, 'again.onnx')))).toBe(document.hashes.output);
    const zeros = `${Number((100 * document.evaluation!.sparsity.after).toFixed(1))} % of the`;
    expect(again.stdout).toContain(zeros);
    const markdown = await run('sparsify p.tiers --max-loss 2 --trial --format md');
    expect(markdown.stdout).toContain(`**${zeros}`);
    expect(markdown.stderr).toMatch(/… searching/);
  });

  test.each(['uniform', 'sequential'])('--method %s keeps the bound, too', async (method) => {
    const other = documentOf(await run(`sparsify p.tiers --method ${method} --max-loss 2 --trial --json`)) as SparsifyDocument;
    expect(v.safeParse(sparsifySchema, other).issues).toBeUndefined();
    expect(other.method).toBe(method);
    for (const point of other.points) if (point.chosen) expect(point.lossIncrease).toBeLessThanOrEqual(0.02);
  });

  test('--no-correct leaves the weights, --per site one threshold', async () => {
    const plain = documentOf(await run('sparsify p.tiers --max-loss 2 --no-correct --per site --trial --json')) as SparsifyDocument;
    for (const site of plain.sites) {
      expect(site.corrected).toBe(false);
      if (site.threshold !== null) expect(site.threshold.low).toBe(site.threshold.high);
    }
  });

  test('inspect and eval take the file like any other', async () => {
    const inspected = await run('inspect m.sparse.onnx --json');
    expect(v.safeParse(inspectSchema, documentOf(inspected)).issues).toBeUndefined();
    const words = '--data input.txt --tokens vocab.json --context 16';
    const [before, after] = await Promise.all([run(`eval m.onnx ${words} --json`), run(`eval m.sparse.onnx ${words} --json`)]);
    for (const evaluated of [before, after]) expect(v.safeParse(evalSchema, documentOf(evaluated)).issues).toBeUndefined();
    expect(documentOf(before)).toMatchObject({ rows: 3999, metric: 'cross-entropy', text: { characters: 3999, context: 16 } });
    const shown = await run(`eval m.onnx ${words} --quiet`);
    expect(shown.stdout).toMatch(/^m\.onnx on 3,999 tokens of input\.txt in windows of 16: cross-entropy 0\.\d{4} nats per token, perplexity [\d.]+, [\d.]+ bits per character, [\d.]+ % of the next tokens right\n$/); // prettier-ignore
  });

  test('an interrupted search is continued and gives the same file', async () => {
    const own = product.scratch();
    for (const name of ['m.onnx', 'vocab.json', 'input.txt', 'p.tiers']) cpSync(join(folder, name), join(own, name));
    const child = product.start(['sparsify', 'p.tiers', '--max-loss', '2'], own);
    const partial = join(own, 'm.sparse.partial.json');
    await new Promise<void>((resolve, reject) => {
      child.stderr!.on('data', (chunk: Buffer) => {
        // The first configuration was told; its outcome is kept before the next one starts.
        if (/loss \d/.test(chunk.toString())) resolve();
      });
      child.once('close', () => reject(new Error('ended before it was stopped')));
    });
    let said = '';
    child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const closed = once(child, 'close');
    child.kill('SIGINT');
    expect((await closed)[0]).toBe(130);
    expect(said).toContain('Run the command again to go on from what was found');
    expect(existsSync(partial)).toBe(true);
    expect(existsSync(join(own, 'm.sparse.onnx'))).toBe(false);
    const resumed = documentOf(await run('sparsify p.tiers --max-loss 2 --json', own)) as SparsifyDocument;
    expect(resumed.resumed).toBe(true);
    expect(resumed.hashes.output).toBe(document.hashes.output);
    expect(resumed.points).toEqual(document.points);
    expect(existsSync(partial)).toBe(false);
  });

  test('nothing within the bound ends with exit code 1', async () => {
    const none = await run('sparsify p.tiers --max-loss 1e-7 --out none.onnx --json');
    expect(none.code).toBe(1);
    expect(documentOf(none)).toMatchObject({ output: null, evaluation: null, diagnostics: [{ code: 'nothing-within-bound' }] });
    expect((documentOf(none) as SparsifyDocument).points.filter(({ chosen }) => chosen)).toEqual([]);
    expect(existsSync(join(folder, 'none.onnx'))).toBe(false);
  });
});

describe('bad calls and files', () => {
  test('a refusal is one document, and its kind the exit code', async () => {
    for (const [words, exit, expected] of [
      ['sparsify p.tiers --method best', 2, 'usage'],
      ['eval m.onnx --data none.txt --tokens vocab.json', 1, 'text-unreadable'],
    ] as const) {
      const json = await run(`${words} --json`);
      expect([json.code, errorCode(json)]).toEqual([exit, expected]);
      expect(v.safeParse(errorSchema, documentOf(json)).issues).toBeUndefined();
    }
  });

  test.each([
    'sparsify',
    'sparsify p.tiers --max-loss two',
    'sparsify p.tiers --max-loss 0',
    'sparsify p.tiers --method best',
    'sparsify p.tiers --per row',
    'sparsify p.tiers --format csv',
    'sparsify p.tiers --without att.key',
    'sparsify p.tiers --target nowhere',
    'sparsify p.tiers --out p.tiers',
    'sparsify p.tiers --bits 4',
    'eval m.onnx --data input.txt',
    'eval m.onnx --data input.txt --tokens vocab.json --context 0',
    'eval m.onnx --data input.txt --tokens vocab.json --engine gpu',
  ])('%s is a usage error', async (words) => {
    expect((await refused(words)).category).toBe('usage');
  });

  test.each([
    ['eval m.onnx --data none.txt --tokens vocab.json', 'text-unreadable'],
    ['eval m.onnx --data input.txt --tokens none.json', 'vocabulary-unreadable'],
    ['eval m.onnx --data p.tiers --tokens vocab.json', 'token-unknown'],
    ['eval m.onnx --data m.onnx --tokens vocab.json', 'text-encoding-broken'],
    ['eval m.onnx --data one.txt --tokens vocab.json', 'text-too-short'],
    ['eval m.onnx --data none --tokens five.json', 'vocabulary-mismatch'],
  ])('%s: %s', async (words, code) => {
    writeFileSync(join(folder, 'one.txt'), 'a');
    writeFileSync(join(folder, 'five.json'), '["a","b","c","d","e"]');
    const { category, code: found } = await refused(words);
    expect([category, found]).toEqual(['input', code]);
  });

  test('a character outside of the vocabulary is named with line and column', async () => {
    writeFileSync(join(folder, 'odd.txt'), 'abcd\nab');
    const failed = await run('eval m.onnx --data odd.txt --tokens vocab.json');
    expect(failed.stderr).toContain('line 1, column 5 (character 4): no token of the vocabulary begins with "\\n" (U+000A)');
  });
});

describe('a plan with data', () => {
  const plan = (to: string, data: string): void =>
    writeFileSync(join(to, 'd.tiers'), `model "digits.onnx"\ndata "digits.npz" ${data}\ntarget "seneca-type"\n`);

  test('bounds the loss of its classes', async () => {
    const own = product.digits();
    plan(own, 'inputs x labels y split 0.8 seed 1');
    const made = documentOf(await run('sparsify d.tiers --max-loss 5 --json', own)) as SparsifyDocument;
    expect(v.safeParse(sparsifySchema, made).issues).toBeUndefined();
    expect(made).toMatchObject({ unit: 'row', metric: 'cross-entropy', rows: { heldOut: 360 } });
    expect(made.evaluation?.accuracy).not.toBeNull();
    expect(made.sites.map(({ layers }) => layers)).toEqual([['/fc2/Gemm'], ['/fc3/Gemm']]);
    expect(made.diagnostics.map(({ code }) => code)).toContain('layers-without-site');
  });

  test.each([
    ['inputs y labels y', 'data-shape-mismatch'],
    ['inputs x labels z', 'array-missing'],
    ['inputs x labels y split 0.02', 'too-few-rows'],
  ])('%s: %s', async (data, code) => {
    const own = product.digits();
    plan(own, data);
    const { category, code: found } = await refused('sparsify d.tiers', own);
    expect([category, found]).toEqual(['input', code]);
  });
});

test('the example runs as it is shipped', async () => {
  const own = product.scratch();
  for (const name of ['rwkv_char_step.onnx', 'vocab.json', 'prose.txt', 'rwkv.tiers'])
    cpSync(join(projectRoot, 'examples/text', name), join(own, name));
  const checked = await run('check rwkv.tiers', own);
  expect(checked.code).toBe(0);
  const prose = readFileSync(join(own, 'prose.txt'), 'utf8');
  expect(prose.length).toBeGreaterThan(30_000);
  const known = new Set(JSON.parse(readFileSync(join(own, 'vocab.json'), 'utf8')) as string[]);
  expect([...new Set(prose)].filter((character) => !known.has(character))).toEqual([]);
});
