import { constants } from 'node:fs';
import { copyFile, mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, extname, join, posix } from 'node:path';
import { TierwiseError } from '../model/error.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { quoteName } from '../model/quote.ts';
import { checkPlan } from '../tiers/check.ts';
import { isAbsolutePath, pathProblem } from '../tiers/paths.ts';
import { blindWorld } from '../tiers/world.ts';
import { recordPaths } from './diff-quality.ts';
import { maxPlanBytes } from './files.ts';
import { lfsObject, lfsPointer } from './git-lfs.ts';
import { existingFolder, GitCommit, maxBlobBytes, pathsInRepository } from './git-show.ts';
import type { GitBlob, RevisionPath } from './git-show.ts';

/** A file of a revision, put where it can be read like any other. */
export interface TakenOut {
  readonly path: string;
  /** Where the file lies in the working tree, whether it is there today or not. */
  readonly home: string;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Puts a model or a plan of a revision into `folder`, under its path in the repository, with the files that a plan names and the
 * records beside the model. What a plan names and the revision does not hold comes from the working tree, with a finding.
 * Throws TierwiseError: no-git, not-a-repository, unknown-revision, file-not-found, file-too-large, git-lfs-pointer.
 */
export async function takeOut(name: RevisionPath, folder: string, workingFolder: string): Promise<TakenOut> {
  const around = isAbsolutePath(name.path) ? existingFolder(name.path) : workingFolder;
  const commit = await GitCommit.open(around, name.revision);
  const blob = await findFirst(commit, pathsInRepository(commit.root, workingFolder, name.path));
  if (blob === null) {
    const message = `${quoteName(name.path)} is no file of ${name.revision} in ${commit.root}`;
    throw new TierwiseError(
      'file-not-found',
      message,
      'Paths start at the root of the repository or at this folder; `git ls-tree -r` lists them. A partial clone may lack the file until it is checked out once.',
    );
  }
  const context: Context = { commit, folder };
  const path = join(folder, blob.path);
  const isPlan = extname(blob.path) === '.tiers';
  await put(context, blob, isPlan ? maxPlanBytes : maxBlobBytes);
  if (!isPlan) {
    await putRecords(context, blob.path);
    return { path, home: join(commit.root, blob.path), diagnostics: [] };
  }
  const text = (await commit.read(blob, maxPlanBytes)).toString('utf8');
  const { plan } = checkPlan(text, blindWorld([]));
  const model = plan === undefined ? [] : await putNamed(context, blob.path, plan.modelPath, 'model');
  const data = plan?.data === undefined ? [] : await putNamed(context, blob.path, plan.data.path, 'data');
  if (plan !== undefined && !isAbsolutePath(plan.modelPath)) await putRecords(context, besidePlan(blob.path, plan.modelPath));
  return { path, home: join(commit.root, blob.path), diagnostics: [...model, ...data] };
}

interface Context {
  readonly commit: GitCommit;
  readonly folder: string;
}

async function findFirst(commit: GitCommit, paths: readonly string[]): Promise<GitBlob | null> {
  for (const path of paths) {
    const blob = await commit.find(path);
    if (blob !== null) return blob;
  }
  return null;
}

function besidePlan(planPath: string, path: string): string {
  return posix.normalize(posix.join(posix.dirname(planPath), path.replaceAll('\\', '/')));
}

/** A file that a plan names: from the revision, else from the working tree, which is said. Data that cannot be had is left out. */
async function putNamed(context: Context, planPath: string, path: string, what: 'model' | 'data'): Promise<readonly Diagnostic[]> {
  const { commit, folder } = context;
  if (pathProblem(path) !== undefined) return [];
  if (isAbsolutePath(path))
    return [finding(commit, `the plan names its ${what} by an absolute path, so the file of today is used: ${quoteName(path)}`)];
  const inside = besidePlan(planPath, path);
  const blob = await commit.find(inside);
  try {
    if (blob !== null) await put(context, blob, maxBlobBytes);
  } catch (cause) {
    // Rows only need counting: without them the other side's count is used. A model is what is compared.
    if (what === 'model' || !(cause instanceof TierwiseError)) throw cause;
    return [finding(commit, `the data was left out: ${cause.message}`)];
  }
  if (blob !== null) return [];
  const today = join(commit.root, inside);
  const info = await stat(today).catch(() => null);
  if (info?.isFile() !== true || info.size > maxBlobBytes) return [];
  await mkdir(dirname(join(folder, inside)), { recursive: true });
  await copyFile(today, join(folder, inside), constants.COPYFILE_FICLONE);
  return [finding(commit, `the revision does not hold the ${what} ${quoteName(inside)}, so the file of today is used`)];
}

async function putRecords(context: Context, modelPath: string): Promise<void> {
  for (const path of recordPaths(modelPath)) {
    const blob = await context.commit.find(path.replaceAll('\\', '/'));
    if (blob === null || blob.sizeBytes > maxRecordBytes) continue;
    // A record that cannot be had is as good as none.
    await put(context, blob, maxRecordBytes).catch(() => undefined);
    // A commit keeps no times: which of its records is the newest is not to be read from when they were taken out.
    await utimes(join(context.folder, blob.path), 0, 0).catch(() => undefined);
  }
}

const maxRecordBytes = 1 << 24;

async function put({ commit, folder }: Context, blob: GitBlob, limitBytes: number): Promise<void> {
  const bytes = await commit.read(blob, limitBytes);
  const pointer = lfsPointer(bytes);
  const content = pointer === undefined ? bytes : await lfsObject(commit.commonDir, pointer, `${commit.revision}:${blob.path}`, limitBytes);
  const path = join(folder, blob.path);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content, { mode: 0o600 });
}

function finding(commit: GitCommit, text: string): Diagnostic {
  return { severity: 'warning', code: 'diff-not-in-revision', message: `${commit.revision}: ${text}`, where: {} };
}
