import type { Diagnostic } from '../model/diagnostic.ts';
import { quoteName } from '../model/quote.ts';
import type { LayerFit } from './fit-request.ts';

/**
 * What a fit found out about the rows of its layers. Warnings: `no-live-inputs` (nothing that a layer reads changes), `rank-warning`
 * (inputs that follow from others, so that λ decides between them).
 */
export function fitFindings(layers: readonly LayerFit[]): readonly Diagnostic[] {
  return layers.flatMap(({ id, solution, tierName }): Diagnostic[] => {
    const quality = solution?.quality;
    if (solution === null || quality === undefined) return [];
    const where = { node: id };
    const { liveInputs, rank } = quality;
    if (liveInputs === 0) {
      const message = `Nothing that layer ${quoteName(id)} reads changes from row to row, so its weights are 0. The layers below it in tier ${quoteName(tierName)} give constant outputs: use other targets or a smaller lambda there.`;
      return [{ severity: 'warning', code: 'no-live-inputs', message, where }];
    }
    if (rank === null || rank >= liveInputs) return [];
    const message = `The ${liveInputs} inputs of layer ${quoteName(id)} that change span ${rank} dimensions only; lambda ${shortNumber(solution.lambda)} decides between weights that fit equally well. More rows or fewer units below help.`;
    return [{ severity: 'warning', code: 'rank-warning', message, where }];
  });
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}
