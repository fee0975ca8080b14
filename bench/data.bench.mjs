// Reading rows and summing them up from a file: rows 13 and 19 of the table (CPU time; peak memory of whole commands).
//   node bench/data.bench.mjs [rounds] [rows of the streamed file, 0: leave it out]
// Needs Debian's python3-numpy; the streamed file takes 2 GB in the temporary folder and is removed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare, loadSource, ours, printComparison, python, runAsSolverProcess, startPeer, theirs } from './peers/peers.mjs';

runAsSolverProcess();
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const rounds = Number(process.argv[2] ?? 7);
const streamedRows = Number(process.argv[3] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'tierwise-data-bench-'));

function numpy(script) {
  const ran = spawnSync(python, ['-c', `import numpy as np\n${script}`], { cwd: folder, encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(ran.stderr);
}

/** Opens with every check (hash, shape, finite values) and reads all rows as float32. */
async function readAll(openDataset, name, options) {
  const { value, diagnostics } = await openDataset(join(folder, name), options);
  if (value === undefined) throw new Error(diagnostics[0].message);
  const x = new Float32Array(value.rows * value.rowElements);
  await value.readFinite(x);
  await value.close();
  return { x };
}

async function readers() {
  const { openDataset } = await loadSource('solver-core/data/dataset.ts');
  numpy(`rng = np.random.default_rng(3)
x = rng.standard_normal((60000, 784), dtype=np.float32); np.save('x.npy', x); np.savez('x.npz', x=x); del x
u = rng.integers(0, 256, (60000, 784), dtype=np.uint8); np.savez_compressed('u.npz', x=u)
np.savetxt('i.csv', u[:10000], fmt='%d', delimiter=',')
np.savetxt('f.csv', rng.standard_normal((4000, 784)), fmt='%.7g', delimiter=',')`);
  const none = { labels: null };
  const cases = [
    ['.npy 188 MB float32, whole', 'x.npy', none, "a = np.load('x.npy')"],
    ['.npz stored, the same', 'x.npz', none, "a = np.load('x.npz')['x']"],
    ['.npz deflate, 47 MB uint8 to float32', 'u.npz', none, "a = np.load('u.npz')['x'].astype(np.float32)"],
    ['.csv 7.84 M integers', 'i.csv', none, "a = np.loadtxt('i.csv', delimiter=',', dtype=np.float32)"],
    ['.csv 3.1 M floats', 'f.csv', none, "a = np.loadtxt('f.csv', delimiter=',', dtype=np.float32)"],
  ];
  const peer = startPeer({ name: 'numpy' });
  await peer.setup(`import numpy as np, os, hashlib; os.chdir(${JSON.stringify(folder)})`);
  for (const [title, name, options, statement] of cases) {
    const results = await compare(
      [
        ours('Tierwise, all checks and the SHA-256', () => readAll(openDataset, name, options)),
        theirs('numpy', peer, statement),
        theirs('numpy and hashlib.sha256 of the file', peer, `${statement}; h = hashlib.sha256(open('${name}', 'rb').read()).hexdigest()`),
        theirs(
          'numpy, np.isfinite and hashlib.sha256',
          peer,
          `${statement}; h = hashlib.sha256(open('${name}', 'rb').read()).hexdigest(); assert np.isfinite(a).all()`,
        ),
      ],
      { rounds },
    );
    printComparison(title, results);
    await peer.setup(statement);
    const theirSum = await peer.evaluate('float(a[0, 0] + a[-1, -1])');
    const { x } = await readAll(openDataset, name, options);
    if (Math.abs(x[0] + x.at(-1) - theirSum) > 1e-5) throw new Error(`${title}: ${x[0] + x.at(-1)} and ${theirSum} differ`);
  }
  const { value } = await openDataset(join(folder, 'x.npy'), none);
  const alone = async () => value.readRows({ start: 0, count: value.rows }, new Float32Array(value.rows * value.rowElements));
  const block = new Float32Array(2048 * value.rowElements);
  const chunks = async () => {
    for (let start = 0; start < value.rows; start += 2048) {
      await value.readRows({ start, count: Math.min(2048, value.rows - start) }, block);
    }
  };
  const load = theirs('numpy', peer, "a = np.load('x.npy')");
  printComparison('.npy 188 MB, rows alone, no hash, no check', await compare([ours('Tierwise, whole', alone), load], { rounds }));
  printComparison('.npy 188 MB, in chunks of 2048 rows', await compare([ours('Tierwise, one buffer', chunks), load], { rounds }));
  await value.close();
  console.log(await peer.info());
  await peer.close();
}

async function streaming() {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < streamedRows * 512 * 4 * 1.5) return console.log('not enough room for the streamed file');
  writeFileSync(
    join(folder, 'make.py'),
    `import numpy as np, zipfile
from numpy.lib import format as f
n, d, k = ${streamedRows}, 512, 10
rng = np.random.default_rng(5); B = rng.standard_normal((d, k), dtype=np.float32); ys = []
with zipfile.ZipFile('big.npz', 'w', zipfile.ZIP_STORED, allowZip64=True) as z:
    with z.open('x.npy', 'w', force_zip64=True) as h:
        f.write_array_header_1_0(h, {'descr': '<f4', 'fortran_order': False, 'shape': (n, d)})
        for a in range(0, n, 20000):
            x = rng.standard_normal((min(20000, n - a), d), dtype=np.float32)
            ys.append(np.argmax(x @ B, 1).astype(np.int32)); h.write(x.tobytes())
    with z.open('y.npy', 'w') as h: f.write_array(h, np.concatenate(ys))
`,
  );
  const made = spawnSync(python, ['make.py'], { cwd: folder, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  const { buildModel } = await loadSource('solver-core/onnx/build-model.ts');
  writeFileSync(
    join(folder, 'big.onnx'),
    buildModel({
      name: 'g',
      inputs: [{ name: 'x', type: 'float32', dims: ['n', 512] }],
      outputs: [{ name: 'logits', type: 'float32', dims: ['n', 10] }],
      nodes: [{ op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['logits'], attributes: { transB: 1 } }],
      tensors: [
        { name: 'w', dims: [10, 512], data: new Float32Array(5120) },
        { name: 'b', dims: [10], data: new Float32Array(10) },
      ],
    }),
  );
  const tier = 'lower tier head {\n  layers "Gemm_0"\n  solve ridge lambda 1\n}';
  writeFileSync(join(folder, 'big.tiers'), `model "big.onnx"\ndata "big.npz" split 0.999 seed 1\nbackend cpu\n${tier}\n`);
  const usage = join(folder, 'usage.cjs');
  writeFileSync(
    usage,
    `process.on('exit', () => { const u = process.resourceUsage(); require('node:fs').writeSync(2, '\\nUSAGE ' + JSON.stringify({ cpuS: (u.userCPUTime + u.systemCPUTime) / 1e6, peakMiB: u.maxRSS / 1024 }) + '\\n'); });`,
  );
  const cli = join(root, 'dist/cli.cjs');
  console.log(`\n${streamedRows} x 512 float32, stored .npz, ${(statSync(join(folder, 'big.npz')).size / 1e9).toFixed(2)} GB`);
  const commands = [
    ['stats', ['stats', 'big.tiers', '--out', 'big.stats']],
    ['fit --stats', ['fit', 'big.tiers', '--stats', 'big.stats', '--out', 's.onnx']],
    ['fit --backend cpu', ['fit', 'big.tiers', '--out', 'f.onnx']],
    ['eval', ['eval', 'f.onnx', '--data', 'big.npz']],
  ];
  for (const [name, words] of commands) {
    for (const malloc of ['default', 'tuned']) {
      const env = { ...process.env };
      if (malloc === 'default') for (const key of Object.keys(env)) if (key.startsWith('MALLOC_')) delete env[key];
      const ran = spawnSync(process.execPath, ['-r', usage, cli, ...words, '--json', '--quiet'], { cwd: folder, encoding: 'utf8', env });
      if (ran.status !== 0) throw new Error(ran.stdout + ran.stderr);
      const { cpuS, peakMiB } = JSON.parse(/USAGE (.*)/.exec(ran.stderr)[1]);
      console.log(
        `  ${name.padEnd(20)} malloc ${malloc.padEnd(8)} CPU ${cpuS.toFixed(1).padStart(6)} s  peak ${peakMiB.toFixed(0).padStart(5)} MiB`,
      );
    }
  }
  const [a, b] = ['s', 'f'].map((name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')).evaluation);
  console.log(`  held out: ${a.correctAfter} and ${b.correctAfter} of ${a.rows} rows right`);
}

try {
  if (rounds > 0) await readers();
  if (streamedRows > 0) await streaming();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
