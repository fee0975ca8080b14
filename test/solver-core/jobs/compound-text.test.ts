import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunTensor } from '../../../solver-core/fit/model-runner.ts';
import { contextSpans } from '../../../solver-core/jobs/compound-contexts.ts';
import { vocabularyOf } from '../../../solver-core/data/vocabulary.ts';
import type { CompoundDocument } from '../../../solver-core/protocol/index.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { hasShared, shared } from '../../shared.ts';
import { editPlan, exampleFolder, failure, logOf, run, stopAfter } from './compound-tools.ts';

const plan = 'reader.tiers';

/** The text example with a short text to calibrate on. */
function textFolder(): string {
  const folder = exampleFolder('text');
  writeFileSync(join(folder, 'prose.txt'), readFileSync(join(folder, 'prose.txt'), 'utf8').slice(0, 1500));
  return folder;
}

function tokensOf(folder: string): readonly string[] {
  return JSON.parse(readFileSync(join(folder, 'vocab.json'), 'utf8')) as string[];
}

function largest(scores: Float32Array): number {
  return scores.indexOf(Math.max(...scores));
}

/** Runs both written files over contexts, token by token from zero states, with nothing of the product but the runtime. */
async function fileScores(
  document: CompoundDocument,
  contexts: readonly (readonly number[])[],
): Promise<readonly { readonly lower: Float32Array; readonly upper: Float32Array }[]> {
  const runtime = ortRuntime();
  const [lower, upper] = [
    await runtime.open(readFileSync(document.outputs.lower)),
    await runtime.open(readFileSync(document.outputs.upper)),
  ];
  const hidden = upper.inputs.find((name) => name !== 'state')!;
  const answers: { readonly lower: Float32Array; readonly upper: Float32Array }[] = [];
  for (const ids of contexts) {
    let low: RunTensor = { dims: [4, 5, 1, 128], data: new Float32Array(4 * 5 * 128) };
    let high: RunTensor = { dims: [2, 5, 1, 128], data: new Float32Array(2 * 5 * 128) };
    let extra = new Map<string, RunTensor>(
      lower.inputs.includes('tierwise_sum')
        ? [
            ['tierwise_sum', { dims: [1, 128], data: new Float32Array(128) }],
            ['tierwise_count', { dims: [1, 1], data: new Float32Array(1) }],
          ]
        : [],
    );
    let extraHigh = new Map(extra);
    for (const id of ids) {
      const below = await lower.run(
        new Map<string, RunTensor>([['id', { dims: [1], data: Float32Array.of(id) }], ['state', low], ...extra]),
        lower.outputs,
      );
      const above = await upper.run(
        new Map<string, RunTensor>([[hidden, below.get(hidden)!], ['state', high], ...extraHigh]),
        upper.outputs,
      );
      [low, high] = [below.get('new_state')!, above.get('new_state')!];
      extra = new Map([...extra.keys()].map((name) => [name, below.get(`new_${name}`)!]));
      extraHigh = new Map([...extraHigh.keys()].map((name) => [name, above.get(`new_${name}`)!]));
      answers.push({ lower: below.get('tierwise_scores')!.data, upper: above.get('tierwise_scores')!.data });
    }
  }
  await lower.dispose();
  await upper.dispose();
  return answers;
}

