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

/** ids -> table -> up -> relu -> down -> scores, every token by itself. */
export function languageModel(scores = letters.length, opset = 17): Uint8Array {
  const draw = numbers(5);
  return modelBytes(
    {
      node: [
        node('Gather', ['table', 'ids'], ['h']),
        node('MatMul', ['h', 'w1'], ['u'], {}, 'up'),
        node('Relu', ['u'], ['r']),
        node('MatMul', ['r', 'w2'], ['logits'], {}, 'down'),
      ],
      initializer: [floats('table', [letters.length, 6], draw), floats('w1', [6, 8], draw), floats('w2', [8, scores], draw)],
      input: [value('ids', ['batch', 'seq'], 7)],
      output: [value('logits', ['batch', 'seq', scores])],
    },
    opset,
  );
}

/** Letters in a fixed disorder. */
export function text(length: number): string {
  const draw = numbers(11);
  return Array.from({ length }, () => letters[Math.floor((draw() + 1) * 2)]).join('');
}
