import { readlinkSync, unlinkSync } from 'node:fs';
import { lstat, readlink, rename, symlink, unlink } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { TierwiseError } from '../../model/error.ts';

/** A symbolic link that names the board's port while the board is plugged in. */
export class LinkPath {
  readonly path: string;
  private target: string | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Makes the path point to `target`. A link that is already there is replaced, anything else is left alone: throws
   * `board-sim-path-taken` for a file, a folder or a device, `board-sim-path` when the link cannot be made.
   */
  async place(target: string): Promise<void> {
    await this.refuseOthers();
    // Made beside and renamed: nobody ever sees the path without a link, or half a link.
    const fresh = `${this.path}.${randomBytes(4).toString('hex')}`;
    // Known before the link is there, so that whoever ends in between can remove it.
    this.target = target;
    try {
      await symlink(target, fresh);
      await rename(fresh, this.path);
    } catch (cause) {
      this.target = undefined;
      await unlink(fresh).catch(() => undefined);
      const message = `the link ${this.path} cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new TierwiseError('board-sim-path', message, 'Choose a path in a folder that exists and that you may write to.', {
        category: 'usage',
        cause,
      });
    }
  }

  /** Removes the link if it still is ours. */
  async remove(): Promise<void> {
    const target = this.target;
    this.target = undefined;
    if (target === undefined) return;
    const found = await readlink(this.path).catch(() => undefined);
    if (found === target) await unlink(this.path).catch(() => undefined);
  }

  /** As `remove`, at once: for a process that is about to end. Never throws. */
  removeNow(): void {
    const target = this.target;
    this.target = undefined;
    if (target === undefined) return;
    try {
      if (readlinkSync(this.path) === target) unlinkSync(this.path);
    } catch {
      // Gone already, or not ours to remove.
    }
  }

  private async refuseOthers(): Promise<void> {
    const found = await lstat(this.path).catch(() => undefined);
    if (found === undefined || found.isSymbolicLink()) return;
    throw new TierwiseError(
      'board-sim-path-taken',
      `${this.path} exists and is not a link`,
      'Choose a path that is free, for example /tmp/tierwise-board.',
      { category: 'usage' },
    );
  }
}
