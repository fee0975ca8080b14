import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TierAssignment, TierGoal } from '../../../solver-core/protocol/index.ts';
import { assignTier } from '../../../solver-core/tiers/assign.ts';
import { formatPlan } from '../../../solver-core/tiers/format.ts';
import { asWritten, deepIds, editedText, moves, placementOf, restOf } from './assign-plans.ts';
import type { Move, Placement } from './assign-plans.ts';
import { fakeWorld } from './fake-world.ts';
import { pieces } from './plan-text.ts';

const world = fakeWorld();
const runs = { seed: 20261121, numRuns: 250 } as const;

/** Applies edits the way an editor does: positions are lines and characters of the old text. */
function edited(text: string, answer: TierAssignment): string {
  if (!('edits' in answer)) throw new Error(`refused: ${JSON.stringify(answer.refusal)}`);
  return editedText(text, answer.edits);
}

function assign(text: string, layers: readonly string[], goal: TierGoal): TierAssignment {
  return assignTier(asWritten(text, world), layers, goal);
}

function wanted(move: Move): Placement {
  const placement: Record<string, string> = { ...move.placement };
  for (const id of move.layers) {
    if (move.goal.kind === 'frozen') delete placement[id];
    else placement[id] = `${move.goal.kind} ${move.goal.name}`;
  }
  return placement;
}

/** The rule of the language, written down directly: every lower layer comes before every upper one. */
function isAllowed(placement: Placement): boolean {
  const indices = (kind: string): number[] => deepIds.flatMap((id, i) => (placement[id]?.startsWith(kind) === true ? [i] : []));
  return Math.max(-1, ...indices('lower')) < Math.min(Infinity, ...indices('upper'));
}

function commentsOf(text: string): string[] {
  return (text.match(/\/\/ remark \d+|\/\* remark \d+ \*\//g) ?? []).sort();
}

/** The tiers of a placement. */
const tiersOf = (placement: Placement): Set<string> => new Set(Object.values(placement));

describe('moving layers', () => {
  test('gives exactly the wanted tiers, or is refused where the language forbids them', () => {
    let refused = 0;
    fc.assert(
      fc.property(moves, (move) => {
        const before = asWritten(move.text, world);
        expect(before.checked.diagnostics.filter((finding) => finding.severity === 'error')).toEqual([]);
        expect(placementOf(before)).toEqual(move.placement);
        const answer = assignTier(before, move.layers, move.goal);
        expect('refusal' in answer).toBe(!isAllowed(wanted(move)));
        if ('refusal' in answer) {
          refused++;
          expect(answer.refusal.code).toBe('tier-order');
          return;
        }
        const after = asWritten(edited(move.text, answer), world);
        expect(placementOf(after)).toEqual(wanted(move));
        expect(after.checked.diagnostics.filter((finding) => finding.severity === 'error')).toEqual([]);
      }),
      runs,
    );
    expect(refused).toBeGreaterThan(20);
    expect(refused).toBeLessThan(230);
  });

  test('keeps every comment, and every option of the tiers that stay', () => {
    fc.assert(
      fc.property(moves, (move) => {
        const answer = assign(move.text, move.layers, move.goal);
        if ('refusal' in answer) return;
        const text = edited(move.text, answer);
        expect(commentsOf(text)).toEqual(commentsOf(move.text));
        const [before, after] = [restOf(asWritten(move.text, world)), restOf(asWritten(text, world))] as Record<string, unknown>[];
        const still = tiersOf(wanted(move));
        const stays = new Set([...tiersOf(move.placement)].filter((tier) => still.has(tier)));
        const named = (rest: Record<string, unknown> | undefined, kind: string): unknown =>
          (rest?.[kind] as { name: string }[]).filter((tier) => stays.has(`${kind} ${tier.name}`));
        for (const kind of ['lower', 'upper']) expect(named(after, kind)).toEqual(named(before, kind));
        expect({ ...after, lower: 0, upper: 0 }).toEqual({ ...before, lower: 0, upper: 0 });
      }),
      runs,
    );
  });

  test('a formatted plan stays formatted', () => {
    fc.assert(
      fc.property(moves, (move) => {
        const text = formatPlan(move.text) ?? '';
        const answer = assign(text, move.layers, move.goal);
        if ('refusal' in answer) return;
        const after = edited(text, answer);
        expect(formatPlan(after)).toBe(after);
      }),
      runs,
    );
  });

  test('the way back gives an equivalent plan', () => {
    fc.assert(
      fc.property(moves, (move) => {
        const there = assign(move.text, move.layers, move.goal);
        if ('refusal' in there) return;
        // A tier that was emptied is gone with its options, so only the layers come back then.
        const isWhole = [...tiersOf(move.placement)].every((tier) => tiersOf(wanted(move)).has(tier));
        let text = edited(move.text, there);
        for (const tier of [undefined, ...tiersOf(move.placement)]) {
          const layers = move.layers.filter((id) => move.placement[id] === tier);
          const [kind, name = ''] = tier?.split(' ') ?? [];
          const goal: TierGoal = kind === 'lower' || kind === 'upper' ? { kind, name } : { kind: 'frozen' };
          if (layers.length === 0) continue;
          const back = assign(text, layers, goal);
          // Between the steps the order may be one that the language forbids.
          if ('refusal' in back) return;
          text = edited(text, back);
        }
        const after = asWritten(text, world);
        expect(placementOf(after)).toEqual(move.placement);
        if (isWhole) expect(restOf(after)).toEqual(restOf(asWritten(move.text, world)));
      }),
      runs,
    );
  });

  test('layers that are there already change nothing', () => {
    fc.assert(
      fc.property(moves, (move) => {
        const inGoal = move.layers.filter(
          (id) => move.placement[id] === (move.goal.kind === 'frozen' ? undefined : `${move.goal.kind} ${move.goal.name}`),
        );
        expect(assign(move.text, inGoal, move.goal)).toEqual({ edits: [] });
      }),
      runs,
    );
  });

  test('any text gives an answer, never a throw', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((words) => `model "deep.onnx" ${words.join(' ')}`),
        fc.subarray(deepIds),
        (text, layers) => {
          const answer = assign(text, layers, { kind: 'lower', name: 'one' });
          expect('edits' in answer || answer.refusal.code.length > 0).toBe(true);
        },
      ),
      runs,
    );
  });
});

