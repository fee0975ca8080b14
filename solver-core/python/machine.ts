import type { SyntaxNode } from '@lezer/common';
import type { PythonSource } from './syntax.ts';
import type { Arguments, ClassInfo, Framework, Instance, Site } from './values.ts';

/** Most layers that are told, as many as a large model has. */
export const maxLayers = 5000;
/** Expressions and statements that are looked at; generous for 50 000 lines, and an end for loops in loops. */
const maxSteps = 1_000_000;
/** Calls of functions and classes of the file in each other. */
const maxCallDepth = 24;
/** Statements and expressions in each other, through all calls: what the stack surely holds. */
const maxNesting = 400;
/** How often a class may be inside itself. */
const maxRecursion = 2;

/** What one reading of a file has found so far, and how much more it may do. */
export class Machine {
  readonly source: PythonSource;
  /** Everything that was built, in the order of creation. */
  readonly created: Instance[] = [];
  /** Offsets of the calls that were reached. */
  readonly reached = new Set<number>();
  /** Offsets of branches that a literal condition leaves out. */
  readonly leftOut = new Set<number>();
  /** Offsets of functions that were called. */
  readonly called = new Set<number>();
  /** Objects that were copied: templates, where nothing holds them. */
  readonly copied = new Set<Instance>();
  site: Site | null = null;
  /** The instance whose constructor is being read. */
  creator: Instance | null = null;
  /** Loops and conditions around that are not literal. */
  uncertain = 0;
  private steps = maxSteps;
  private nesting = 0;
  private calls = 0;
  private layers = 0;
  private isFull = false;
  private readonly active = new Map<number, number>();

  constructor(source: PythonSource) {
    this.source = source;
  }

  /** True when a limit ended the reading early, or left layers out. */
  get isExhausted(): boolean {
    return this.steps <= 0 || this.isFull;
  }

  /** Counts work; false when there has been too much. */
  step(cost = 1): boolean {
    this.steps -= cost;
    return this.steps > 0;
  }

  /** Runs `inner` one level deeper in expressions; `fallback` beyond the limit. */
  nested<T>(inner: () => T, fallback: T): T {
    if (this.nesting >= maxNesting) return fallback;
    this.nesting++;
    const result = inner();
    this.nesting--;
    return result;
  }

  /** Runs the body of a function or class that begins at `offset`; `fallback` where that is too deep. */
  inCall<T>(offset: number, inner: () => T, fallback: T): T {
    const active = this.active.get(offset) ?? 0;
    if (this.calls >= maxCallDepth || active > maxRecursion) return fallback;
    this.calls++;
    this.active.set(offset, active + 1);
    const result = inner();
    this.active.set(offset, active);
    this.calls--;
    return result;
  }

  /** Runs `inner` as a part of what stands at `key`. */
  at<T>(key: string, inner: () => T): T {
    const outer = this.site;
    this.site = { key, outer };
    const result = inner();
    this.site = outer;
    return result;
  }

  /** Runs `inner` as something that may not happen, or happen a number of times that is not known. */
  uncertainly<T>(inner: () => T): T {
    this.uncertain++;
    const result = inner();
    this.uncertain--;
    return result;
  }

  /** A deep copy of an object, built where the original is; lists are shared. The original is a template from then on. */
  copy(original: Instance, depth = 0): Instance {
    this.copied.add(original);
    if (depth > 20 || !this.step() || !this.hasRoomFor(original)) return original;
    const copied: Instance = {
      ...original,
      attributes: new Map(),
      alternatives: [],
      order: this.created.length,
      creator: this.creator,
      variable: null,
    };
    this.created.push(copied);
    for (const [name, value] of original.attributes)
      copied.attributes.set(name, value.kind === 'instance' ? { kind: 'instance', instance: this.copy(value.instance, depth + 1) } : value);
    return copied;
  }

  /** Notes a new object. */
  create(
    what: Pick<Instance, 'type' | 'framework' | 'role'> & { readonly definition?: ClassInfo },
    call: SyntaxNode | null,
    args: Arguments,
  ): Instance {
    const instance: Instance = {
      type: what.type,
      framework: what.framework,
      role: what.role,
      call,
      site: call === null ? this.site : { key: `c${call.from}`, outer: this.site },
      args,
      attributes: new Map(),
      alternatives: [],
      definition: what.definition ?? null,
      order: this.created.length,
      creator: this.creator,
      variable: null,
      inputShape: null,
      isUncertain: this.uncertain > 0,
    };
    if (this.steps <= 0) return instance;
    if (call !== null) this.reached.add(call.from);
    // A layer too many is left out alone: what holds it still gets its place, and the others their names.
    if (!this.hasRoomFor(instance)) return { ...instance, role: 'other' };
    this.created.push(instance);
    return instance;
  }

  /** Counts a layer; false, and noted, when there are too many. */
  private hasRoomFor({ role }: Pick<Instance, 'role'>): boolean {
    if (role !== 'layer') return true;
    if (this.layers >= maxLayers) {
      this.isFull = true;
      return false;
    }
    this.layers++;
    return true;
  }
}

/** The framework of an instance of a class of the file, by the first of its bases that says so. */
export function firstFramework(candidates: readonly (Framework | null | undefined)[]): Framework | null {
  return candidates.find((each) => each !== null && each !== undefined) ?? null;
}
