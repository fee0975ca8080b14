import { execFileSync } from 'node:child_process';

const python = '/usr/bin/python3';

/** True where Debian's python3-torch is there; the tests that need it say that they were skipped. */
export const hasTorch = ((): boolean => {
  try {
    execFileSync(python, ['-c', 'import torch'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

export interface TorchCase {
  readonly x: readonly number[];
  readonly shape: readonly number[];
  readonly target: readonly number[];
  readonly targetShape: readonly number[];
  readonly parameters: Readonly<Record<string, { readonly dims: readonly number[]; readonly data: readonly number[] }>>;
  readonly scores: string;
  readonly loss: 'cross-entropy' | 'squared-error';
}

/** Loss and gradients by autograd in double precision. Cross-entropy takes one-hot targets. */
export interface TorchResult {
  readonly loss: number;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

const program = `
import sys, json, torch
import torch.nn.functional as F
torch.set_num_threads(1)
answers = []
for case in json.load(sys.stdin):
    tensor = lambda data, dims: torch.tensor(data, dtype=torch.float64).reshape(dims)
    p = {k: tensor(v['data'], v['dims']).requires_grad_() for k, v in case['parameters'].items()}
    x = tensor(case['x'], case['shape'])
    y = tensor(case['target'], case['targetShape'])
    z = eval(case['scores'])
    loss = -(F.log_softmax(z, 1) * y).sum(1).mean() if case['loss'] == 'cross-entropy' else ((z - y) ** 2).mean()
    loss.backward()
    answers.append({'loss': loss.item(), 'gradients': {k: (torch.zeros_like(v) if v.grad is None else v.grad).flatten().tolist() for k, v in p.items()}})
json.dump(answers, sys.stdout)
`;

/** Runs all cases in one process. */
export function torchGradients(cases: readonly TorchCase[]): readonly TorchResult[] {
  const environment = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  const answer = execFileSync(python, ['-c', program], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: environment,
  });
  return JSON.parse(answer) as TorchResult[];
}
