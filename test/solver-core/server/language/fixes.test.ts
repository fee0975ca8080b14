import fc from 'fast-check';
import { TextDocument } from 'langium';
import type { LangiumDocument } from 'langium';
import { describe, expect, test } from 'vitest';
import type { CodeAction, TextEdit } from 'vscode-languageserver/node.js';
import { PlanCodeActions } from '../../../../solver-core/server/language/code-actions.ts';
import { PlanFormatter } from '../../../../solver-core/server/language/formatter.ts';
import { PlanChecks } from '../../../../solver-core/server/language/plan-checks.ts';
import { checkPlan } from '../../../../solver-core/tiers/check.ts';
import type { PlanWorld } from '../../../../solver-core/tiers/world.ts';
import { fakeLayer, fakeWorld } from '../../tiers/fake-world.ts';
import { compoundPlan, validPlan } from '../../tiers/plan-text.ts';
import { applyEdits } from './client.ts';

const runs = { seed: 20261121, numRuns: 200 } as const;
const world = fakeWorld();

function open(text: string): { readonly checks: PlanChecks; readonly document: LangiumDocument } {
  const textDocument = TextDocument.create('file:///plans/a.tiers', 'tiers', 1, text);
  // Providers look at the text alone.
  return { checks: new PlanChecks({ forPlan: () => world, targets: world.targets }), document: { textDocument } as LangiumDocument };
}

function actions(text: string, only?: readonly string[]): readonly CodeAction[] {
  const { checks, document } = open(text);
  const range = { start: { line: 0, character: 0 }, end: { line: 10_000, character: 0 } };
  return new PlanCodeActions(checks).getCodeActions(document, {
    textDocument: { uri: document.textDocument.uri },
    range,
    context: { diagnostics: [], ...(only === undefined ? {} : { only: [...only] }) },
  });
}

const editsOf = (action: CodeAction | undefined): readonly TextEdit[] => Object.values(action?.edit?.changes ?? {}).flat();
const codesOf = (text: string): readonly string[] => checkPlan(text, world).diagnostics.map(({ code }) => code);
const meaning = (text: string): unknown =>
  JSON.parse(JSON.stringify(checkPlan(text, world).plan, (key, value: unknown) => (key === 'range' ? undefined : value)) ?? 'null');

const head = 'model "digits.onnx"\ndata "digits.npz"\n';
const features = 'lower tier features {\n  layers "/fc1/Gemm"\n  solve ridge\n}\n';

