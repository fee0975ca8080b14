import type { DataClause } from '../model/plan.ts';
import { openDataset } from '../data/dataset.ts';
import type { Environment } from './environment.ts';

/** Number of rows of a data file, or null when it cannot be read as the clause says. */
export function datasetRows(environment: Environment, path: string, clause: DataClause): Promise<number | null> {
  const count = async (): Promise<number | null> => {
    const opened = await openDataset(path, { inputs: clause.inputs, labels: clause.labels });
    const rows = opened.value?.rows ?? null;
    await opened.value?.close();
    return rows;
  };
  return environment.datasetRows.get(path, count, `${clause.inputs}\0${clause.labels}`);
}
