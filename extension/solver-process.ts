import { spawn, type ChildProcess } from 'node:child_process';
import { dirname } from 'node:path';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type Message,
  type MessageConnection,
  type MessageWriter,
} from 'vscode-jsonrpc/node.js';

/** How to start the solver: the executable, the bundle it runs and the environment on top of ours. */
export interface SolverCommand {
  readonly executable: string;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Where the client writes what happened. A LogOutputChannel fits. */
export interface LogSink {
  trace(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Why a process ended: an exit of its own, a failed start, or noise where messages should be. */
export type SolverEnd =
  | { readonly kind: 'exit'; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: 'not-started'; readonly message: string }
  | { readonly kind: 'protocol'; readonly message: string };

/** One running solver child. `ended` settles exactly once and never rejects. */
export interface SolverProcess {
  readonly pid: number | undefined;
  readonly connection: MessageConnection;
  readonly ended: Promise<SolverEnd>;
  /** Asks for nothing: ends the process now. Safe to call twice. */
  kill(): void;
  /** Closes stdin, which tells the solver to leave, and kills it when it has not left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** A process that writes this much without one whole message is not speaking our protocol. */
const maxSilentBytes = 256 * 1024 * 1024;
const maxLogLineLength = 2000;

/**
 * glibc reads these at process start only. Together they keep large blocks in one arena instead of mapping and
 * faulting them in anew for each product (1.15 to 1.4 times faster Gram products); elsewhere they do nothing.
 */
const mallocEnv = {
  MALLOC_MMAP_THRESHOLD_: '4294967296',
  MALLOC_TRIM_THRESHOLD_: '17179869184',
  MALLOC_ARENA_MAX: '1',
} as const;

/** Environment of the child: ours, without options meant for this process, plus the allocator's and the command's. */
export function solverEnv(base: NodeJS.ProcessEnv, extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...base, ...mallocEnv, ...extra };
  // An inspector port or a preload script of the extension host must not leak into the child.
  delete env['NODE_OPTIONS'];
  return env;
}

/**
 * A failed write must not reject: vscode-jsonrpc 8 rethrows it inside a promise executor, where nobody can catch it.
 * The request still settles, because a child that cannot be written to ends or is ended.
 */
function lastingWriter(stream: NodeJS.WritableStream): MessageWriter {
  // A class of the module would need its base class, and so the package, as soon as the extension loads.
  const writer = new StreamMessageWriter(stream);
  const write = writer.write.bind(writer);
  writer.write = (message: Message) => write(message).catch(() => undefined);
  return writer;
}

/** Spawns the solver and connects to it over stdin and stdout. Never throws: a failed start shows in `ended`. */
export function startSolverProcess(command: SolverCommand, log: LogSink): SolverProcess {
  const child = spawn(command.executable, [command.script], {
    cwd: dirname(command.script),
    env: solverEnv(process.env, command.env),
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const connection = createMessageConnection(new StreamMessageReader(child.stdout), lastingWriter(child.stdin), {
    error: (message) => log.error(message),
    warn: (message) => log.warn(message),
    info: (message) => log.info(message),
    log: (message) => log.trace(message),
  });
  const { promise: ended, resolve: settle } = withResolvers<SolverEnd>();
  const kill = (): void => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  };
  child.on('error', (error) => settle({ kind: 'not-started', message: error.message }));
  child.on('exit', (code, signal) => settle({ kind: 'exit', code, signal }));
  child.stdin.on('error', (error) => {
    log.trace(`solver stdin: ${error.message}`);
    setTimeout(kill, 1000).unref();
  });
  // Text on stdout that is no message (a stray print, a corrupted library) would leave every request waiting for ever.
  const failProtocol = (message: string): void => {
    settle({ kind: 'protocol', message });
    kill();
  };
  connection.onError(([error]) => {
    if (!child.killed && child.exitCode === null && child.stdout.readable) failProtocol(error.message);
  });
  guardStdout(child, failProtocol);
  forwardStderr(child, log);
  // A child that closed its pipe but lives on can answer nothing any more.
  connection.onClose(() => setTimeout(kill, 1000).unref());
  connection.listen();
  return { pid: child.pid, connection, ended, kill, close: (graceMs) => closeProcess(child, ended, kill, graceMs) };
}

/** Watches for a flood that never becomes a message, so that memory stays bounded. */
function guardStdout(child: ChildProcess, fail: (message: string) => void): void {
  let silentBytes = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    // Each message starts with its header; a chunk that holds one counts as speech.
    silentBytes = chunk.includes('Content-Length:') ? chunk.length : silentBytes + chunk.length;
    if (silentBytes > maxSilentBytes) fail(`more than ${maxSilentBytes} bytes without a message`);
  });
}

function forwardStderr(child: ChildProcess, log: LogSink): void {
  let rest = '';
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(-maxLogLineLength);
    for (const line of lines) if (line.trim() !== '') log.info(`[solver] ${line.slice(0, maxLogLineLength)}`);
  });
  child.stderr?.on('end', () => {
    if (rest.trim() !== '') log.info(`[solver] ${rest}`);
  });
}

async function closeProcess(child: ChildProcess, ended: Promise<SolverEnd>, kill: () => void, graceMs: number): Promise<void> {
  child.stdin?.end();
  const timer = setTimeout(kill, graceMs);
  await ended;
  clearTimeout(timer);
}

/** Promise.withResolvers, which Node 20 lacks. */
export function withResolvers<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