const plan = `model "digits.onnx"
data "digits.npz"

// what is solved
lower tier features {
  layers "/fc1/Gemm",   // reads pixels
         "/fc2/Gemm"
  solve ridge lambda 1e-2
}

upper tier head {
  layers "/fc3/Gemm"   // ten classes
  learn rls forgetting 1.0
}

budget 15 uJ per inference
`;

describe('the text', () => {
  test('names a layer behind the one before it, in the layout of the tier', () => {
    const answer = assign(plan, ['/fc3/Gemm'], { kind: 'lower', name: 'features' });
    expect(edited(plan, answer)).toBe(`model "digits.onnx"
data "digits.npz"

// what is solved
lower tier features {
  layers "/fc1/Gemm",   // reads pixels
         "/fc2/Gemm",
         "/fc3/Gemm"
  solve ridge lambda 1e-2
}

// ten classes

budget 15 uJ per inference
`);
  });

  test('gets a new tier with what its kind needs, below the tiers that are there', () => {
    const answer = assign(plan, ['/head/out "a"\\b\u202e'], { kind: 'upper', name: 'output' });
    expect(edited(plan, answer)).toBe(
      plan.replace(
        '\nbudget',
        '\nupper tier output {\n  layers "/head/out \\"a\\"\\\\b\\u{202e}"\n  learn rls forgetting 1.0\n}\n\nbudget',
      ),
    );
    const first = edited(plan, assign(plan, ['/fc1/Gemm'], { kind: 'lower', name: 'first' }));
    expect(first).toContain(
      '\n}\n\nlower tier first {\n  layers "/fc1/Gemm"\n  solve ridge\n  targets forward-projection seed 7\n}\n\nupper',
    );
    expect(first).toContain('  layers // reads pixels\n         "/fc2/Gemm"\n');
  });

  test('of a plan without a tier gets its first one behind the header', () => {
    const text = 'model "digits.onnx"\ndata "digits.npz" // rows\nbudget 1 J per inference';
    expect(edited(text, assign(text, ['/fc1/Gemm', '/fc2/Gemm'], { kind: 'lower', name: 'features' }))).toBe(
      'model "digits.onnx"\ndata "digits.npz" // rows\n\nlower tier features {\n  layers "/fc1/Gemm",\n    "/fc2/Gemm"\n  solve ridge\n  targets forward-projection seed 7\n}\n\nbudget 1 J per inference',
    );
  });

  test('splits a range of blocks where a part leaves, and lets a range grow', () => {
    const text = 'model "deep.onnx"\nlower tier a {\n  layers blocks 0..3\n  solve ridge\n}\n';
    expect(edited(text, assign(text, ['/b1/down'], { kind: 'frozen' }))).toContain('layers blocks 0,\n    "/b1/up",\n    blocks 2..3\n');
    const range = 'model "deep.onnx"\nlower tier a { layers "/b0/up" .. "/b1/up" solve ridge }\n';
    expect(edited(range, assign(range, ['/b1/down'], { kind: 'lower', name: 'a' }))).toContain('"/b0/up" .. "/b1/down" solve');
    expect(edited(range, assign(range, ['/b0/down'], { kind: 'frozen' }))).toContain('"/b0/up", "/b1/up" solve');
  });

  test('names many neighbours by a range', () => {
    const text = 'model "deep.onnx"\n';
    expect(edited(text, assign(text, deepIds, { kind: 'lower', name: 'all' }))).toContain('  layers "/b0/up" .. "/head"\n');
  });
});

