import type { BudgetDocument, CheckDocument, DiagnosticDocument, TextRange } from '../protocol/documents.ts';
import { inert } from './cells.ts';
import { sarifRule } from './sarif-rules.ts';

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
const levels = { error: 'error', warning: 'warning', info: 'note' } as const;

/** Where files lie and who reports. */
export interface SarifOptions {
  /** Version of Tierwise. */
  readonly version: string;
  /** Absolute folder that file names become relative to, so that code hosts find them; files outside keep file: URIs. */
  readonly root?: string;
}

/**
 * The check document as SARIF 2.1.0 (OASIS), for code hosts and editors: one rule per code with help, one result per finding with its
 * place, fixes where a replacement is known, and a fingerprint that outlives moved lines and changed figures. Findings about a budget
 * carry its outcome as quantities. Returns JSON text with a final newline.
 */
export function checkSarif(check: CheckDocument, options: SarifOptions): string {
  const codes = [...new Set(check.diagnostics.map((d) => d.code))].sort();
  const rules = codes.map((code) => {
    const found = check.diagnostics.filter((d) => d.code === code);
    const worst = (['error', 'warning', 'info'] as const).find((severity) => found.some((d) => d.severity === severity)) ?? 'info';
    return sarifRule(code, levels[worst], found[0]);
  });
  const seen = new Map<string, number>();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'tierwise', version: options.version, semanticVersion: options.version, rules } },
        // Code hosts tell runs apart by what stands before the last slash: each plan is a category of its own.
        automationDetails: { id: `tierwise/${toUri(check.plan, options.root).uri}/` },
        originalUriBaseIds: {
          [sourceRoot]: { description: { text: 'The folder that the command ran in; in CI the root of the repository.' } },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [{ executionSuccessful: true }],
        results: check.diagnostics.map((d) => result(d, codes.indexOf(d.code), check, { root: options.root, seen })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

const sourceRoot = '%SRCROOT%';

function result(
  d: DiagnosticDocument,
  ruleIndex: number,
  check: CheckDocument,
  { root, seen }: { readonly root: string | undefined; readonly seen: Map<string, number> },
): object {
  const path = d.where.path ?? check.plan;
  const artifactLocation = toUri(path, root);
  const { range, node, tensor } = d.where;
  const named = node ?? tensor;
  // A finding about a plan as a whole stands on its first line, because code hosts show nothing without one.
  const place = range === undefined ? (path.endsWith('.tiers') ? { region: { startLine: 1 } } : {}) : { region: region(range) };
  const location = {
    physicalLocation: { artifactLocation, ...place },
    ...(named === undefined ? {} : { logicalLocations: [{ name: inert(named), kind: node === undefined ? 'variable' : 'function' }] }),
  };
  const fixes =
    range === undefined
      ? []
      : (d.suggestions ?? []).map((text) => ({
          description: { text: `Use ${inert(text)}` },
          artifactChanges: [{ artifactLocation, replacements: [{ deletedRegion: region(range), insertedContent: { text } }] }],
        }));
  const budget = check.budgets.find((b) => d.code.startsWith('budget-') && b.range !== null && sameRange(b.range, range));
  const identity = hash64(`${d.code}\0${artifactLocation.uri}\0${identityText(d)}`);
  const occurrence = (seen.get(identity) ?? 0) + 1;
  seen.set(identity, occurrence);
  return {
    ruleId: d.code,
    ruleIndex,
    level: levels[d.severity],
    message: { text: inert(d.message, 2000) },
    locations: [location],
    partialFingerprints: { 'tierwiseFinding/v1': `${identity}:${occurrence}` },
    ...(fixes.length === 0 ? {} : { fixes }),
    ...(budget === undefined ? {} : { properties: { budget: withoutRange(budget) } }),
  };
}

/**
 * What stays the same when lines move and figures change: the names in a message, not its numbers; of a budget, whose it is and what it
 * counts.
 */
function identityText({ code, message }: DiagnosticDocument): string {
  if (code.startsWith('budget-'))
    return `${message.split(':')[0] ?? ''} per ${/\bper (inference|layer|fit|update)\b/.exec(message)?.[1] ?? ''}`;
  return message.replace(/"(?:[^"\\]|\\.)*"|[0-9]+(?:\.[0-9]+)?/g, (part) => (part.startsWith('"') ? part : '#'));
}

/** FNV-1a over UTF-16 code units, 64 bits as 16 hex digits: an identity, not a secret. */
function hash64(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}

function sameRange(a: TextRange, b: TextRange | undefined): boolean {
  return b !== undefined && a.line === b.line && a.column === b.column && a.endLine === b.endLine && a.endColumn === b.endColumn;
}

/** Where the budget stands is the location of the finding already. */
function withoutRange(budget: BudgetDocument): object {
  return { ...budget, range: undefined };
}

function region(range: TextRange): object {
  return { startLine: range.line, startColumn: range.column, endLine: range.endLine, endColumn: range.endColumn };
}

/** A path as an artifact location: relative below `root`, which is the base then, else file:. Every segment is percent-encoded. */
function toUri(path: string, root: string | undefined): { readonly uri: string; readonly uriBaseId?: string } {
  const slashes = path.replaceAll('\\', '/');
  const base = root?.replaceAll('\\', '/').replace(/\/$/, '');
  const inside = base !== undefined && slashes.startsWith(`${base}/`);
  const shown = inside ? slashes.slice(base.length + 1) : slashes;
  // encodeURIComponent throws on lone surrogates, which a file name may hold.
  const encoded = shown
    .split('/')
    .map((part) => encodeURIComponent(part.replace(loneSurrogate, '\uFFFD')).replaceAll('%3A', ':'))
    .join('/');
  if (encoded.startsWith('/')) return { uri: `file://${encoded}` };
  return /^[A-Za-z]:\//.test(encoded) ? { uri: `file:///${encoded}` } : { uri: encoded, uriBaseId: sourceRoot };
}
