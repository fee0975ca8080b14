import { EmptyFileSystem, inject } from 'langium';
import type { Module } from 'langium';
import { createDefaultModule, createDefaultSharedModule, DefaultLanguageServer } from 'langium/lsp';
import type { LangiumServices, LangiumSharedServices, PartialLangiumServices, PartialLangiumSharedServices } from 'langium/lsp';
import type { Connection, InitializeParams, InitializeResult } from 'vscode-languageserver/node.js';
import { TiersGeneratedModule, TiersGeneratedSharedModule } from '../../tiers/generated/module.ts';
import { tiersModule } from '../../tiers/language.ts';
import { PlanCodeActions } from './code-actions.ts';
import { PlanCompletion } from './completion.ts';
import { PlanFormatter } from './formatter.ts';
import { PlanHover } from './hover.ts';
import type { PlanChecks } from './plan-checks.ts';
import { PlanRename } from './rename.ts';
import { PlanSymbols } from './symbols.ts';
import { PlanUpdates } from './updates.ts';
import { PlanValidator } from './validator.ts';

/** Announces only what plans have: no references, definitions, highlights or range formatting. */
class PlanLanguageServer extends DefaultLanguageServer {
  protected override buildInitializeResult(params: InitializeParams): InitializeResult {
    const { capabilities, ...rest } = super.buildInitializeResult(params);
    return {
      ...rest,
      serverInfo: { name: 'tierwise' },
      capabilities: {
        ...capabilities,
        codeActionProvider: { codeActionKinds: ['quickfix'] },
        documentRangeFormattingProvider: false,
        referencesProvider: false,
        definitionProvider: false,
        documentHighlightProvider: false,
        workspaceSymbolProvider: false,
      },
    };
  }
}

/** Langium's language server for plans on this connection; `checks` decides what they mean. */
export function createPlanServices(connection: Connection, checks: PlanChecks): LangiumSharedServices {
  const validators: PlanValidator[] = [];
  const sharedModule: Module<LangiumSharedServices, PartialLangiumSharedServices> = {
    lsp: {
      LanguageServer: (services) => new PlanLanguageServer(services),
      DocumentUpdateHandler: (services) => new PlanUpdates(services, checks, (uri) => validators.forEach((v) => v.forget(uri))),
    },
  };
  const planModule: Module<LangiumServices, PartialLangiumServices> = {
    validation: {
      DocumentValidator: (services) => {
        const validator = new PlanValidator(services, checks);
        validators.push(validator);
        return validator;
      },
    },
    lsp: {
      CompletionProvider: (services) => new PlanCompletion(services, checks),
      HoverProvider: () => new PlanHover(checks),
      DocumentSymbolProvider: () => new PlanSymbols(checks),
      CodeActionProvider: () => new PlanCodeActions(checks),
      Formatter: () => new PlanFormatter(checks),
      RenameProvider: () => new PlanRename(checks),
    },
  };
  const shared = inject(createDefaultSharedModule({ connection, ...EmptyFileSystem }), TiersGeneratedSharedModule, sharedModule);
  shared.ServiceRegistry.register(inject(createDefaultModule({ shared }), TiersGeneratedModule, tiersModule, planModule));
  return shared;
}
