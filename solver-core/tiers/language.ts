import {
  createDefaultCoreModule,
  createDefaultSharedCoreModule,
  createLangiumParser,
  DefaultLinker,
  DefaultValueConverter,
  EmptyFileSystem,
  inject,
  MultiMap,
} from 'langium';
import type { LangiumCoreServices, LangiumParser, Module, ParseResult, PartialLangiumCoreServices } from 'langium';
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

/**
 * Langium's parser without a search that it makes before every token, comments or not: in a list of n entries each new one is looked for
 * from the first on, which makes n² steps. Where the library no longer has this method, nothing is changed.
 */
function quickParser(services: LangiumCoreServices): LangiumParser {
  const parser = createLangiumParser(services);
  const builder: unknown = Reflect.get(parser, 'nodeBuilder');
  if (!isHiddenAdder(builder)) return parser;
  const add = builder.addHiddenNodes.bind(builder);
  builder.addHiddenNodes = (tokens) => {
    if (tokens.length > 0) add(tokens);
  };
  return parser;
}

interface HiddenAdder {
  addHiddenNodes: (tokens: readonly unknown[]) => void;
}

function isHiddenAdder(value: unknown): value is HiddenAdder {
  return typeof value === 'object' && value !== null && 'addHiddenNodes' in value && typeof value.addHiddenNodes === 'function';
}

/** Nothing in a plan refers to a name by the means of the parser library, so its passes over the tree that look for names have nothing to find. */
class NoLinks extends DefaultLinker {
  override link(): Promise<void> {
    return Promise.resolve();
  }
}

/** What the tier language changes in Langium's core services; the language server adds its own on top. */
export const tiersModule: Module<LangiumCoreServices, PartialLangiumCoreServices> = {
  parser: {
    LangiumParser: (services) => quickParser(services),
    Lexer: (services) => new BoundedLexer(services),
    ValueConverter: () => new RawValues(),
    ParserErrorMessageProvider: () => new PlainErrorMessages(),
  },
  references: {
    ScopeComputation: () => ({
      collectExportedSymbols: () => Promise.resolve([]),
      collectLocalSymbols: () => Promise.resolve(new MultiMap()),
    }),
    Linker: (services) => new NoLinks(services),
  },
  workspace: { ReferenceDescriptionProvider: () => ({ createDescriptions: () => Promise.resolve([]) }) },
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
