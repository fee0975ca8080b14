import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TierGoal } from '../../../solver-core/protocol/index.ts';
import { assignTier } from '../../../solver-core/tiers/assign.ts';
import { quote } from '../../../solver-core/tiers/text.ts';
import { asWritten, editedText, placementOf, restOf } from './assign-plans.ts';
import type { Placement } from './assign-plans.ts';
import { fakeLayer, fakeWorld } from './fake-world.ts';

const runs = { seed: 20261121, numRuns: 200 } as const;

/** Layer names that look like the language: quotes, comments, escapes, line ends, ranges, right-to-left marks. */
const oddIds = ['a"b', '// no comment', '/* open', '*/', '\\', '\\u{41}', 'x\ny', '"..', '} upper tier z {', '\u202eab', 'layers', '名'];
const oddWorld = fakeWorld({ model: () => ({ layers: oddIds.map((id) => fakeLayer(id)), blocks: [] }) });

/** Names of tiers that are words of the language, too. */
const names = ['layers', 'lower', 'blocks', 'tier'];
const kindOf = (tier: number): 'lower' | 'upper' => (tier < 2 ? 'lower' : 'upper');

interface Look {
  readonly owners: readonly (number | undefined)[];
  readonly order: readonly number[];
  readonly gaps: readonly number[];
  readonly ranges: boolean;
  readonly clauses: boolean;
  readonly lineEnd: string;
  readonly compound: boolean;
  readonly last: boolean;
}

const looks: fc.Arbitrary<Look> = fc.record({
  owners: fc
    .tuple(fc.integer({ min: 0, max: 12 }), fc.array(fc.constantFrom(0, 0, 1, 2), { minLength: 12, maxLength: 12 }))
    .map(([cut, picks]) => picks.map((pick, i) => (pick === 2 ? undefined : i < cut ? pick : 2 + pick))),
  order: fc.shuffledSubarray([...oddIds.keys()], { minLength: 12, maxLength: 12 }),
  gaps: fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 30, maxLength: 30 }),
  ranges: fc.boolean(),
  clauses: fc.boolean(),
  lineEnd: fc.constantFrom('\n', '\r\n'),
  compound: fc.boolean(),
  last: fc.boolean(),
});

/** The tokens of one tier: its entries in any order, in one clause or several. */
function tierTokens(tier: number, look: Look): string[] {
  const own = look.owners.flatMap((owner, i) => (owner === tier ? [i] : []));
  const runsOfOwn: number[][] = [];
  for (const index of own) {
    const run = runsOfOwn.at(-1);
    if (look.ranges && run?.at(-1) === index - 1) run.push(index);
    else runsOfOwn.push([index]);
  }
  const place = (run: readonly number[]): number => look.order[run[0] ?? 0] ?? 0;
  const entries = runsOfOwn
    .toSorted((a, b) => place(a) - place(b))
    .map((run) => [run[0] ?? 0, ...(run.length > 1 ? [run.at(-1) ?? 0] : [])].map((index) => quote(oddIds[index] ?? '')));
  if (entries.length === 0) return [];
  const list = entries.flatMap((ends, i) => [
    ...(i === 0 ? ['layers'] : look.clauses && i % 3 === 2 ? ['layers'] : [',']),
    ...ends.flatMap((end, j) => (j === 0 ? [end] : ['..', end])),
  ]);
  const how = kindOf(tier) === 'lower' ? ['solve', 'ridge', 'lambda', `1e-${tier + 2}`] : ['learn', 'rls', 'forgetting', `0.9${tier}`];
  return [kindOf(tier), 'tier', names[tier] ?? '', '{', ...(look.last ? [...how, ...list] : [...list, ...how]), '}'];
}

/** The plan as tokens with any white space and comments between any two of them. */
function textOf(look: Look): string {
  const tokens = ['model', '"deep.onnx"', 'data', '"digits.npz"', ...[0, 1, 2, 3].flatMap((tier) => tierTokens(tier, look))];
  if (look.compound) tokens.push('compound', 'both', '{', 'lower', 'layers', quote(oddIds[0] ?? ''), 'upper', 'rest', '}');
  const nl = look.lineEnd;
  let remarks = 0;
  const gap = (i: number): string => {
    switch (look.gaps[(i * 7) % look.gaps.length]) {
      case 0:
        return ` // remark ${remarks++}${nl}`;
      case 1:
        return ` /* remark ${remarks++} */ `;
      case 2:
        return `/* remark ${remarks++} */`;
      case 3:
        return `${nl}${nl}\t// remark ${remarks++}${nl}  `;
      case 4:
      case 5:
        return `${nl}    `;
      case 6:
        return ` /* remark ${remarks++}${nl} */${nl}`;
      case 7:
        return '\t';
      default:
        return ' ';
    }
  };
  return tokens.map((token, i) => token + (i === tokens.length - 1 ? ((look.gaps[0] ?? 0) > 5 ? nl : '') : gap(i))).join('');
}

