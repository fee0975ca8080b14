import { whyNotLinear } from '../model/not-linear.ts';

/** Why layers of an operator are not solved in one step, as the end of "cannot be solved: …"; as for a model, by the name of its operator. */
export function whyNotLinearOp(name: string): string {
  const [domain, op] = name.includes(':') ? (name.split(':') as [string, string]) : ['', name];
  return whyNotLinear({ index: 0, name: '', op, domain, overload: '', inputs: [], outputs: [], attributes: new Map(), captured: [] });
}
