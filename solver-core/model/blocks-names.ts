import type { Segment } from './blocks-path.ts';
import type { Graph } from './graph.ts';

/** Names that exporters, and Tierwise where it adds nodes, make up for tensors and nodes; they do not say where something belongs. */
const madeUp = /^(?:onnx::|tierwise_|\d+$)/;

/**
 * A name for each block: what the names of its nodes, else of its stored tensors, have in common up to a '/' or '.'.
 * "block 0", "block 1", … when that does not tell all blocks apart.
 */
export function blockNames(blocks: readonly (readonly Segment[])[], graph: Graph): string[] {
  for (const namesOf of [nodeNames, tensorNames]) {
    const names = blocks.map((segments) => commonName(namesOf(segments, graph)));
    if (names.every((name) => name !== '') && new Set(names).size === names.length) return names;
  }
  return blocks.map((_, i) => `block ${i}`);
}

function nodeNames(segments: readonly Segment[]): string[] {
  return segments.flatMap((segment) => segment.nodes.map((node) => node.name)).filter((name) => name !== '' && !madeUp.test(name));
}

function tensorNames(segments: readonly Segment[], graph: Graph): string[] {
  const read = segments.flatMap((segment) => segment.nodes.flatMap((node) => node.inputs));
  return read.filter((name) => graph.initializers.has(name) && !madeUp.test(name));
}

/** What names share, whole parts only, without separators at the ends. */
function commonName(names: readonly string[]): string {
  let common = names[0] ?? '';
  for (const name of names) {
    let length = 0;
    while (length < common.length && common[length] === name[length]) length++;
    common = common.slice(0, length);
  }
  // A lone name is a part's name itself: what it belongs to ends at its last separator.
  const end = Math.max(common.lastIndexOf('/'), common.lastIndexOf('.'));
  return common.slice(0, Math.max(end, 0)).replace(/^[/.]+/, '');
}
