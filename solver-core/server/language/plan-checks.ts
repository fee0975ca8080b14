import { URI } from 'langium';
import type { TextDocument } from 'langium';
import { checkParsed } from '../../tiers/check.ts';
import type { CheckedPlan } from '../../tiers/check.ts';
import { parsePlan } from '../../tiers/language.ts';
import type { ParsedPlan } from '../../tiers/language.ts';
import { blindWorld } from '../../tiers/world.ts';
import type { PlanWorld, SeenModel, TargetChoice } from '../../tiers/world.ts';

/** Where the language server's plans get their worlds from. */
export interface WorldSource {
  /** The world of a plan at an absolute path on this machine. */
  readonly forPlan: (planPath: string) => PlanWorld;
  /** Targets known even where no file can be seen. */
  readonly targets: readonly TargetChoice[];
}

/** A plan in an editor, parsed and checked. */
export interface PlanCheck {
  readonly parsed: ParsedPlan;
  readonly checked: CheckedPlan;
  readonly world: PlanWorld;
  /** The plan's model as it was when first asked for; undefined where it cannot be read. Looked for once. */
  readonly model: () => SeenModel | undefined;
  /** Places of the model's layers in the graph by id; made once. */
  readonly indexOf: () => ReadonlyMap<string, number>;
}

/** Checks open plans, each version once, so that diagnostics, outline, hovers and fixes share the work. */
export class PlanChecks {
  private readonly source: WorldSource;
  private readonly known = new Map<string, { readonly document: TextDocument; readonly version: number; readonly check: PlanCheck }>();
  private lastParse: { readonly text: string; readonly parsed: ParsedPlan } | undefined;

  constructor(source: WorldSource) {
    this.source = source;
  }

  /** The check of this version of the text. */
  of(document: TextDocument): PlanCheck {
    const known = this.known.get(document.uri);
    // A document that was closed and opened again counts its versions anew.
    if (known?.document === document && known.version === document.version) return known.check;
    const text = document.getText();
    const world = this.worldOf(document.uri);
    const parsed = this.parse(text);
    const checked = checkParsed(parsed, text, world);
    const model = once(() => seenModel(checked.plan?.modelPath, world));
    const indexOf = once(() => new Map(model()?.layers.map((layer, index) => [layer.id, index])));
    const check = { parsed, checked, world, model, indexOf };
    this.known.set(document.uri, { document, version: document.version, check });
    return check;
  }

  /** The newest check of a document that was made, of whatever version; where there is none, that of its text now. */
  recent(document: TextDocument): PlanCheck {
    return this.known.get(document.uri)?.check ?? this.of(document);
  }

  /** Parses a text; the same text twice in a row is parsed once. */
  parse(text: string): ParsedPlan {
    if (this.lastParse?.text !== text) this.lastParse = { text, parsed: parsePlan(text) };
    return this.lastParse.parsed;
  }

  /** A closed document, or a file beside one changed: what was found no longer counts. */
  forget(uri?: string): void {
    if (uri === undefined) this.known.clear();
    else this.known.delete(uri);
  }

  /** Files are looked at only for plans on disk; a plan in a virtual workspace is checked by its text alone. */
  worldOf(uri: string): PlanWorld {
    const parsed = URI.parse(uri);
    return parsed.scheme === 'file' ? this.source.forPlan(parsed.fsPath) : blindWorld(this.source.targets);
  }
}

function seenModel(path: string | undefined, world: PlanWorld): SeenModel | undefined {
  const view = path === undefined ? undefined : world.model(path);
  return view !== undefined && 'layers' in view ? view : undefined;
}

/** A function that makes its value when first asked for it. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
