/** A tier block of a plan's text, and where it stands. */
interface Block {
  readonly kind: string;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The text of a plan with the layers that annotations state, everything else as it is written: model, data, budgets, comments. A tier of
 * the same kind and name (or the only one of its kind on both sides) keeps its clauses and gets the `layers` of `stated`; others of `stated`
 * are added, tiers that `stated` does not have are taken out. Both texts are plans without syntax errors; of others nothing good comes.
 */
export function mergePlan(existing: string, stated: string): string {
  const before = tierBlocks(existing);
  const wanted = tierBlocks(stated);
  const partner = (block: Block): Block | undefined =>
    wanted.find((one) => one.kind === block.kind && one.name === block.name) ?? onlyPair(before, wanted, block.kind);
  const taken = new Set<Block>();
  let text = '';
  let at = 0;
  for (const block of before) {
    const one = partner(block);
    text += existing.slice(at, block.start);
    at = block.end;
    if (one && !taken.has(one)) {
      taken.add(one);
      text += withLayers(block.text, one.text);
    } else {
      // A block that goes takes the empty line behind it along.
      at += /^[ \t]*\n?(?:[ \t]*\n)?/.exec(existing.slice(at))?.[0].length ?? 0;
    }
  }
  const added = wanted.filter((block) => !taken.has(block)).map((block) => block.text);
  const last = before.at(-1);
  if (added.length === 0) return text + existing.slice(at);
  if (last) return `${text.trimEnd()}\n\n${added.join('\n\n')}\n\n${existing.slice(at).trimStart()}`.trimEnd() + '\n';
  return `${existing.trimEnd()}\n\n${added.join('\n\n')}\n`;
}

/** The only block of a kind in both, whatever the names. */
function onlyPair(before: readonly Block[], wanted: readonly Block[], kind: string): Block | undefined {
  const [left, right] = [before, wanted].map((blocks) => blocks.filter((block) => block.kind === kind));
  return left?.length === 1 && right?.length === 1 ? right[0] : undefined;
}

/** A block with the layers of another one. Where it names the same layers already, its own way of writing them stays. */
function withLayers(block: string, other: string): string {
  const [own, stated] = [layersClause(block), layersClause(other)];
  if (!own || !stated) return other;
  if (sameLayers(own.text, stated.text)) return block;
  return block.slice(0, own.start) + stated.text + block.slice(own.end);
}

function sameLayers(a: string, b: string): boolean {
  const names = (text: string): string =>
    [...masked(text, 'comments').matchAll(/"(?:[^"\\\n]|\\.)*"|\.\.|blocks|\d+/g)].map(String).join(' ');
  return names(a) === names(b);
}

/** `layers` with its entries: names, ranges and blocks, separated by commas, with comments and line breaks between them. */
function layersClause(block: string): { readonly start: number; readonly end: number; readonly text: string } | undefined {
  const entry = String.raw`(?:"(?:[^"\\\n]|\\.)*"(?:\s*\.\.\s*"(?:[^"\\\n]|\\.)*")?|blocks\s+\d+(?:\s*\.\.\s*\d+)?)`;
  const between = String.raw`\s*,(?:\s|//[^\n]*\n)*`;
  const match = new RegExp(`\\blayers\\s+${entry}(?:${between}${entry})*`).exec(masked(block, 'comments'));
  if (!match) return undefined;
  return { start: match.index, end: match.index + match[0].length, text: block.slice(match.index, match.index + match[0].length) };
}

function tierBlocks(text: string): readonly Block[] {
  const plain = masked(text, 'comments and strings');
  return [...plain.matchAll(/\b(lower|upper)\s+tier\s+([^\s{]+)\s*\{[^}]*\}/g)].map((match) => {
    const end = match.index + match[0].length;
    return { kind: match[1] ?? '', name: match[2] ?? '', start: match.index, end, text: text.slice(match.index, end) };
  });
}

/** The text with comments (and strings) blanked out; every place stays where it was. */
function masked(text: string, what: 'comments' | 'comments and strings'): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, (part) => {
    if (part.startsWith('"') && what === 'comments') return part;
    return part.replace(/[^\n]/g, ' ');
  });
}
