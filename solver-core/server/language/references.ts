import { basename, dirname, resolve } from 'node:path';
import { OperationCancelled, TextDocument, URI } from 'langium';
import type { LangiumDocument } from 'langium';
import type { LangiumServices, DefinitionProvider, DocumentHighlightProvider, ReferencesProvider } from 'langium/lsp';
import { DocumentHighlightKind, LocationLink } from 'vscode-languageserver/node.js';
import type {
  CancellationToken,
  DefinitionParams,
  DocumentHighlight,
  Location,
  Range,
  ReferenceParams,
} from 'vscode-languageserver/node.js';
import { isModuleClause } from '../../tiers/generated/ast.ts';
import { spanOf } from '../../tiers/nodes.ts';
import { pathProblem } from '../../tiers/paths.ts';
import { spanRange } from './convert.ts';
import { layerAt, leafAt, mentionsOf } from './mentions.ts';
import { plansBelow, readPlan } from './plan-files.ts';
import type { PlanCheck, PlanChecks } from './plan-checks.ts';
import { tierNameAt } from './rename.ts';

/** Version of a plan that no editor has open. */
const onDisk = -1;

/**
 * Every mention of the layer at the cursor: by name, inside ranges and blocks, in modules; in this plan and in every other plan of the
 * workspace, open or on disk, that is about the same model file. Of a tier its name, which stands once.
 */
export class PlanReferences implements ReferencesProvider {
  private readonly checks: PlanChecks;
  private readonly services: LangiumServices;

  constructor(services: LangiumServices, checks: PlanChecks) {
    this.services = services;
    this.checks = checks;
  }

  async findReferences(document: LangiumDocument, params: ReferenceParams, token?: CancellationToken): Promise<Location[]> {
    const { textDocument } = document;
    const check = this.checks.of(textDocument);
    const name = tierNameAt(check, document, params.position);
    if (name !== undefined) return [{ uri: textDocument.uri, range: spanRange(textDocument, name) }];
    const layer = layerAt(check, textDocument, params.position);
    if (layer === undefined) return [];
    const model = modelPath(textDocument.uri, check);
    const found = locations(textDocument, check, layer.id);
    if (model === undefined) return found;
    for (const other of this.others(textDocument.uri)) {
      if (!mayName(other.getText(), model)) continue;
      // Other requests, and the end of this one, are heard in between.
      await new Promise((resolve) => setImmediate(resolve));
      if (token?.isCancellationRequested === true) throw OperationCancelled;
      const otherCheck = this.checks.of(other);
      // A file on disk has no version that would tell when it changed.
      if (other.version === onDisk) this.checks.forget(other.uri);
      if (modelPath(other.uri, otherCheck) === model) found.push(...locations(other, otherCheck, layer.id));
    }
    return found;
  }

  /** Other plans: those that are open with the text of their editors, and those in the folders of the workspace. */
  private others(own: string): readonly TextDocument[] {
    const open = [...this.services.shared.workspace.TextDocuments.all()];
    const seen = new Set([own, ...open.map(({ uri }) => uri)]);
    const folders = this.services.shared.workspace.WorkspaceManager.workspaceFolders ?? [];
    const paths = plansBelow(folders.flatMap(({ uri }) => (uri.startsWith('file:') ? URI.parse(uri).fsPath : [])));
    const closed = paths.flatMap((path) => {
      const uri = URI.file(path).toString();
      const text = seen.has(uri) ? undefined : readPlan(path);
      return text === undefined ? [] : TextDocument.create(uri, 'tiers', onDisk, text);
    });
    return [...open.filter(({ uri }) => uri !== own), ...closed];
  }
}

/** The same within one plan, as marks: a name stronger than a range that holds it. */
export class PlanHighlights implements DocumentHighlightProvider {
  private readonly checks: PlanChecks;

  constructor(checks: PlanChecks) {
    this.checks = checks;
  }

  getDocumentHighlight(document: LangiumDocument, params: DefinitionParams): DocumentHighlight[] {
    const { textDocument } = document;
    const check = this.checks.of(textDocument);
    const name = tierNameAt(check, document, params.position);
    if (name !== undefined) return [{ range: spanRange(textDocument, name), kind: DocumentHighlightKind.Write }];
    const layer = layerAt(check, textDocument, params.position);
    if (layer === undefined) return [];
    return mentionsOf(check, layer.id).map(({ span, by }) => ({
      range: spanRange(textDocument, span),
      kind: by === 'name' ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
    }));
  }
}

/**
 * Where what stands at the cursor comes from, inside the plan: `rest` leads to the lower module, a tier's name to its block. Layers lie
 * outside of plans; editors that can show models answer for them.
 */
export class PlanDefinitions implements DefinitionProvider {
  private readonly checks: PlanChecks;

  constructor(checks: PlanChecks) {
    this.checks = checks;
  }

  getDefinition(document: LangiumDocument, params: DefinitionParams): LocationLink[] | undefined {
    const { textDocument } = document;
    const check = this.checks.of(textDocument);
    const link = (origin: Range, target: Range): LocationLink[] => [LocationLink.create(textDocument.uri, target, target, origin)];
    const name = tierNameAt(check, document, params.position);
    if (name !== undefined) return link(spanRange(textDocument, name), spanRange(textDocument, name));
    const leaf = leafAt(check, textDocument, params.position, ({ text, astNode }) => text === 'rest' && isModuleClause(astNode));
    const block = leaf?.astNode.$container;
    if (leaf === undefined || block === undefined || !('clauses' in block) || !Array.isArray(block.clauses)) return undefined;
    const lower = block.clauses.find((clause) => isModuleClause(clause) && clause.kind === 'lower');
    return lower === undefined ? undefined : link(spanRange(textDocument, leaf), spanRange(textDocument, spanOf(lower)));
  }
}

/** False for a text that cannot be about this model file: it holds neither the file's name nor the escapes that could spell it. */
function mayName(text: string, model: string): boolean {
  return text.includes(basename(model)) || text.includes('\\');
}

function locations(document: TextDocument, check: PlanCheck, id: string): Location[] {
  return mentionsOf(check, id).map(({ span }) => ({ uri: document.uri, range: spanRange(document, span) }));
}

/** Absolute path of the model of a plan on this machine's disk; undefined for a path that plans may not use: nobody shall open it. */
export function modelPath(uri: string, check: PlanCheck): string | undefined {
  const path = check.checked.outline.model;
  const plan = URI.parse(uri);
  if (path === null || plan.scheme !== 'file') return undefined;
  return (pathProblem(path) ?? check.world.pathProblem?.(path)) === undefined ? resolve(dirname(plan.fsPath), path) : undefined;
}
