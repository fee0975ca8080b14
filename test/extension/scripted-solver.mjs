// A solver for tests of the client: speaks the wire format by hand, so that it shares no code with the client.
// The method of each request picks a behaviour from the script in TIERWISE_SCRIPT: {"tierwise/fit": "crash", ...}.
import process from 'node:process';

const script = JSON.parse(process.env.TIERWISE_SCRIPT ?? '{}');
const send = (message) => {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
  process.stdout.write(`Content-Length: ${body.length}\r\n\r\n`);
  process.stdout.write(body);
};
const waiting = new Map();

const behaviours = {
  answer: (m) =>
    send({ id: m.id, result: { version: '1', pid: process.pid, node: process.version, env: process.env.MALLOC_ARENA_MAX ?? null } }),
  crash: () => process.exit(7),
  killed: () => process.kill(process.pid, 'SIGKILL'),
  hang: () => {},
  garbage: () => process.stdout.write('Segmentation fault in libsomething\r\nmore text\r\n\r\n'),
  'close-stdout': () => process.stdout.end(),
  fail: (m) =>
    send({
      id: m.id,
      error: {
        code: -32001,
        message: 'failed',
        data: { code: 'plan-invalid', message: 'The plan has 2 errors.', advice: 'Open the Problems list.' },
      },
    }),
  'fail-bare': (m) => send({ id: m.id, error: { code: -32603, message: 'inner' } }),
  progress: (m) => {
    for (const fraction of [0.25, 0.75])
      send({ method: '$/progress', params: { token: m.params.progressToken, value: { stage: 'solve', message: 'fc1', fraction } } });
    send({ id: m.id, result: { done: true } });
  },
  cancellable: (m) => waiting.set(m.id, m),
  'chatty-hang': (m) => {
    process.stderr.write('still alive\n');
    send({ method: '$/progress', params: { token: m.params.progressToken, value: { stage: 'solve', message: 'x', fraction: null } } });
  },
};

let buffer = Buffer.alloc(0);
process.stdin.on('data', (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const end = buffer.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(buffer.subarray(0, end).toString())?.[1]);
    if (buffer.length < end + 4 + length) return;
    const message = JSON.parse(buffer.subarray(end + 4, end + 4 + length).toString());
    buffer = buffer.subarray(end + 4 + length);
    if (message.method === '$/cancelRequest') {
      const { id } = message.params;
      if (waiting.delete(id)) send({ id, error: { code: -32800, message: 'cancelled' } });
    } else if (message.id !== undefined) behaviours[script[message.method] ?? 'answer'](message);
  }
});
process.stdin.on('end', () => {
  if (script.stubborn !== true) process.exit(0);
  setInterval(() => {}, 1000);
});