describe('a stream of text', () => {
  test('the written modules give the logged predictions, and repeated contexts come from the cache', async () => {
    const folder = textFolder();
    const paragraph = 'No board and no toolchain are needed.\n\nThe same core runs as a command.\n\n';
    writeFileSync(join(folder, 'stream.txt'), paragraph + paragraph);
    const document = await run(folder, { plan, stream: 'stream.txt', policy: 'never' });
    const log = logOf(document);
    const tokens = tokensOf(folder);
    const ids = [...(paragraph + paragraph)].map((c) => tokens.indexOf(c));
    expect(log.length).toBe(ids.length);
    expect(log.at(-1)!.label).toBe(null);
    const vocabulary = vocabularyOf(tokens);
    const spans = contextSpans(Int32Array.from(ids), vocabulary, 128);
    expect(spans.map(({ from, to }) => vocabulary.decode(ids.slice(from, to)))).toEqual([
      ...paragraph.match(/[^]*?\n\n/g)!,
      ...paragraph.match(/[^]*?\n\n/g)!,
    ]);
    const answers = await fileScores(
      document,
      spans.map(({ from, to }) => ids.slice(from, to)),
    );
    expect(log.map(({ prediction }) => prediction)).toEqual(log.map(({ exit }, i) => tokens[largest(answers[i]![exit])]));
    expect(log.some(({ exit }) => exit === 'upper')).toBe(true);
    const half = paragraph.length;
    expect(log.slice(half).map(({ prediction, confidence }) => [prediction, confidence])).toEqual(
      log.slice(0, half).map(({ prediction, confidence }) => [prediction, confidence]),
    );
    expect(log.slice(half).every(({ cache, energy }) => cache === 'hit' && energy.lower.value === 0)).toBe(true);
    expect(document.cache).toMatchObject({ lookups: 4, hits: 2 });
    // The upper module catches up: what a context costs there is its furthest escalated token.
    const perToken = document.upper.energy!.value;
    const first = log.slice(0, spans[0]!.to);
    const reached = first.reduce((most, { exit }, i) => (exit === 'upper' ? i + 1 : most), 0);
    const spent = first.reduce((sum, { energy }) => sum + energy.upper.value, 0);
    expect(spent).toBeGreaterThanOrEqual(reached * perToken);
    // The exact closed-form head is tried and told, and loses here.
    expect(document.heads.filter(({ chosen }) => chosen).map(({ head }) => head)).toEqual(['adam', 'adam']);
  });

  test('going on from a known beginning gives what computing all of it gives, bit for bit', async () => {
    const [kept, off] = [textFolder(), textFolder()];
    for (const folder of [kept, off])
      writeFileSync(
        join(folder, 'stream.txt'),
        'The same core runs as a command.\n\nThe same core runs elsewhere, too.\n\nThe same day.\n\n',
      );
    editPlan(off, plan, 'cache 16 MB', 'cache off');
    const [reused, without] = [
      await run(kept, { plan, stream: 'stream.txt', policy: 'never', batchRows: 16 }),
      await run(off, { plan, stream: 'stream.txt', policy: 'never', batchRows: 16 }),
    ];
    const facts = (document: CompoundDocument): unknown =>
      logOf(document).map(({ prediction, confidence, exit, loss }) => [prediction, confidence, exit, loss]);
    expect(facts(reused)).toEqual(facts(without));
    expect(reused.cache).toMatchObject({ lookups: 3, hits: 0, prefixHits: 2 });
    const log = logOf(reused);
    // 16 characters of the second context and 8 of the third one were known.
    const known = log.filter(({ energy }) => energy.lower.value === 0).length;
    expect(known).toBe(16 + 8);
    expect(without.cache).toBe(null);
    expect(logOf(without).every(({ cache, energy }) => cache === 'off' && energy.cache.value === 0 && energy.lower.value > 0)).toBe(true);
  });

  test('a text that is stopped and resumed leaves what an uninterrupted run leaves; what is added is read behind it', async () => {
    const [whole, parts] = [textFolder(), textFolder()];
    const text = 'No board is needed.\n\nThe same core runs as a command.\n\nThe same core runs elsewhere.\n\nThe';
    for (const folder of [whole, parts]) writeFileSync(join(folder, 'stream.txt'), text);
    const settings = { plan, stream: 'stream.txt', policy: 'always', batchRows: 16 } as const;
    const one = await run(whole, settings);
    const first = await run(parts, { ...settings, keepOnCancel: true }, stopAfter(2));
    expect(first.from).toEqual({ how: 'start', before: 0, after: text.indexOf('The same core runs elsewhere'), of: text.length });
    const last = await run(parts, settings);
    expect(last.from).toMatchObject({ how: 'continued', before: first.from.after, after: text.length });
    for (const end of ['lower.onnx', 'upper.onnx', 'state', 'log.jsonl'])
      expect(
        readFileSync(join(parts, `rwkv_char_step.compound.${end}`)).equals(readFileSync(join(whole, `rwkv_char_step.compound.${end}`))),
        end,
      ).toBe(true);
    expect(last.totals).toEqual(one.totals);
    writeFileSync(join(parts, 'stream.txt'), `${text} day.\n`);
    const grown = await run(parts, settings);
    expect(grown.from).toEqual({ how: 'grown', before: text.length, after: text.length + 6, of: text.length + 6 });
    expect(
      logOf(grown)
        .slice(text.length)
        .map(({ input }) => input),
    ).toEqual([' ', ' d', ' da', ' day', ' day.', ' day.\n']);
  });

  test('labelled texts go on where they were stopped', async () => {
    const [whole, parts] = [textFolder(), textFolder()];
    const lines = Array.from(
      { length: 12 },
      (_, i) => `${JSON.stringify({ text: i % 3 === 0 ? 'so loud!' : 'a calm word', label: i % 3 })}\n`,
    );
    for (const folder of [whole, parts]) writeFileSync(join(folder, 'texts.jsonl'), lines.join(''));
    const settings = { plan, stream: 'texts.jsonl', policy: 'always', batchRows: 4 } as const;
    await run(whole, settings);
    await run(parts, { ...settings, keepOnCancel: true }, stopAfter(1));
    const last = await run(parts, settings);
    expect(last.from).toEqual({ how: 'continued', before: 4, after: 12, of: 12 });
    for (const end of ['lower.onnx', 'upper.onnx', 'state', 'log.jsonl'])
      expect(
        readFileSync(join(parts, `rwkv_char_step.compound.${end}`)).equals(readFileSync(join(whole, `rwkv_char_step.compound.${end}`))),
        end,
      ).toBe(true);
  });

  test('classes of texts are learned from nothing, and the files give the last answers', async () => {
    const folder = textFolder();
    const samples = Array.from({ length: 40 }, (_, i) =>
      i % 2 === 0
        ? { text: `${'ZQX '.repeat(3 + (i % 3))}!`, label: 'loud' }
        : { text: `a calm word of ${'rain '.repeat(1 + (i % 4))}`, label: 'calm' },
    );
    writeFileSync(join(folder, 'texts.jsonl'), samples.map((sample) => `${JSON.stringify(sample)}\n`).join('\n'));
    const document = await run(folder, { plan, stream: 'texts.jsonl', policy: 'always', batchRows: 8 });
    const log = logOf(document);
    expect(log.slice(0, 8).every(({ prediction }) => prediction === 'nothing')).toBe(true);
    expect(log.slice(8).every(({ correct }) => correct === true)).toBe(true);
    expect(document.task).toBe('text-class');
    expect(document.diagnostics.map(({ code }) => code)).toContain('not-calibrated');
    const again = await run(folder, { plan, stream: 'texts.jsonl', policy: 'never', batchRows: 8 });
    const tokens = tokensOf(folder);
    const contexts = samples.map(({ text }) => [...text].map((c) => tokens.indexOf(c)));
    const answers = await fileScores(again, contexts);
    const ends = contexts.map((_, i) => contexts.slice(0, i + 1).reduce((sum, ids) => sum + ids.length, 0) - 1);
    const names = ['loud', 'calm'];
    expect(
      logOf(again)
        .slice(40)
        .map(({ prediction }) => prediction),
    ).toEqual(ends.map((end) => names[largest(answers[end]!.lower)]));
  });

  test('labelled texts of the plan calibrate heads and threshold, and judge what the stream changes', async () => {
    const folder = textFolder();
    const lines = (count: number, first: number): string =>
      Array.from({ length: count }, (_, at) => {
        const i = first + at;
        return i % 2 === 0
          ? { text: `${'ZQX '.repeat(1 + (i % 5))}!`, label: 'loud' }
          : { text: `a calm word of ${'rain '.repeat(1 + (i % 4))}`, label: 'calm' };
      })
        .map((sample) => `${JSON.stringify(sample)}\n`)
        .join('');
    writeFileSync(join(folder, 'known.jsonl'), lines(60, 0));
    writeFileSync(join(folder, 'texts.jsonl'), lines(16, 61));
    editPlan(folder, plan, 'target', 'data "known.jsonl" split 0.8\n\ntarget');
    const document = await run(folder, { plan, stream: 'texts.jsonl', policy: 'never', batchRows: 8 });
    expect(logOf(document).every(({ correct }) => correct === true)).toBe(true);
    expect(document.calibration.rows).toBe(48);
    expect(document.heads.length).toBe(4);
    expect(document.heldOut).toEqual({ rows: 12, before: 1, after: 1 });
    expect(document.diagnostics.map(({ code }) => code)).not.toContain('not-calibrated');
    // A point that escalates nothing costs the lower module for a text of mean length, and its head.
    const mean = document.calibration.curve[0]!.energy.value / document.lower.energy!.value;
    expect(mean).toBeGreaterThan(10);
    writeFileSync(join(folder, 'known.jsonl'), '{"text":"a"}\n{"text":"b"}\n');
    const without = await run(folder, { plan, stream: 'texts.jsonl', policy: 'never', fresh: true });
    expect(without.diagnostics.map(({ code }) => code)).toContain('not-calibrated');
    writeFileSync(join(folder, 'known.jsonl'), '{"text":"a","label":1}\n{"text":"b","label":2}\n');
    expect(await failure(run(folder, { plan, stream: 'texts.jsonl', fresh: true }))).toMatchObject({ code: 'too-few-calibration-rows' });
  });

  test('names line and byte of what cannot be read', async () => {
    const folder = textFolder();
    const put = (name: string, content: string | Uint8Array): string => {
      writeFileSync(join(folder, name), content);
      return name;
    };
    const of = (stream: string): Promise<{ readonly code: string; readonly message: string }> => failure(run(folder, { plan, stream }));
    const broken = await of(put('broken.txt', Uint8Array.of(65, 66, 10, 0xff, 67)));
    expect(broken.code).toBe('text-encoding-broken');
    expect(broken.message).toContain('offset 3');
    const lines = await of(
      put('broken.jsonl', Buffer.concat([Buffer.from('{"text":"a","label":1}\n{"text":"'), Buffer.of(0xc3, 0x28), Buffer.from('"}\n')])),
    );
    expect(lines.code).toBe('text-encoding-broken');
    expect(lines.message).toContain('line 2: the bytes from offset 32');
    expect(await of(put('bad.jsonl', '{"text":"a"}\n\n{"text":5}\n'))).toMatchObject({
      code: 'line-not-valid',
      message: expect.stringContaining(':3 (byte 14) has no "text"'),
    });
    expect(await of(put('json.jsonl', '{"text":"a"\n'))).toMatchObject({
      code: 'line-not-valid',
      message: expect.stringContaining(':1 (byte 0) is no JSON'),
    });
    const unknown = await of(put('unknown.jsonl', '{"text":"a"}\n{"text":"100 % sure"}\n'));
    expect(unknown).toMatchObject({ code: 'token-unknown', message: expect.stringContaining('unknown.jsonl:2') });
    expect(await of(put('rows.csv', 'a,b,y\n1,2,0\n'))).toMatchObject({ code: 'stream-does-not-fit' });
    put('vocab.json', '["a","b"]');
    expect(await of(put('ab.txt', 'ab'))).toMatchObject({ code: expect.stringMatching(/vocabulary-mismatch|plan-has-errors/) as unknown });
  });

  test.skipIf(!hasShared)('a model that takes whole windows is cut, decides and is written the same way', async () => {
    const folder = textFolder();
    for (const name of ['opt_char.onnx', 'vocab.json']) copyFileSync(shared(`material/models/own/${name}`), join(folder, name));
    editPlan(folder, plan, 'rwkv_char_step.onnx', 'opt_char.onnx');
    const text = 'No board is needed.\n\nThe same core runs as a command.';
    writeFileSync(join(folder, 'stream.txt'), text);
    const document = await run(folder, { plan, stream: 'stream.txt', policy: 'never' });
    const tokens = tokensOf(folder);
    const [lower, upper] = [
      await ortRuntime().open(readFileSync(document.outputs.lower)),
      await ortRuntime().open(readFileSync(document.outputs.upper)),
    ];
    const hidden = upper.inputs.find((name) => name !== 'ids')!;
    const answers: Record<'lower' | 'upper', number[]> = { lower: [], upper: [] };
    for (const part of ['No board is needed.\n\n', 'The same core runs as a command.']) {
      const ids: RunTensor = { dims: [1, part.length], data: Float32Array.from(part, (c) => tokens.indexOf(c)) };
      const below = await lower.run(new Map([['ids', ids]]), lower.outputs);
      const above = await upper.run(
        new Map([
          ['ids', ids],
          [hidden, below.get(hidden)!],
        ]),
        upper.outputs,
      );
      for (let t = 0; t < part.length; t++) {
        answers.lower.push(largest(below.get('tierwise_scores')!.data.slice(t * 65, (t + 1) * 65)));
        answers.upper.push(largest(above.get('tierwise_scores')!.data.slice(t * 65, (t + 1) * 65)));
      }
    }
    const log = logOf(document);
    expect(log.map(({ prediction }) => prediction)).toEqual(log.map(({ exit }, i) => tokens[answers[exit][i]!]));
    // Per token: seven weight matrices of four blocks, 160 wide.
    expect(document.lower.macs).toBe(4 * 12 * 160 * 160);
    await lower.dispose();
    await upper.dispose();
  });

  test('refuses a state of other modules', async () => {
    const folder = textFolder();
    writeFileSync(join(folder, 'stream.txt'), 'A few words.\n');
    await run(folder, { plan, stream: 'stream.txt', policy: 'never' });
    editPlan(folder, plan, 'blocks 0..3', 'blocks 0..2');
    const refused = await failure(run(folder, { plan, stream: 'stream.txt' }));
    expect(refused.code).toBe('compound-version-mismatch');
  });
});
