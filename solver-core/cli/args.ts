import { parseArgs } from 'node:util';
import { TierwiseError } from '../model/error.ts';
import { compoundOptions } from './compound-options.ts';
import type { CompoundWords } from './compound-options.ts';
import { boardSimOptions } from './board-sim-options.ts';
import type { BoardSimValues } from './board-sim-options.ts';
import { inspectOptions } from './inspect-options.ts';
import type { InspectWords } from './inspect-options.ts';
import { measureOptions } from './measure-options.ts';
import type { MeasureWords } from './measure-options.ts';
import { selectOptions } from './select-options.ts';
import type { SelectWords } from './select-options.ts';
import { sparsifyOptions } from './sparsify-options.ts';
import type { SparsifyWords } from './sparsify-options.ts';

/** Options every command understands or refuses by name. */
export interface CliOptions {
  readonly json: boolean;
  readonly help: boolean;
  readonly quiet: boolean;
  readonly format: string | undefined;
  readonly backend: string | undefined;
  readonly target: string | undefined;
  /** Of `energy`: the target that would train. */
  readonly trainOn: string | undefined;
  /** Of `diff`: percent, as text. */
  readonly failOnIncrease: string | undefined;
  /** Of `energy`: epochs of gradient descent, as text. */
  readonly epochs: string | undefined;
  /** Of `energy`: simulate what the multiply-adds switch. */
  readonly switching: boolean;
  readonly out: string | undefined;
  readonly data: string | undefined;
  readonly inputs: string | undefined;
  readonly labels: string | undefined;
  /** Of `annotations`: the plan to write. */
  readonly plan: string | undefined;
  /** `i/n`. */
  readonly shard: string | undefined;
  readonly layer: string | undefined;
  readonly model: string | undefined;
  readonly means: string | undefined;
  readonly pass: string | undefined;
  readonly partial: boolean;
  readonly stats: readonly string[];
  readonly state: string | undefined;
  /** Rows per batch, as text. */
  readonly batch: string | undefined;
  readonly policy: string | undefined;
  readonly rows: string | undefined;
  readonly fresh: boolean;
  readonly keep: boolean;
  /** Of `boards`: ask every candidate. */
  readonly probe: boolean;
  readonly dims: Readonly<Record<string, number>>;
  /** Those of `board-sim`, as text. */
  readonly boardSim: BoardSimValues;
  /** Those of `select` alone, as text. */
  readonly select: SelectWords;
  /** Those of `sparsify` alone, and of `eval` on texts, as text. */
  readonly sparsify: SparsifyWords;
  /** Those of `compound` alone, as text. */
  readonly compound: CompoundWords;
  /** Those of `sensors`, `measure` and `calibrate`, and `--no-calibration` of `energy`. */
  readonly measure: MeasureWords;
  /** Those of `inspect` about one layer, as text. */
  readonly inspect: InspectWords;
}

export interface CliCall {
  readonly command: string;
  readonly files: readonly string[];
  readonly options: CliOptions;
  /** Names of the options given, for "does not take" messages. */
  readonly given: readonly string[];
}

function usage(message: string): TierwiseError {
  return new TierwiseError('usage', message, 'Run `tierwise --help` for the commands and their options.', { category: 'usage' });
}

