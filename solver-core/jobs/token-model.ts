import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { ModelGraph, ValueInfo } from '../model/graph.ts';
import type { InferredShapes } from '../model/index.ts';
import { quoteName } from '../model/quote.ts';
import type { Vocabulary } from '../data/vocabulary.ts';
import { contextLimit } from './token-context.ts';

/** A value that a step model hands to its next step. */
export interface TokenState {
  readonly input: string;
  readonly output: string;
  /** null: the batch. */
  readonly shape: readonly (number | null)[];
}

/** How a language model takes tokens and gives scores of the next one. */
export interface TokenModel {
  /** `parallel`: ids [batch, tokens] give logits [batch, tokens, vocabulary]; `step`: ids [batch] and states give logits [batch, vocabulary]. */
  readonly kind: 'parallel' | 'step';
  /** Number of tokens that it scores. */
  readonly vocabulary: number;
  /** Names of the values that take the ids and hold the scores. */
  readonly ids: string;
  readonly logits: string;
  /** Step models: fed back, zero at the beginning of a window. Empty for parallel ones. */
  readonly states: readonly TokenState[];
  /** Most tokens of a window, by a table of positions or a fixed size; null: no limit is known. */
  readonly contextLimit: number | null;
  /** Present where the model takes windows of exactly `contextLimit` tokens. */
  readonly exactContext?: true;
  /** Present where the model takes exactly so many windows at once. */
  readonly batch?: number;
}

/** What a language model is recognised by. */
export interface TokenModelSource {
  readonly model: { readonly graph: ModelGraph };
  readonly shapes: InferredShapes;
}

/**
 * Recognises a language model by its inputs and outputs. Code of the finding without a value: `not-a-language-model`, with what was
 * expected and what the model has.
 */
export function tokenModel({ model, shapes }: TokenModelSource): Checked<TokenModel> {
  const { graph } = model;
  const shapeOf = (value: ValueInfo): readonly (number | string | null)[] | null =>
    value.shape ?? shapes.values.get(value.name)?.shape ?? null;
  const integers = graph.inputs.filter((input) => input.dtype === 'int64' || input.dtype === 'int32');
  const [ids, another] = integers;
  if (ids === undefined) return no('it has no integer input for token ids');
  if (another !== undefined)
    return no(
      `it has ${integers.length} integer inputs (${quoteName(ids.name)}, ${quoteName(another.name)}, …), and only one can take token ids`,
    );
  const idsShape = shapeOf(ids);
  const rank = idsShape?.length;
  if (idsShape === null || (rank !== 1 && rank !== 2))
    return no(`its input ${quoteName(ids.name)} has ${rank ?? 'unknown'} dimensions; token ids have [batch] or [batch, tokens]`);
  const logits = graph.outputs.find((output) => {
    const shape = shapeOf(output);
    return shape?.length === (rank === 1 ? 2 : 3) && typeof shape.at(-1) === 'number' && output.dtype === 'float32';
  });
  if (logits === undefined)
    return no(
      `it has no float32 output of shape ${rank === 1 ? '[batch, tokens of the vocabulary]' : '[batch, tokens, tokens of the vocabulary]'}`,
    );
  const vocabulary = Number(shapeOf(logits)?.at(-1));
  const batch = typeof idsShape[0] === 'number' ? { batch: idsShape[0] } : {};
  const others = graph.inputs.filter((input) => input !== ids);
  if (rank === 2) {
    if (others.length > 0)
      return no(
        `it takes ${quoteName(others[0]?.name ?? '')} beside the ids of a whole window; only models that take nothing else are run`,
      );
    const limit = contextLimit(graph, ids.name, idsShape[1]);
    const exact = typeof idsShape[1] === 'number' ? ({ exactContext: true } as const) : {};
    return found({ kind: 'parallel', vocabulary, ids: ids.name, logits: logits.name, states: [], contextLimit: limit, ...exact, ...batch });
  }
  const states = pairStates(
    others,
    graph.outputs.filter((output) => output !== logits),
    shapeOf,
    idsShape[0] ?? null,
  );
  if (typeof states === 'string') return no(states);
  return found({ kind: 'step', vocabulary, ids: ids.name, logits: logits.name, states, contextLimit: null, ...batch });
}

/** `vocabulary-mismatch` when the vocabulary has not as many tokens as the model scores; empty when it fits. */
export function checkVocabulary(token: TokenModel, vocabulary: Vocabulary, path: string): readonly Diagnostic[] {
  const has = vocabulary.tokens.length;
  if (has === token.vocabulary) return [];
  const message = `The vocabulary has ${has} tokens, the model scores ${token.vocabulary}. Use the vocabulary that the model was trained with.`;
  return [{ severity: 'error', code: 'vocabulary-mismatch', message, where: { path } }];
}

type ShapeOf = (value: ValueInfo) => readonly (number | string | null)[] | null;

/** State inputs with the outputs that become them, by name, else by equal shape in order; what is wrong as text. */
function pairStates(
  inputs: readonly ValueInfo[],
  outputs: readonly ValueInfo[],
  shapeOf: ShapeOf,
  batch: number | string | null,
): readonly TokenState[] | string {
  const free = new Set(outputs);
  const states = new Map<ValueInfo, ValueInfo>();
  for (const input of inputs) {
    const named = [...free].find((output) => namesOfNext(input.name).includes(output.name));
    if (named === undefined) continue;
    states.set(input, named);
    free.delete(named);
  }
  for (const input of inputs) {
    if (states.has(input)) continue;
    const equal = [...free].find((output) => shapeOf(input) !== null && JSON.stringify(shapeOf(input)) === JSON.stringify(shapeOf(output)));
    if (equal === undefined) return `it has no output that becomes its input ${quoteName(input.name)} in the next step`;
    states.set(input, equal);
    free.delete(equal);
  }
  const paired: TokenState[] = [];
  for (const input of inputs) {
    const output = states.get(input);
    const from = shapeOf(input);
    const to = output === undefined ? null : shapeOf(output);
    if (output === undefined || from === null || input.dtype !== 'float32')
      return `its input ${quoteName(input.name)} is no float32 state of known shape`;
    const shape = from.map((dim) => (typeof dim === 'number' ? dim : null));
    if (shape.filter((dim) => dim === null).length !== 1 && !(typeof batch === 'number' && !shape.includes(null)))
      return `the state ${quoteName(input.name)} has shape [${from.map((dim) => dim ?? '?').join(', ')}]; exactly one dimension, the batch, may be open`;
    if (
      to !== null &&
      (to.length !== from.length || to.some((dim, i) => typeof dim === 'number' && typeof shape[i] === 'number' && dim !== shape[i]))
    )
      return `the state ${quoteName(input.name)} has shape [${from.join(', ')}] and comes back as [${to.join(', ')}]`;
    paired.push({ input: input.name, output: output.name, shape });
  }
  return paired;
}

function namesOfNext(name: string): readonly string[] {
  const names = [`new_${name}`, `${name}_new`, `${name}_out`, `out_${name}`, `next_${name}`, `${name}_next`, `${name}.out`];
  if (/past/.test(name)) names.push(name.replace('past_key_values', 'present'), name.replace('past', 'present'));
  if (/_in$/.test(name)) names.push(name.replace(/_in$/, '_out'));
  return names;
}

function found(value: TokenModel): Checked<TokenModel> {
  return { value, diagnostics: [] };
}

function no(why: string): Checked<TokenModel> {
  const message = `The model does not look like a language model: ${why}.`;
  return { value: undefined, diagnostics: [{ severity: 'error', code: 'not-a-language-model', message, where: {} }] };
}
