import { floats, modelBytes, node, value } from '../onnx/build-model.ts';

/** Numbers in [-1, 1) that follow from a seed. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
}

/** The characters of the model. */
export const letters = 'abcd';

/** Table [4, 6], w1 [6, 8] and w2 [8, scores], row-major: a letter is far from the others, its successor scores highest, and all is a little noisy. */
export function languageTensors(scores = letters.length): {
  readonly table: Float32Array;
  readonly w1: Float32Array;
  readonly w2: Float32Array;
} {
  const draw = numbers(5);
  const filled = (rows: number, columns: number, at: (r: number, c: number) => number, noise: number): Float32Array =>
    Float32Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns) + noise * draw());
  return {
    table: filled(letters.length, 6, (r, c) => (r === c ? 2 : 0), 0.4),
    w1: filled(6, 8, (r, c) => (r === c ? 1 : 0), 0.1),
    w2: filled(8, scores, (r, c) => (r < letters.length && c === (r + 1) % letters.length ? 1.4 : 0), 0.1),
  };
}

/** ids -> table -> up -> relu -> down -> scores, every token by itself; knows which letter follows. */
export function languageModel(
  scores = letters.length,
  opset = 17,
  sizes: readonly [number | string, number | string] = ['batch', 'seq'],
): Uint8Array {
  const { table, w1, w2 } = languageTensors(scores);
  return modelBytes(
    {
      node: [
        node('Gather', ['table', 'ids'], ['h']),
        node('MatMul', ['h', 'w1'], ['u'], {}, 'up'),
        node('Relu', ['u'], ['r']),
        node('MatMul', ['r', 'w2'], ['logits'], {}, 'down'),
      ],
      initializer: [
        floats('table', [letters.length, 6], (i) => table[i]!),
        floats('w1', [6, 8], (i) => w1[i]!),
        floats('w2', [8, scores], (i) => w2[i]!),
      ],
      input: [value('ids', sizes, 7)],
      output: [value('logits', [...sizes, scores])],
    },
    opset,
  );
}

/** Letters, four of five followed by the next one. */
export function text(length: number): string {
  const draw = numbers(11);
  let letter = 0;
  return Array.from({ length }, () => {
    letter = draw() < 0.6 ? (letter + 1) % letters.length : Math.floor((draw() + 1) * 2);
    return letters[letter];
  }).join('');
}
