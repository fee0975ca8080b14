import { stringAttribute } from '../graph.ts';
import type { Dim } from '../tensor.ts';
import { broadcast, expectThat, tensorFacts, type InferContext, type RuleTable, type ValueFacts } from './facts.ts';

/** Letters of the terms and of the result; '.' stands for the ellipsis. */
export interface Equation {
  readonly terms: readonly string[];
  readonly result: string;
}

/** Parses an Einsum equation. Without an arrow the result has the letters that occur once, in order. undefined when malformed. */
export function parseEquation(text: string): Equation | undefined {
  const compact = text.replaceAll(' ', '').replaceAll('...', '.');
  const [left, right, ...rest] = compact.split('->');
  if (left === undefined || rest.length > 0 || !/^[A-Za-z.,]*$/.test(left) || !/^[A-Za-z.]*$/.test(right ?? '')) return undefined;
  const terms = left.split(',');
  if (right !== undefined) return { terms, result: right };
  const letters = [...left].filter((c) => c !== ',' && c !== '.');
  const once = [...new Set(letters)].filter((c) => letters.filter((o) => o === c).length === 1).sort();
  return { terms, result: (left.includes('.') ? '.' : '') + once.join('') };
}

function einsum(context: InferContext): readonly ValueFacts[] {
  const dtype = context.input(0)?.dtype ?? 'unknown';
  const equation = parseEquation(stringAttribute(context.node, 'equation', ''));
  expectThat(equation !== undefined, 'the equation cannot be read');
  expectThat(
    equation.terms.length === context.node.inputs.length,
    `${equation.terms.length} terms for ${context.node.inputs.length} inputs`,
  );
  const sizes = new Map<string, Dim>();
  let ellipsis: readonly Dim[] = [];
  for (const [i, term] of equation.terms.entries()) {
    const shape = context.input(i)?.shape ?? null;
    if (shape === null) return [tensorFacts(dtype, null)];
    const dots = shape.length - (term.length - (term.includes('.') ? 1 : 0));
    expectThat(term.includes('.') ? dots >= 0 : dots === 0, `term ${term} does not fit rank ${shape.length}`);
    let axis = 0;
    for (const letter of term) {
      if (letter === '.') {
        ellipsis = broadcast([ellipsis, shape.slice(axis, axis + dots)]) ?? [];
        axis += dots;
      } else {
        const size = shape[axis++] ?? null;
        const known = sizes.get(letter);
        sizes.set(letter, known === undefined || known === 1 || known === null ? size : known);
      }
    }
  }
  return [
    tensorFacts(
      dtype,
      [...equation.result].flatMap((letter) => (letter === '.' ? [...ellipsis] : [sizes.get(letter) ?? null])),
    ),
  ];
}

/** Einstein summation. */
export const einsumRules: RuleTable = { Einsum: einsum };
