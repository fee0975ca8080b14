import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import { TierwiseError } from '../model/error.ts';
import { quoteName } from '../model/quote.ts';
import { programPath } from '../sensors/program-path.ts';

/** A file at a revision, as people write it: REVISION:path. */
export interface RevisionPath {
  readonly revision: string;
  readonly path: string;
}

/** A file of a repository at one commit. */
export interface GitBlob {
  readonly oid: string;
  readonly sizeBytes: number;
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
}

/** Longest wait for one answer of git. */
const timeoutMs = 60_000;
/** Largest file that is taken from a repository. */
export const maxBlobBytes = 1 << 29;

/**
 * `REVISION:path` taken apart, or undefined: a text without a colon, where there are drives one that starts with a drive letter, and
 * anything that exists as a file are paths. A revision holds no colon, a path may.
 */
export function revisionPath(text: string, platform: NodeJS.Platform = process.platform): RevisionPath | undefined {
  const [, revision = '', path = ''] = /^([^:\0\r\n]+):([^\0\r\n]+)$/.exec(text) ?? [];
  const isDrive = platform === 'win32' && /^[A-Za-z]$/.test(revision);
  if (revision === '' || isDrive || existsSync(text)) return undefined;
  return { revision, path };
}

/**
 * One commit of a git repository, read through `git cat-file` alone: no shell, no hook, no filter, no checkout, no network. Objects that
 * a partial clone left away are not fetched.
 */
export class GitCommit {
  readonly root: string;
  readonly revision: string;
  /** Folder with what all worktrees share, e.g. objects of Git LFS. */
  readonly commonDir: string;
  private readonly oid: string;

  private constructor(fields: { readonly root: string; readonly revision: string; readonly commonDir: string; readonly oid: string }) {
    this.root = fields.root;
    this.revision = fields.revision;
    this.commonDir = fields.commonDir;
    this.oid = fields.oid;
  }

  /** The commit that `revision` names in the repository around `folder`. Throws TierwiseError: no-git, not-a-repository, bare-repository, unknown-revision. */
  static async open(folder: string, revision: string): Promise<GitCommit> {
    const answer = await git(folder, ['rev-parse', '--show-toplevel', '--git-common-dir']).catch((cause: unknown) => {
      throw cause instanceof TierwiseError && cause.code === 'git-failed' ? noWorkTree(folder, cause) : cause;
    });
    const [root = '', commonDir = ''] = answer.toString('utf8').split('\n');
    const found = await lookUp(folder, `${revision}^{commit}`);
    if (found?.type !== 'commit') {
      const advice = 'Name a branch, tag or commit that `git log` shows; a shallow clone may need `git fetch --unshallow`.';
      throw new TierwiseError('unknown-revision', `there is no revision ${quoteName(revision)} in ${root}`, advice);
    }
    return new GitCommit({ root, revision, commonDir: resolve(folder, commonDir), oid: found.oid });
  }

  /** A file by its path from the root of the repository; null when the commit has none there. */
  async find(path: string): Promise<GitBlob | null> {
    if (path.split(/[\\/]/).includes('..') || /[\0\r\n]/.test(path)) return null;
    const found = await lookUp(this.root, `${this.oid}:${path}`);
    return found?.type === 'blob' ? { oid: found.oid, sizeBytes: found.sizeBytes, path } : null;
  }

  /** The bytes of a file. Throws TierwiseError file-too-large, git-failed. */
  async read(blob: GitBlob, limitBytes = maxBlobBytes): Promise<Buffer> {
    if (blob.sizeBytes > limitBytes) {
      const message = `${this.revision}:${blob.path} has ${blob.sizeBytes} bytes; the limit is ${limitBytes}`;
      throw new TierwiseError('file-too-large', message, 'Check the revision out and give the path of the file.');
    }
    return git(this.root, ['cat-file', 'blob', blob.oid], { maxBuffer: blob.sizeBytes + 1024 });
  }
}

