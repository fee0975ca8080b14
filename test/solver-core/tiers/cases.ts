import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from '../../../solver-core/model/diagnostic.ts';
import { projectRoot } from '../../shared.ts';

/** One case of a case file: `# name {option}`, the source, `==>`, the expected text. */
export interface Case {
  readonly file: string;
  readonly name: string;
  readonly options: readonly string[];
  readonly source: string;
  readonly expected: string;
}

const folder = join(projectRoot, 'test', 'cases', 'tiers');

/** All cases, by file. */
export function readCases(): Map<string, Case[]> {
  return new Map(
    readdirSync(folder)
      .filter((f) => f.endsWith('.txt'))
      .sort()
      .map((file) => [file, parseCases(file, readFileSync(join(folder, file), 'utf8'))]),
  );
}

function parseCases(file: string, text: string): Case[] {
  return text
    .split(/^# /m)
    .slice(1)
    .map((block) => {
      const title = block.slice(0, block.indexOf('\n'));
      const [source = '', expected = ''] = block.slice(block.indexOf('\n') + 1).split(/^==>\n?/m);
      const option = /^(.*?)\s*\{(.*)\}$/.exec(title);
      return {
        file,
        name: option?.[1] ?? title,
        options: option?.[2]?.split(' ') ?? [],
        source: source.replace(/\n$/, ''),
        expected: expected.trim(),
      };
    });
}

/** Rewrites a case file with what the code really gives; read the difference before committing it. */
export function writeCases(file: string, cases: readonly Case[], actual: ReadonlyMap<string, string>): void {
  const text = cases
    .map(
      (c) =>
        `# ${c.name}${c.options.length > 0 ? ` {${c.options.join(' ')}}` : ''}\n${c.source}\n==>\n${actual.get(c.name) ?? c.expected}\n`,
    )
    .join('\n');
  writeFileSync(join(folder, file), text);
}

/** `severity code line:column-line:column message [suggestion | suggestion]`, one finding per line. */
export function printDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics
    .map((d) => {
      const r = d.where.range;
      const place = r === undefined ? '-' : `${r.line}:${r.column}-${r.endLine}:${r.endColumn}`;
      const fixes = d.suggestions === undefined ? '' : ` [${d.suggestions.map((s) => s.replaceAll('\n', '\\n')).join(' | ')}]`;
      return `${d.severity} ${d.code} ${place} ${d.message}${fixes}`;
    })
    .join('\n');
}
