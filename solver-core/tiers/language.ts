import { createDefaultCoreModule, createDefaultSharedCoreModule, DefaultValueConverter, EmptyFileSystem, inject } from 'langium';
import type { LangiumCoreServices, Module, ParseResult, PartialLangiumCoreServices } from 'langium';
import type { PlanFile } from './generated/ast.ts';
import { TiersGeneratedModule, TiersGeneratedSharedModule } from './generated/module.ts';
import { BoundedLexer } from './lexer.ts';
import { PlainErrorMessages } from './messages.ts';

/** Leaves every value of the syntax tree as it is written; the checker decodes texts and numbers where it can also complain. */
class RawValues extends DefaultValueConverter {
  protected override runConverter(_rule: unknown, input: string): string {
    return input;
  }
}

/** What the tier language changes in Langium's core services; the language server adds its own on top. */
export const tiersModule: Module<LangiumCoreServices, PartialLangiumCoreServices> = {
  parser: {
    Lexer: (services) => new BoundedLexer(services),
    ValueConverter: () => new RawValues(),
    ParserErrorMessageProvider: () => new PlainErrorMessages(),
  },
};

/** Langium's core services for the tier language: lexer and parser, no file system. Building them takes about 50 ms. */
export function createTierServices(): LangiumCoreServices {
  const shared = inject(createDefaultSharedCoreModule(EmptyFileSystem), TiersGeneratedSharedModule);
  const services = inject(createDefaultCoreModule({ shared }), TiersGeneratedModule, tiersModule);
  shared.ServiceRegistry.register(services);
  return services;
}

/** A parsed plan: the tree (partial where the text is broken) with the errors of both stages. */
export type ParsedPlan = ParseResult<PlanFile>;

/** The lexer and parser of the tier language, built at first use. A parse leaves nothing behind in them. */
export const tierServices: () => LangiumCoreServices = lazy(createTierServices);

/** Parses a plan; never throws for its text. */
export function parsePlan(text: string): ParsedPlan {
  return tierServices().parser.LangiumParser.parse<PlanFile>(text);
}

function lazy<T>(create: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= create());
}
