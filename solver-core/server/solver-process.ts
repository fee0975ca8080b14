import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node.js';
import { createEnvironment } from '../jobs/environment.ts';
import { registerRequests } from './requests.ts';

declare const TIERWISE_VERSION: string;

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
  registerRequests(connection, createEnvironment(TIERWISE_VERSION, __filename));
  // The client is gone when its end of the pipe closes; nobody would read an answer any more.
  connection.onClose(() => process.exit(0));
  process.stdin.on('end', () => process.exit(0));
  connection.listen();
}

main();