describe('a finding is repaired', () => {
  test.each([
    [
      'a brace that is missing',
      `${head}lower tier a {\n  layers "/fc1/Gemm"\n  solve ridge\n`,
      'Add the missing "}"',
      `${head}lower tier a {\n  layers "/fc1/Gemm"\n  solve ridge\n}\n`,
    ],
    ['a comment without an end', `${head}/* why\n${features}`, 'Close the comment at the end of its line', `${head}/* why */\n${features}`],
    ['a quote that is missing', `model "digits.onnx\ndata "digits.npz"\n${features}`, 'Change to "digits.onnx"', head + features],
    [
      'a layer in two tiers',
      `${head}${features}upper tier h {\n  layers "/fc1/Gemm", "/fc3/Gemm"\n  learn rls\n}\n`,
      'Remove it from this tier',
      `${head}${features}upper tier h {\n  layers "/fc3/Gemm"\n  learn rls\n}\n`,
    ],
    [
      'a layer in two tiers, the other way',
      `${head}lower tier a {\n  layers "/fc1/Gemm", "/fc2/Gemm"\n  solve ridge\n}\nupper tier h {\n  layers "/fc2/Gemm" .. "/fc3/Gemm"\n  learn rls\n}\n`,
      'Remove it from "a"',
      `${head}lower tier a {\n  layers "/fc1/Gemm"\n  solve ridge\n}\nupper tier h {\n  layers "/fc2/Gemm" .. "/fc3/Gemm"\n  learn rls\n}\n`,
    ],
    [
      'a range that overlaps',
      `${head}${features}upper tier h {\n  layers "/fc1/Gemm" .. "/fc3/Gemm"\n  learn rls\n}\n`,
      'Remove it from this tier',
      `${head}${features}upper tier h {\n  layers "/fc2/Gemm" .. "/fc3/Gemm"\n  learn rls\n}\n`,
    ],
    [
      'a layer named twice',
      `${head}lower tier a {\n  layers "/fc1/Gemm", "/fc1/Gemm"\n  solve ridge\n}\n`,
      'Remove the repetition',
      `${head}lower tier a {\n  layers "/fc1/Gemm"\n  solve ridge\n}\n`,
    ],
    [
      'a layer that cannot be solved',
      `${head}lower tier a {\n  layers "/conv1/Conv" .. "/fc1/Gemm"\n  solve ridge\n}\n`,
      'Take what cannot be solved out of the tier; it stays frozen',
      `${head}lower tier a {\n  layers "/fc1/Gemm"\n  solve ridge\n}\n`,
    ],
    [
      'tiers the wrong way round',
      `${head}lower tier a {\n  layers "/fc3/Gemm"\n  solve ridge\n}\nupper tier b {\n  layers "/fc1/Gemm"\n  learn rls\n}\n`,
      'Swap the layers of "a" and "b"',
      `${head}lower tier a {\n  layers "/fc1/Gemm"\n  solve ridge\n}\nupper tier b {\n  layers "/fc3/Gemm"\n  learn rls\n}\n`,
    ],
    [
      'a tier that reaches too high',
      `${head}lower tier a {\n  layers "/fc1/Gemm", "/fc3/Gemm"\n  solve ridge\n}\nupper tier b {\n  layers "/fc2/Gemm"\n  learn rls\n}\n`,
      'Take what lies above the upper tier out of "a"',
      `${head}lower tier a {\n  layers "/fc1/Gemm"\n  solve ridge\n}\nupper tier b {\n  layers "/fc2/Gemm"\n  learn rls\n}\n`,
    ],
    [
      'a tier without layers',
      `${head}lower tier a {\n  solve ridge\n}\n`,
      'Add layers "/fc1/Gemm"',
      `${head}lower tier a {\n  layers "/fc1/Gemm"\n  solve ridge\n}\n`,
    ],
    ['no data', `model "digits.onnx"\n${features}`, 'Add data "digits.npz"', head + features],
    [
      'a number that is too large',
      `${head}upper tier h {\n  layers "/fc3/Gemm"\n  learn rls forgetting 1.5\n}\n`,
      'Change to 1',
      `${head}upper tier h {\n  layers "/fc3/Gemm"\n  learn rls forgetting 1\n}\n`,
    ],
    [
      'a share in percent',
      `model "digits.onnx"\ndata "digits.npz" split 80\n${features}`,
      'Change to 0.8',
      `model "digits.onnx"\ndata "digits.npz" split 0.8\n${features}`,
    ],
    ['a unit of power', `${head}${features}budget 2 mW per inference\n`, 'Change to mJ', `${head}${features}budget 2 mJ per inference\n`],
    [
      'an unknown way to learn',
      `${head}upper tier h {\n  layers "/fc3/Gemm"\n  learn rsl\n}\n`,
      'Change to rls',
      `${head}upper tier h {\n  layers "/fc3/Gemm"\n  learn rls\n}\n`,
    ],
    ['an unknown target', `${head}target "ecp5-85"\n${features}`, 'Change to "ecp5-85f"', `${head}target "ecp5-85f"\n${features}`],
    [
      'an option of another method',
      `${head}upper tier h {\n  layers "/fc3/Gemm"\n  learn rls rate 1\n}\n`,
      'Remove',
      `${head}upper tier h {\n  layers "/fc3/Gemm"\n  learn rls \n}\n`,
    ],
  ])('%s', (_name, text, title, expected) => {
    const offered = actions(text);
    const fix = offered.find((action) => action.title === title);
    expect(offered.map((action) => action.title)).toContain(title);
    const fixed = applyEdits(text, editsOf(fix));
    expect(fixed).toBe(expected);
    expect(codesOf(fixed)).toEqual([]);
  });

  test('a path that climbs out may be written whole', () => {
    const fix = actions('model "../digits.onnx"\n').find(({ title }) => title.startsWith('Use the absolute path'));
    expect(editsOf(fix).map(({ newText }) => newText)).toEqual(['"/digits.onnx"']);
    expect(fix?.isPreferred).toBe(false);
  });

  test('at most one fix of a finding is the preferred one', () => {
    const text = `${head}${features}upper tier h {\n  layers "/fc1/Gemm"\n  learn rsl\n}\nbudget 2 mW per inference\n`;
    expect(actions(text).filter(({ isPreferred }) => isPreferred === true)).toHaveLength(3);
  });
});