describe('a refusal', () => {
  const codeOf = (answer: TierAssignment): string => ('refusal' in answer ? answer.refusal.code : 'none');
  const lower: TierGoal = { kind: 'lower', name: 'features' };

  test('says what the checker would say', () => {
    const answer = assign(plan, ['/conv1/Conv'], lower);
    expect(answer).toEqual({
      refusal: {
        code: 'layer-not-solvable',
        message: 'layer "/conv1/Conv" cannot be solved in one step: Conv layers are not solved by this version',
        advice: expect.stringContaining('frozen') as string,
      },
    });
    expect(codeOf(assign(plan, ['/fc1/Gemm'], { kind: 'upper', name: 'head' }))).toBe('tier-order');
    expect(codeOf(assign(plan, ['/fc9/Gemm'], lower))).toBe('unknown-layer');
    expect(codeOf(assign(plan, ['/fc1/Gemm'], { kind: 'upper', name: 'features' }))).toBe('duplicate-tier-name');
    for (const name of ['', '1a', 'a b', '} lower', 'a{', '//x', 'solve ridge'])
      expect(codeOf(assign(plan, ['/fc3/Gemm'], { kind: 'upper', name })), name).not.toBe('none');
  });

  test('leaves a plan alone whose layers cannot be told for sure', () => {
    for (const [from, to] of [
      ['solve ridge', 'solve {'],
      ['"/fc2/Gemm"', '"/fc7/Gemm"'],
      ['"/fc2/Gemm"', '"/fc1/Gemm"'],
      ['// ten classes', '/* ten classes'],
    ] as const)
      expect(codeOf(assign(plan.replace(from, to), ['/fc1/Gemm'], { kind: 'frozen' })), to).toBe('plan-has-errors');
    expect(codeOf(assign(plan.replace('digits.onnx', 'gone.onnx'), ['/fc1/Gemm'], { kind: 'frozen' }))).toBe('model-unreadable');
    expect(codeOf(assign('target "ecp5-85f"', ['/fc1/Gemm'], { kind: 'frozen' }))).toBe('missing-clause');
  });

  test('is not given for errors that the move takes away', () => {
    const wrong = plan.replace('"/fc3/Gemm"', '"/fc3/Gemm", "/conv1/Conv"');
    expect(edited(wrong, assign(wrong, ['/conv1/Conv'], { kind: 'frozen' }))).toBe(plan);
  });
});
