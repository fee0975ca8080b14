import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { documentOf } from './product.ts';
import type { Product, Ran } from './product.ts';
import { selectSchema } from './schemas.ts';
import { smallNetwork, smallPlan } from './select-network.ts';

export type Selected = v.InferOutput<typeof selectSchema>;

/** A folder with the small network, the digits and a plan for both; nothing is fitted yet. */
export function smallSelectFolder(product: Product): string {
  const folder = product.digits();
  writeFileSync(join(folder, 'small.onnx'), smallNetwork());
  writeFileSync(join(folder, 'small.tiers'), smallPlan);
  return folder;
}

/** The document of a selection that went well. */
export function selected(ran: Ran): Selected {
  if (ran.code !== 0) throw new Error(`exit code ${ran.code}: ${ran.stdout} ${ran.stderr}`);
  return v.parse(selectSchema, documentOf(ran));
}
