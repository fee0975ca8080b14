import { DefaultLangiumDocumentFactory, DocumentState, EmptyFileSystem, inject } from 'langium';
import type { AstNode, Module, ParseResult, TextDocument, URI } from 'langium';
import { createDefaultModule, createDefaultSharedModule, DefaultLanguageServer } from 'langium/lsp';
import type {
  LangiumServices,
  LangiumSharedServices,
  PartialLangiumServices,
  PartialLangiumSharedServices,
  ServiceRequirements,
} from 'langium/lsp';
import type { Connection, InitializeParams, InitializeResult } from 'vscode-languageserver/node.js';
import { TiersGeneratedModule, TiersGeneratedSharedModule } from '../../tiers/generated/module.ts';
import { tiersModule } from '../../tiers/language.ts';
import { PlanCodeActions } from './code-actions.ts';
import { PlanCompletion } from './completion.ts';
import { PlanFolding } from './folding.ts';
import { PlanFormatter } from './formatter.ts';
import { PlanHover } from './hover.ts';
import { PlanLinks } from './links.ts';
import { answerMore } from './more-requests.ts';
import type { PlanChecks } from './plan-checks.ts';
import { PlanDefinitions, PlanHighlights, PlanReferences } from './references.ts';
import { PlanRename } from './rename.ts';
import { PlanSemanticTokens } from './semantic-tokens.ts';
import { PlanSignatureHelp } from './signature-help.ts';
import { PlanSymbols } from './symbols.ts';
import { PlanUpdates } from './updates.ts';
import { PlanValidator } from './validator.ts';

/** Announces only what plans have, and what Langium has no place for. */
class PlanLanguageServer extends DefaultLanguageServer {
  protected override buildInitializeResult(params: InitializeParams): InitializeResult {
    const { capabilities, ...rest } = super.buildInitializeResult(params);
    return {
      ...rest,
      serverInfo: { name: 'tierwise' },
      capabilities: {
        ...capabilities,
        codeActionProvider: { codeActionKinds: ['quickfix', 'source.fixAll.tierwise'] },
        selectionRangeProvider: true,
        workspaceSymbolProvider: false,
      },
    };
  }
}

/** A document that was just opened and not read yet has the text of its editor, not an empty one. */
class PlanDocuments extends DefaultLangiumDocumentFactory {
  protected override createTextDocumentGetter(uri: URI, text?: string): () => TextDocument {
    const closed = super.createTextDocumentGetter(uri, text);
    return () => this.textDocuments?.get(uri.toString()) ?? closed();
  }
}

/**
 * What a document has to have gone through before each request is answered: nothing. Every provider works on the check of the text as it
 * is now, which it makes itself where it is the first to need it.
 */
export const planRequirements: Partial<ServiceRequirements> = {
  CodeActionProvider: DocumentState.Changed,
  CompletionProvider: DocumentState.Changed,
  DefinitionProvider: DocumentState.Changed,
  DocumentHighlightProvider: DocumentState.Changed,
  DocumentLinkProvider: DocumentState.Changed,
  DocumentSymbolProvider: DocumentState.Changed,
  FoldingRangeProvider: DocumentState.Changed,
  Formatter: DocumentState.Changed,
  HoverProvider: DocumentState.Changed,
  ReferencesProvider: DocumentState.Changed,
  RenameProvider: DocumentState.Changed,
  SemanticTokenProvider: DocumentState.Changed,
  SignatureHelp: DocumentState.Changed,
};

/** Langium's language server for plans on this connection; `checks` decides what they mean. */
export function createPlanServices(connection: Connection, checks: PlanChecks): LangiumSharedServices {
  const sharedModule: Module<LangiumSharedServices, PartialLangiumSharedServices> = {
    lsp: {
      LanguageServer: (services) => new PlanLanguageServer(services),
      DocumentUpdateHandler: (services) => new PlanUpdates(services, checks),
    },
    workspace: { LangiumDocumentFactory: (services) => new PlanDocuments(services) },
  };
  const planModule: Module<LangiumServices, PartialLangiumServices> = {
    parser: {
      AsyncParser: () => ({
        parse: <T extends AstNode>(text: string) => Promise.resolve(checks.parse(text) as ParseResult<AstNode> as ParseResult<T>),
      }),
    },
    validation: { DocumentValidator: (services) => new PlanValidator(services, checks) },
    lsp: {
      CompletionProvider: (services) => new PlanCompletion(services, checks),
      HoverProvider: () => new PlanHover(checks),
      DocumentSymbolProvider: () => new PlanSymbols(checks),
      CodeActionProvider: () => new PlanCodeActions(checks),
      Formatter: () => new PlanFormatter(checks),
      RenameProvider: () => new PlanRename(checks),
      FoldingRangeProvider: () => new PlanFolding(checks),
      ReferencesProvider: (services) => new PlanReferences(services, checks),
      DefinitionProvider: () => new PlanDefinitions(checks),
      DocumentHighlightProvider: () => new PlanHighlights(checks),
      DocumentLinkProvider: () => new PlanLinks(checks),
      SemanticTokenProvider: () => new PlanSemanticTokens(checks),
      SignatureHelp: () => new PlanSignatureHelp(checks),
    },
  };
  const shared = inject(createDefaultSharedModule({ connection, ...EmptyFileSystem }), TiersGeneratedSharedModule, sharedModule);
  shared.ServiceRegistry.register(inject(createDefaultModule({ shared }), TiersGeneratedModule, tiersModule, planModule));
  answerMore(connection, shared, checks);
  return shared;
}
