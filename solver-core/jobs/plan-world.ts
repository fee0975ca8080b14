import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { energyTargets } from '../energy/targets/index.ts';
import { findBlocks, findLayers, inferShapes } from '../model/index.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { readModel } from '../onnx/index.ts';
import { isAbsolutePath, pathProblem } from '../tiers/paths.ts';
import type { ModelView, PlanWorld, TargetChoice } from '../tiers/world.ts';
import { maxModelBytes, maxReadBytes } from './files.ts';
import { workspaceTargets } from './workspace-targets.ts';

const dataExtensions: readonly string[] = ['.npz', '.npy', '.csv'];
/** How many files of a kind are offered as near a plan, and how many folder entries are looked at for them. */
const maxNearby = 50;
const maxEntries = 2000;

/** The targets of the plan's workspace, as plans see them. */
function workspaceChoices(planPath: string): readonly TargetChoice[] {
  return [...workspaceTargets(planPath).targets.values()].map(({ target }) => ({ id: target.id, title: target.name }));
}

/** Every target that ships with Tierwise, as plans see it; the default one first. */
export const planTargets: readonly TargetChoice[] = [...energyTargets.values()].map((target) => ({ id: target.id, title: target.name }));

/**
 * Layers and blocks of model files, remembered while size, modification time and inode stay the same. Holds the newest `capacity` files;
 * only layers and blocks are kept, never weights.
 */
export class ModelLayersCache {
  private readonly entries = new Map<string, { readonly stamp: string; readonly view: ModelView }>();
  private readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** The layers of the model at an absolute path, or the problem with it. Never throws. */
  get(path: string): ModelView {
    const stamp = stampOf(path);
    if (stamp === undefined) return { problem: problem('missing-file', 'there is no such file') };
    const known = this.entries.get(path);
    this.entries.delete(path);
    const entry = known?.stamp === stamp ? known : { stamp, view: readLayers(path) };
    this.entries.set(path, entry);
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.capacity) break;
      this.entries.delete(oldest);
    }
    return entry.view;
  }
}

/** One cache per process: the same bytes give the same layers, whoever asks. */
const sharedLayers = new ModelLayersCache(8);

/**
 * The world of a plan on this machine's disk. Relative paths start at the plan's folder and stay inside it (`pathProblem`); only
 * regular files are opened. The model is read again only when it changed.
 */
export function nodePlanWorld(planPath: string, layers: ModelLayersCache = sharedLayers): PlanWorld {
  const folder = dirname(resolve(planPath));
  return {
    pathProblem: (path) => escapeProblem(folder, path),
    model(path) {
      const refused = refusedPath(planPath, path);
      return refused === undefined ? layers.get(resolve(folder, path)) : { problem: problem('path-outside-folder', `the path ${refused}`) };
    },
    fileExists: (path) => refusedPath(planPath, path) === undefined && stampOf(resolve(folder, path)) !== undefined,
    get targets() {
      return [...planTargets, ...workspaceChoices(planPath)];
    },
    targetProblem: () => workspaceTargets(planPath).diagnostics[0]?.message,
    modelsNearby: () => filesNearby(folder, ['.onnx']),
    dataNearby: () => filesNearby(folder, dataExtensions),
    textsNearby: () => filesNearby(folder, ['.txt', '.md']),
    vocabulariesNearby: () => vocabulariesNearby(folder),
  };
}

/**
 * Why a plan may not use this path, or undefined when it may: `pathProblem`, and a relative path must not leave the plan's folder
 * through a symbolic link either. An absolute path is the author's explicit word and may lead anywhere on this machine.
 */
export function refusedPath(planPath: string, path: string): string | undefined {
  return pathProblem(path) ?? escapeProblem(dirname(resolve(planPath)), path);
}

function escapeProblem(folder: string, path: string): string | undefined {
  if (isAbsolutePath(path)) return undefined;
  try {
    const inside = relative(realpathSync(folder), realpathSync(resolve(folder, path)));
    const leaves = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolutePath(inside);
    return leaves ? "is a symbolic link that leaves the plan's folder; copy the file into it or use an absolute path" : undefined;
  } catch {
    // What is not there leads nowhere.
    return undefined;
  }
}

/** Changes whenever the regular file does; undefined when there is none. */
function stampOf(path: string): string | undefined {
  try {
    const info = statSync(path, { bigint: true });
    return info.isFile() ? `${info.size}:${info.mtimeNs}:${info.ino}` : undefined;
  } catch {
    return undefined;
  }
}

function readLayers(path: string): ModelView {
  let bytes: Uint8Array;
  try {
    bytes = readBounded(path);
  } catch (error) {
    return { problem: problem('file-not-readable', error instanceof Error ? error.message : String(error)) };
  }
  const { value, diagnostics } = readModel(bytes);
  if (value === undefined)
    return { problem: diagnostics.find((d) => d.severity === 'error') ?? problem('not-onnx', 'it is not an ONNX model') };
  const layers = findLayers(value.graph, inferShapes(value.graph));
  return { layers, blocks: findBlocks(value.graph, layers), inputs: value.graph.inputs };
}

function readBounded(path: string): Uint8Array {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const info = fstatSync(file);
    if (!info.isFile()) throw new Error('it is not a regular file');
    if (info.size >= maxModelBytes) throw new Error(`it has ${info.size} bytes; the limit is ${maxModelBytes}`);
    // Exactly what the file states: one that grows, or a file of /proc that never ends, gives no more.
    const bytes = Buffer.allocUnsafeSlow(info.size);
    let length = 0;
    while (length < info.size) {
      const bytesRead = readSync(file, bytes, length, Math.min(info.size - length, maxReadBytes), length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function problem(code: string, message: string): Diagnostic {
  return { severity: 'error', code, message, where: {} };
}

/** Files with these extensions in a folder and one level below, relative, with forward slashes; the folder's own first. */
function filesNearby(folder: string, extensions: readonly string[]): string[] {
  const found: string[] = [];
  let looked = 0;
  const scan = (path: string): string[] => {
    const below: string[] = [];
    for (const entry of entriesOf(path)) {
      if (found.length >= maxNearby || ++looked > maxEntries) break;
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules') below.push(join(path, entry.name));
      else if (entry.isFile() && extensions.some((e) => entry.name.toLowerCase().endsWith(e)))
        found.push(relative(folder, join(path, entry.name)).split(sep).join('/'));
    }
    return below;
  };
  for (const path of scan(folder)) scan(path);
  return found;
}

/** JSON files, those first whose name says that they hold tokens; records of Tierwise and of packages are none. */
function vocabulariesNearby(folder: string): string[] {
  const others = /(^|\/)(package(-lock)?|tsconfig)\.json$|\.(fit|sparse|compound|quant|energy|select|learn)(\.\w+)*\.json$/i;
  const files = filesNearby(folder, ['.json']).filter((path) => !others.test(path));
  const isLikely = (path: string): boolean => /vocab|token/i.test(path);
  return [...files.filter(isLikely), ...files.filter((path) => !isLikely(path))];
}

function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}