describe('everything safe at once', () => {
  const kind = 'source.fixAll.tierwise';

  test('what loses nothing is done, what is a guess is not', () => {
    const text = `${head}lower tier a {\n  layers "/fc1/Gemm" .. "/fc1/Gemm"\n  solve ridge\n  solve ridge\n  learn rls\n}\nbudget 2 mW per inference\n`;
    const [all, ...others] = actions(text, [kind]);
    expect(others).toEqual([]);
    const fixed = applyEdits(text, editsOf(all));
    expect(fixed).toContain('layers "/fc1/Gemm"\n');
    expect(codesOf(fixed)).toEqual(['bad-unit']);
  });

  test('asked for other actions, it stays away; with nothing to do, too', () => {
    expect(actions(`${head}${features}`, [kind])).toEqual([]);
    expect(actions(`${head}data "digits.npz"\n${features}`, ['refactor'])).toEqual([]);
    expect(actions(`${head}data "digits.npz"\n${features}`, ['source']).map((action) => action.kind)).toEqual([kind]);
  });

  test('repetitions go and the plan means the same', () => {
    fc.assert(
      fc.property(validPlan, fc.constantFrom('target "zcu104"', 'backend cpu', 'data "other.npz" split 0.5'), (text, clause) => {
        const repeated = `${text}\n${clause}\n${clause}\n`;
        const fixed = applyEdits(repeated, editsOf(actions(repeated, [kind])[0]));
        expect(meaning(fixed)).toEqual(meaning(repeated));
        expect(codesOf(fixed)).not.toContain('duplicate-clause');
      }),
      runs,
    );
  });
});

test('laying out a range changes no word and no meaning', () => {
  fc.assert(
    fc.property(fc.oneof(validPlan, compoundPlan), fc.nat(20), fc.nat(20), (text, a, b) => {
      const { checks, document } = open(text);
      const range = { start: { line: Math.min(a, b), character: 0 }, end: { line: Math.max(a, b), character: 0 } };
      const options = { tabSize: 2, insertSpaces: true };
      const edits = new PlanFormatter(checks).formatDocumentRange(document, {
        textDocument: { uri: document.textDocument.uri },
        range,
        options,
      });
      const after = applyEdits(text, edits);
      expect(after.replace(/\s+/g, '')).toBe(text.replace(/\s+/g, ''));
      expect(meaning(after)).toEqual(meaning(text));
      expect(edits.every((edit) => edit.range.start.line >= range.start.line && edit.range.end.line <= range.end.line)).toBe(true);
    }),
    runs,
  );
});

test('the model is looked up once, however many layers have two places', () => {
  const layers = Array.from({ length: 500 }, (_, index) => fakeLayer(`/l${index}`));
  let looked = 0;
  const large: PlanWorld = {
    ...world,
    model: () => {
      looked++;
      return { layers };
    },
  };
  const names = layers.slice(0, 499).map(({ id }) => `  layers "${id}"`);
  const twice = names.slice(0, 60).join('\n');
  const text = `${head}lower tier a {\n${names.join('\n')}\n${twice}\n  solve ridge\n}\n`;
  const textDocument = TextDocument.create('file:///plans/large.tiers', 'tiers', 1, text);
  const checks = new PlanChecks({ forPlan: () => large, targets: world.targets });
  const found = new PlanCodeActions(checks).getCodeActions({ textDocument } as LangiumDocument, {
    textDocument: { uri: textDocument.uri },
    range: { start: { line: 0, character: 0 }, end: { line: 10_000, character: 0 } },
    context: { diagnostics: [] },
  });
  expect(found.filter(({ title }) => title === 'Remove the repetition')).toHaveLength(60);
  expect(looked).toBeLessThanOrEqual(2);
});

test('a document that was opened again is read again, though its version is the same', () => {
  const checks = new PlanChecks({ forPlan: () => world, targets: world.targets });
  const named = (name: string): string | null => {
    const text = `model "${name}.onnx"\n`;
    return checks.of(TextDocument.create('file:///plans/a.tiers', 'tiers', 1, text)).checked.outline.model;
  };
  expect([named('digits'), named('other')]).toEqual(['digits.onnx', 'other.onnx']);
});
