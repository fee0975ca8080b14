import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Bytes between the master of a new pseudo-terminal and stdin/stdout; its own end of the slave stays open. Writes the slave's path to stderr. */
const script = `
import os, select, sys, tty
master, slave = os.openpty()
tty.setraw(slave)
sys.stderr.write(os.ttyname(slave) + '\\n')
sys.stderr.flush()
while True:
    ready, _, _ = select.select([master, 0], [], [])
    if master in ready:
        os.write(1, os.read(master, 65536))
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            break
        while data:
            data = data[os.write(master, data):]
`;

const python = ['/usr/bin/python3', '/usr/local/bin/python3'].find((path) => existsSync(path));

/** Pseudo-terminals need Linux or macOS, a Python, and the serial port package's compiled part. */
export const hasPseudoTerminals =
  python !== undefined && process.platform !== 'win32' && spawnSync(python, ['-c', 'import os; os.openpty()']).status === 0;

/** A pseudo-terminal with the program's side in this process. */
export interface PseudoTerminal {
  readonly path: string;
  write(bytes: Uint8Array): void;
  onBytes(listener: (bytes: Uint8Array) => void): void;
  /** Pulls the plug: the terminal is gone. */
  unplug(): Promise<void>;
}

/** Opens a pseudo-terminal. End it with `unplug`. */
export async function openPseudoTerminal(): Promise<PseudoTerminal> {
  const child = spawn(python!, ['-u', '-c', script], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stdin.on('error', () => undefined);
  const path = await new Promise<string>((resolve, reject) => {
    child.stderr.once('data', (text: Buffer) => resolve(text.toString().trim()));
    child.once('error', reject);
  });
  return {
    path,
    write: (bytes) => void child.stdin.write(bytes),
    onBytes: (listener) => void child.stdout.on('data', listener),
    async unplug() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