/** Parses the words after `tierwise`. Throws TierwiseError of category usage. */
export function parseCall(words: readonly string[]): CliCall {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        quiet: { type: 'boolean', short: 'q' },
        version: { type: 'boolean' },
        format: { type: 'string' },
        backend: { type: 'string' },
        target: { type: 'string' },
        'train-on': { type: 'string' },
        'fail-on-increase': { type: 'string' },
        epochs: { type: 'string' },
        switching: { type: 'boolean' },
        out: { type: 'string', short: 'o' },
        data: { type: 'string' },
        inputs: { type: 'string' },
        labels: { type: 'string' },
        plan: { type: 'string' },
        shard: { type: 'string' },
        layer: { type: 'string' },
        model: { type: 'string' },
        means: { type: 'string' },
        pass: { type: 'string' },
        partial: { type: 'boolean' },
        stats: { type: 'string', multiple: true },
        state: { type: 'string' },
        batch: { type: 'string' },
        policy: { type: 'string' },
        rows: { type: 'string' },
        fresh: { type: 'boolean' },
        keep: { type: 'boolean' },
        probe: { type: 'boolean' },
        dim: { type: 'string', multiple: true },
        ...boardSimOptions,
        ...selectOptions,
        ...sparsifyOptions,
        ...compoundOptions,
        ...measureOptions,
        ...inspectOptions,
      },
    });
  } catch (cause) {
    throw usage(cause instanceof Error ? (cause.message.split('. ')[0] ?? cause.message) : String(cause));
  }
  const { values, positionals } = parsed;
  const [command = '', ...files] = positionals;
  return {
    command: values.version === true ? 'version' : command,
    files,
    given: Object.keys(values),
    options: {
      json: values.json === true,
      help: values.help === true,
      quiet: values.quiet === true,
      format: values.format,
      backend: values.backend,
      target: values.target,
      trainOn: values['train-on'],
      failOnIncrease: values['fail-on-increase'],
      epochs: values.epochs,
      switching: values.switching === true,
      out: values.out,
      data: values.data,
      inputs: values.inputs,
      labels: values.labels,
      plan: values.plan,
      shard: values.shard,
      layer: values.layer,
      model: values.model,
      means: values.means,
      pass: values.pass,
      partial: values.partial === true,
      stats: values.stats ?? [],
      state: values.state,
      batch: values.batch,
      policy: values.policy,
      rows: values.rows,
      fresh: values.fresh === true,
      keep: values.keep === true,
      probe: values.probe === true,
      dims: parseDims(values.dim ?? []),
      boardSim: values,
      select: values,
      sparsify: values,
      compound: values,
      measure: values,
      inspect: values,
    },
  };
}

/** `name=value` pairs; a value is a whole number of at least 1. */
function parseDims(pairs: readonly string[]): Record<string, number> {
  const dims: Record<string, number> = {};
  for (const pair of pairs) {
    const match = /^(.+)=(\d+)$/.exec(pair);
    const value = Number(match?.[2]);
    if (match?.[1] === undefined || !Number.isSafeInteger(value) || value < 1)
      throw usage(`--dim wants name=value with a whole number of at least 1, not "${pair}"`);
    dims[match[1]] = value;
  }
  return dims;
}

/** Checks the number of files and that only understood options were given. */
export function expectCall(call: CliCall, files: readonly string[], options: readonly string[]): void {
  if (call.files.length !== files.length) {
    throw usage(
      `\`tierwise ${call.command}\` wants ${files.length === 1 ? 'one file' : `${files.length} files`} (${files.join(' ')}), not ${call.files.length}`,
    );
  }
  expectOptions(call, options);
}

/** Checks that only understood options were given. */
export function expectOptions(call: CliCall, options: readonly string[]): void {
  const unknown = call.given.find((name) => !['json', 'help', 'quiet', ...options].includes(name));
  if (unknown !== undefined) throw usage(`\`tierwise ${call.command}\` does not take --${unknown}`);
}

/** Refuses `--json` beside a format that is none: stdout carries one document. */
export function refuseJson(call: CliCall, format: string): void {
  if (call.options.json) throw usage(`--json and --format ${format} contradict each other on stdout; leave one away`);
}

/** One of a list of words, or the default when the option is absent. */
export function choose(value: string | undefined, name: string, allowed: readonly string[], fallback: string): string {
  if (value === undefined) return fallback;
  if (!allowed.includes(value)) throw usage(`--${name} wants ${allowed.join(', ')}, not "${value}"`);
  return value;
}

/** A whole number of at least 1, or undefined when the option is absent. */
export function wholeNumber(value: string | undefined, name: string): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number) || number < 1)
    throw usage(`--${name} wants a whole number of at least 1, not "${value}"`);
  return number;
}

/** The value of an option that the command cannot do without; `example`: how to give it. */
export function wanted(call: CliCall, value: string | undefined, option: string, example: string): string {
  if (value !== undefined) return value;
  throw new TierwiseError('usage', `\`tierwise ${call.command}\` wants --${option}`, `Give it, e.g. ${example}.`, { category: 'usage' });
}
