/** A rule of a TextMate grammar, as far as ours uses them. */
export interface Rule {
  readonly include?: string;
  readonly name?: string;
  readonly match?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly captures?: Readonly<Record<string, { readonly name: string }>>;
  readonly patterns?: readonly Rule[];
}

export interface TextMateGrammar extends Rule {
  readonly repository: Readonly<Record<string, Rule>>;
}

/** All rules with a pattern, includes resolved, in order. */
export function flatRules(grammar: TextMateGrammar, rule: Rule = grammar): Rule[] {
  if (rule.include !== undefined) return flatRules(grammar, grammar.repository[rule.include.slice(1)] ?? {});
  if (rule.match !== undefined || rule.begin !== undefined) return [rule];
  return (rule.patterns ?? []).flatMap((inner) => flatRules(grammar, inner));
}

/**
 * Scopes of a text, `text scope` per piece: the earliest match wins, then the first rule, as in editors. One level of begin/end,
 * line by line; enough for this grammar, and written for the tests only.
 */
export function tokenize(grammar: TextMateGrammar, text: string): string[] {
  const rules = flatRules(grammar);
  const out: string[] = [];
  let open: Rule | undefined;
  for (const line of text.split('\n')) {
    let at = 0;
    while (at < line.length) {
      if (open?.end !== undefined) {
        const close = firstMatch(open.end, line, at);
        const end = close === null ? line.length : close.index + close[0].length;
        out.push(`${line.slice(at, end)} ${open.name ?? ''}`);
        at = end;
        if (close !== null) open = undefined;
        continue;
      }
      const best = nearest(rules, line, at);
      if (best === undefined) break;
      const { rule, match } = best;
      at = match.index + match[0].length;
      if (rule.begin !== undefined) {
        const close = rule.end === undefined ? null : closing(rule, rule.end, line, at);
        const end = close === null ? line.length : close.index + close[0].length;
        out.push(`${line.slice(match.index, end)} ${rule.name ?? ''}`);
        if (close === null) open = rule;
        at = end;
        continue;
      }
      if (rule.captures === undefined) out.push(`${match[0]} ${rule.name ?? ''}`);
      else for (const [index, capture] of Object.entries(rule.captures)) out.push(`${match[Number(index)] ?? ''} ${capture.name}`);
    }
  }
  return out;
}

/** Where a begin/end rule ends: pieces that its own patterns take, such as escapes, are stepped over. */
function closing(rule: Rule, end: string, line: string, from: number): RegExpExecArray | null {
  for (let at = from; ;) {
    const close = firstMatch(end, line, at);
    const inner = nearest(rule.patterns ?? [], line, at);
    if (close === null || inner === undefined || close.index <= inner.match.index) return close;
    at = inner.match.index + inner.match[0].length;
  }
}

function nearest(rules: readonly Rule[], line: string, at: number): { readonly rule: Rule; readonly match: RegExpExecArray } | undefined {
  let best: { readonly rule: Rule; readonly match: RegExpExecArray } | undefined;
  for (const rule of rules) {
    const match = firstMatch(rule.match ?? rule.begin ?? '', line, at);
    if (match !== null && (best === undefined || match.index < best.match.index)) best = { rule, match };
  }
  return best;
}

function firstMatch(pattern: string, line: string, at: number): RegExpExecArray | null {
  const regex = new RegExp(pattern, 'gu');
  regex.lastIndex = at;
  return regex.exec(line);
}