function noWorkTree(folder: string, cause: TierwiseError): TierwiseError {
  if (!cause.message.includes('work tree'))
    return new TierwiseError('not-a-repository', `${folder} is in no git repository: ${cause.message}`, 'Give paths of files instead.');
  const message = `${folder} is a bare repository or inside of one, without the files of a working tree`;
  return new TierwiseError('bare-repository', message, 'Compare in a clone, or in a worktree that `git worktree add FOLDER` makes.');
}

/**
 * A path as the user means it, from the root of the repository with forward slashes: absolute, from `folder` (and only
 * from there when it starts with `./` or `../`), or as git reads it.
 */
export function pathsInRepository(root: string, folder: string, path: string): readonly string[] {
  const inside = (absolute: string): string => relative(realpathSync(root), join(realParent(absolute), basename(absolute)));
  const candidates =
    isAbsolute(path) || /^\.{1,2}[\\/]/.test(path) ? [inside(resolve(folder, path))] : [path, inside(resolve(folder, path))];
  return [...new Set(candidates.map((p) => posix.normalize(p.split(sep).join('/'))))];
}

/** The nearest folder of a path that exists: a file of an earlier revision may be gone with its folder. */
export function existingFolder(path: string): string {
  let folder = dirname(resolve(path));
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

function realParent(path: string): string {
  const folder = existingFolder(path);
  return join(realpathSync(folder), relative(folder, dirname(resolve(path))));
}

interface GitObject {
  readonly oid: string;
  readonly type: string;
  readonly sizeBytes: number;
}

/** What an object name stands for, following symbolic links inside the commit; null when there is no such object. */
async function lookUp(folder: string, name: string): Promise<GitObject | null> {
  const answer = await git(folder, ['cat-file', '--batch-check', '--follow-symlinks'], { input: `${name}\n` });
  const [, oid = '', type = '', size = ''] = /^([0-9a-f]{40,64}) (\w+) (\d+)$/m.exec(answer.toString('utf8')) ?? [];
  return oid === '' ? null : { oid, type, sizeBytes: Number(size) };
}

/** Runs git without a shell and gives its output. Throws TierwiseError no-git, git-failed. */
function git(
  folder: string,
  words: readonly string[],
  options: { readonly input?: string; readonly maxBuffer?: number } = {},
): Promise<Buffer> {
  const safe = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'protocol.allow=never', '--no-pager'];
  // Windows would start a git.exe of the current folder, which may be the very repository that is asked.
  const program = programPath('git', { platform: process.platform, path: process.env['PATH'] ?? '', exists: existsSync });
  if (program === null)
    return Promise.reject(gitError(Object.assign(new Error('git is not in PATH'), { code: 'ENOENT' }), Buffer.alloc(0)));
  return new Promise((done, fail) => {
    const child = execFile(
      program,
      ['-C', folder, ...safe, ...words],
      { encoding: 'buffer', maxBuffer: options.maxBuffer ?? 1 << 20, timeout: timeoutMs, env: gitEnvironment(), windowsHide: true },
      (error, stdout, stderr) => {
        if (error === null) done(stdout);
        else fail(gitError(error, stderr));
      },
    );
    // A process that is gone before it has read its input is an error of its own already.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

/** The environment without what points git elsewhere or makes it ask, fetch, page or trace. */
function gitEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_') || name === 'GIT_CEILING_DIRECTORIES');
  // A list of protocols in the environment beats every `protocol.*.allow` of a repository's own configuration, which -c does not; `none` is
  // the name of no protocol. Not every git knows the variable that forbids lazy fetches.
  const noFetch = { GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none' };
  return { ...Object.fromEntries(kept), ...noFetch, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' };
}

function gitError(error: Error & { readonly code?: unknown; readonly killed?: boolean }, stderr: Buffer): TierwiseError {
  if (error.code === 'ENOENT')
    return new TierwiseError('no-git', 'the program git was not found', 'Install git, or give paths of files instead.', { cause: error });
  if (error.killed === true)
    return new TierwiseError('git-failed', `git gave no answer within ${timeoutMs / 1000} s`, 'Try again.', { cause: error });
  const said = stderr.toString('utf8').split('\n')[0]?.slice(0, 300) ?? '';
  return new TierwiseError('git-failed', said === '' ? error.message.slice(0, 300) : said, 'Try `git status` in that folder.', {
    cause: error,
  });
}
