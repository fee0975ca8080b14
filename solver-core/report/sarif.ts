import type { CheckDocument, DiagnosticDocument, TextRange } from '../protocol/documents.ts';
import { inert } from './cells.ts';

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
 * The check document as SARIF 2.1.0 (OASIS), for code hosts and editors: one result per finding, with fixes where a
 * replacement is known. Returns JSON text with a final newline.
 */
export function checkSarif(check: CheckDocument, options: SarifOptions): string {
  const codes = [...new Set(check.diagnostics.map((d) => d.code))].sort();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'tierwise', version: options.version, rules: codes.map((id) => ({ id })) } },
        columnKind: 'utf16CodeUnits',
        results: check.diagnostics.map((d) => result(d, codes.indexOf(d.code), check.plan, options.root)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function result(d: DiagnosticDocument, ruleIndex: number, plan: string, root: string | undefined): object {
  const artifactLocation = { uri: toUri(d.where.path ?? plan, root) };
  const { range, node, tensor } = d.where;
  const named = node ?? tensor;
  const location = {
    physicalLocation: { artifactLocation, ...(range === undefined ? {} : { region: region(range) }) },
    ...(named === undefined ? {} : { logicalLocations: [{ name: inert(named), kind: node === undefined ? 'variable' : 'function' }] }),
  };
  const fixes =
    range === undefined
      ? []
      : (d.suggestions ?? []).map((text) => ({
          description: { text: `Use ${inert(text)}` },
          artifactChanges: [{ artifactLocation, replacements: [{ deletedRegion: region(range), insertedContent: { text } }] }],
        }));
  return {
    ruleId: d.code,
    ruleIndex,
    level: levels[d.severity],
    message: { text: inert(d.message, 2000) },
    locations: [location],
    ...(fixes.length === 0 ? {} : { fixes }),
  };
}

function region(range: TextRange): object {
  return { startLine: range.line, startColumn: range.column, endLine: range.endLine, endColumn: range.endColumn };
}

/** A path as URI reference: relative below `root`, else file:. Every segment is percent-encoded. */
function toUri(path: string, root: string | undefined): string {
  const slashes = path.replaceAll('\\', '/');
  const base = root?.replaceAll('\\', '/').replace(/\/$/, '');
  const inside = base !== undefined && slashes.startsWith(`${base}/`);
  const shown = inside ? slashes.slice(base.length + 1) : slashes;
  // encodeURIComponent throws on lone surrogates, which a file name may hold.
  const encoded = shown
    .split('/')
    .map((part) => encodeURIComponent(part.replace(loneSurrogate, '\uFFFD')).replaceAll('%3A', ':'))
    .join('/');
  if (encoded.startsWith('/')) return `file://${encoded}`;
  return /^[A-Za-z]:\//.test(encoded) ? `file:///${encoded}` : encoded;
}
