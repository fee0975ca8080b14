/** What ordering needs of a node. */
export interface OrderedNode {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly captured: readonly string[];
}

/**
 * Orders nodes so that producers come before consumers; nodes that are already in order keep their place.
 * `cycle`: indices of nodes that form one cycle, in its direction, when there is one (then `order` is incomplete).
 * O(nodes + edges), no recursion.
 */
export function topologicalOrder(nodes: readonly OrderedNode[]): { readonly order: readonly number[]; readonly cycle: readonly number[] } {
  const producer = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const name of node.outputs) if (name !== '') producer.set(name, i);
  });
  if (isOrdered(nodes, producer)) return { order: nodes.map((_, i) => i), cycle: [] };

  const waiting = new Int32Array(nodes.length);
  const consumers: number[][] = nodes.map(() => []);
  nodes.forEach((node, i) => {
    for (const p of producersOf(node, producer)) {
      waiting[i] = (waiting[i] ?? 0) + 1;
      consumers[p]?.push(i);
    }
  });
  const order: number[] = [];
  for (let i = 0; i < nodes.length; i++) if (waiting[i] === 0) order.push(i);
  for (let k = 0; k < order.length; k++) {
    for (const c of consumers[order[k] ?? 0] ?? []) {
      waiting[c] = (waiting[c] ?? 0) - 1;
      if (waiting[c] === 0) order.push(c);
    }
  }
  if (order.length === nodes.length) return { order, cycle: [] };
  return { order, cycle: findCycle(nodes, producer, waiting) };
}

function isOrdered(nodes: readonly OrderedNode[], producer: ReadonlyMap<string, number>): boolean {
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i];
    if (node === undefined) continue;
    // Plain loops: this is the common case, and files have up to a million nodes.
    for (const name of node.inputs) if ((producer.get(name) ?? -1) >= i) return false;
    for (const name of node.captured) if ((producer.get(name) ?? -1) >= i) return false;
  }
  return true;
}

function* producersOf(node: OrderedNode, producer: ReadonlyMap<string, number>): Generator<number> {
  for (const name of node.inputs) {
    const p = name === '' ? undefined : producer.get(name);
    if (p !== undefined) yield p;
  }
  for (const name of node.captured) {
    const p = producer.get(name);
    if (p !== undefined) yield p;
  }
}

/** Every node still waiting has a waiting producer, so walking backwards must return to a node already seen. */
function findCycle(nodes: readonly OrderedNode[], producer: ReadonlyMap<string, number>, waiting: Int32Array): number[] {
  let at = waiting.findIndex((n) => n > 0);
  const seenAt = new Map<number, number>();
  const path: number[] = [];
  while (!seenAt.has(at)) {
    seenAt.set(at, path.length);
    path.push(at);
    const node = nodes[at];
    if (node === undefined) return [];
    for (const p of producersOf(node, producer)) {
      if ((waiting[p] ?? 0) > 0) {
        at = p;
        break;
      }
    }
  }
  return path.slice(seenAt.get(at)).reverse();
}
