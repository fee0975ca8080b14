import { denseState, type Evaluation, type RowsKind, type SparsityState } from '../compress/sparsify/types.ts';
import { assert } from '../model/error.ts';
import type { SparsitySite } from '../model/sites.ts';
import { encodeModel, type OnnxModel } from '../onnx/index.ts';
import { withZeroShares, type CountedModel } from '../onnx/zero-shares.ts';
import type { BlockRunner, Tail } from './sparsify-parts.ts';
import { meanOf, type RowsRunner } from './sparsify-run.ts';
import type { SearchRows } from './sparsify-search.ts';
import { textLoss } from './text-loss.ts';

/** What passes over rows need. */
export interface PassSource {
  readonly runner: RowsRunner;
  readonly byBlock: BlockRunner | null;
  readonly sites: readonly SparsitySite[];
  readonly sparse: (state: SparsityState) => OnnxModel;
  readonly rows: SearchRows;
}

/**
 * Passes over rows under a state. The model as it was given runs once; of a state that leaves the first blocks as they are only what is
 * behind them runs on the calibration rows: its loss and zeros are those of the whole model.
 */
export class Passes {
  private readonly source: PassSource;
  private readonly dense = new Map<RowsKind, Evaluation>();

  constructor(source: PassSource) {
    this.source = source;
  }

  async evaluate(state: SparsityState, rows: RowsKind): Promise<Evaluation> {
    if (state.settings.size === 0 && state.corrections.size === 0) {
      const known = this.dense.get(rows) ?? (await this.whole(state, rows));
      this.dense.set(rows, known);
      return known;
    }
    const tail = rows === 'calibration' ? (this.source.byBlock?.tail(state) ?? null) : null;
    return tail === null ? await this.whole(state, rows) : await this.behind(tail, state);
  }

  private async whole(state: SparsityState, rows: RowsKind): Promise<Evaluation> {
    const { runner, sites, sparse } = this.source;
    const { model, outputs } = counted(sparse(state), sites, state);
    const { losses, means } = await runner.losses(encodeModel(model), rows, [...outputs.values()]);
    return { losses, zeros: new Map([...outputs].map(([site, output]) => [site, means.get(output) ?? 0])) };
  }

  /** Sites in front of the tail have the zeros that they have in the model as it was given. */
  private async behind(tail: Tail, state: SparsityState): Promise<Evaluation> {
    const { sites, rows, runner } = this.source;
    assert(rows.kind === 'text' && runner.calibration !== null, 'blocks are run on texts');
    const before = await this.evaluate(denseState, 'calibration');
    const { graph } = tail.model;
    const present = new Set([...graph.inputs.map(({ name }) => name), ...graph.nodes.flatMap(({ outputs }) => outputs)]);
    const { model, outputs } = counted(
      tail.model,
      sites.filter(({ id }) => present.has(id)),
      state,
    );
    const { logits, vocabulary } = rows.token;
    const values = await tail.run(model, [logits, ...outputs.values()]);
    const zeros = new Map(before.zeros);
    for (const [site, output] of outputs) zeros.set(site, meanOf(values.get(output) ?? new Float32Array(0)));
    return { losses: textLoss(values.get(logits) ?? new Float32Array(0), vocabulary, runner.calibration.targets).losses, zeros };
  }
}

/** The model with the shares of zeros at these sites as outputs. */
function counted(model: OnnxModel, sites: readonly SparsitySite[], { settings }: SparsityState): CountedModel {
  return withZeroShares(
    model,
    sites.map(({ id, axis, layers: [first] }) => {
      const setting = settings.get(id);
      const positions = axis === 1 ? (first?.linear?.patches?.kernel.length ?? 0) : 0;
      return { name: id, axis, positions, threshold: setting?.threshold ?? null, centre: setting?.centre ?? null };
    }),
  );
}