const goals: fc.Arbitrary<TierGoal> = fc.constantFrom<TierGoal[]>(
  { kind: 'frozen' },
  ...names.map((name, tier): TierGoal => ({ kind: kindOf(tier), name })),
  { kind: 'lower', name: 'solve' },
  { kind: 'upper', name: 'rest' },
);

const attacks = fc.record({ look: looks, layers: fc.subarray(oddIds, { minLength: 1 }), goal: goals });

const remarksOf = (text: string): string[] =>
  (text.match(/\/\/ remark \d+|\/\* remark \d+\s*\*\//g) ?? []).map((one) => one.replace(/\s+/g, ' ')).sort();

function wanted(before: Placement, layers: readonly string[], goal: TierGoal): Placement {
  const after: Record<string, string> = { ...before };
  for (const id of layers) {
    if (goal.kind === 'frozen') delete after[id];
    else after[id] = `${goal.kind} ${goal.name}`;
  }
  return after;
}

function isAllowed(placement: Placement): boolean {
  const indices = (kind: string): number[] => oddIds.flatMap((id, i) => (placement[id]?.startsWith(kind) === true ? [i] : []));
  return Math.max(-1, ...indices('lower')) < Math.min(Infinity, ...indices('upper'));
}

describe('plans that nobody has formatted', () => {
  test('are edited as any other: layers, comments, line ends and the options of what stays', () => {
    let moved = 0;
    fc.assert(
      fc.property(attacks, ({ look, layers, goal }) => {
        const text = textOf(look);
        const before = asWritten(text, oddWorld);
        const placed = Object.fromEntries(
          look.owners.flatMap((owner, i) => (owner === undefined ? [] : [[oddIds[i] ?? '', `${kindOf(owner)} ${names[owner] ?? ''}`]])),
        );
        expect(placementOf(before)).toEqual(placed);
        const answer = assignTier(before, layers, goal);
        const goalPlacement = wanted(placed, layers, goal);
        expect('refusal' in answer, JSON.stringify(answer)).toBe(!isAllowed(goalPlacement));
        if ('refusal' in answer) return;
        moved++;
        const out = editedText(text, answer.edits);
        const after = asWritten(out, oddWorld);
        expect(placementOf(after), out).toEqual(goalPlacement);
        expect(remarksOf(out), out).toEqual(remarksOf(text));
        if (look.lineEnd === '\r\n' && /\r\n/.test(text)) expect(out.replace(/\r\n/g, '')).not.toMatch(/[\r\n]/);
        const stays = new Set(Object.values(goalPlacement));
        const was = new Set(Object.values(placed));
        const optionsOf = (plan: typeof before, kind: string): unknown =>
          ((restOf(plan) as Record<string, { name: string }[]>)[kind] ?? []).filter(
            ({ name }) => stays.has(`${kind} ${name}`) && was.has(`${kind} ${name}`),
          );
        for (const kind of ['lower', 'upper']) expect(optionsOf(after, kind)).toEqual(optionsOf(before, kind));
        expect((restOf(after) as { compound?: unknown }).compound).toEqual((restOf(before) as { compound?: unknown }).compound);
      }),
      runs,
    );
    expect(moved).toBeGreaterThan(60);
  });

  test('with a token missing, doubled or swapped get an answer, never a throw', () => {
    fc.assert(
      fc.property(
        attacks,
        fc.array(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom('drop', 'double', 'swap')), { maxLength: 3 }),
        ({ look, layers, goal }, faults) => {
          const parts = textOf(look).split(/(\s+)/);
          for (const [a, b, fault] of faults) {
            const [i, j] = [a % parts.length, b % parts.length];
            if (fault === 'drop') parts[i] = ' ';
            else if (fault === 'double') parts[i] = `${parts[i] ?? ''} ${parts[i] ?? ''}`;
            else [parts[i], parts[j]] = [parts[j] ?? '', parts[i] ?? ''];
          }
          const text = parts.join('');
          const answer = assignTier(asWritten(text, oddWorld), layers, goal);
          if ('edits' in answer && answer.edits.length > 0) {
            const got = placementOf(asWritten(editedText(text, answer.edits), oddWorld));
            for (const id of layers) expect(got[id], text).toBe(goal.kind === 'frozen' ? undefined : `${goal.kind} ${goal.name}`);
          }
        },
      ),
      runs,
    );
  });
});
