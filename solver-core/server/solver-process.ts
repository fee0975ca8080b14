import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node.js';
import { createEnvironment } from '../jobs/environment.ts';
import { registerRequests } from './requests.ts';

declare const TIERWISE_VERSION: string;

/** Longest wait for running requests when the client is gone. */
const graceMs = 2000;

/**
 * The solver process: answers the requests of protocol/rpc.ts as JSON-RPC over stdin and stdout, one process per editor window.
 * stdout belongs to the protocol, so everything a library might print goes to stderr, which the client shows in its log.
 */
function main(): void {
  const write = process.stderr.write.bind(process.stderr);
  for (const name of ['log', 'info', 'debug', 'warn', 'error'] as const) {
    globalThis.console[name] = (...words: unknown[]): void => void write(`${words.map(String).join(' ')}\n`);
  }
  const connection = createMessageConnection(new StreamMessageReader(process.stdin), new StreamMessageWriter(process.stdout));
  const requests = registerRequests(connection, createEnvironment(TIERWISE_VERSION, __filename));
  // The client is gone when its end of the pipe closes; nobody would read an answer any more. A fit that is just writing its files
  // gets the time to finish or to clean up.
  const leave = (): void => {
    setTimeout(() => process.exit(0), graceMs).unref();
    void requests.stop().then(() => process.exit(0));
  };
  connection.onClose(leave);
  process.stdin.on('end', leave);
  process.stdout.on('error', leave);
  process.on('SIGTERM', leave);
  connection.listen();
}

main();
