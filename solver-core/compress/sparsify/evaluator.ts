import { checkAbort } from '../../model/abort.ts';
import { assert } from '../../model/error.ts';
import type { SparsitySite } from '../../model/sites.ts';
import type { SparsifyPoint } from '../../protocol/sparsify-documents.ts';
import { pairedIncrease } from './paired.ts';
import {
  denseState,
  type RecordedEvaluation,
  type RowsKind,
  type SparsifyControl,
  type SparsifyModel,
  type SparsifyOptions,
  type SparsityState,
} from './types.ts';

/** A state on some rows. */
export interface Judged {
  readonly id: string;
  readonly loss: number;
  /** loss / loss of the model as it was given − 1, and its standard error over rows. */
  readonly increase: number;
  readonly error: number;
  /** Site id -> share of zeros. */
  readonly zeros: ReadonlyMap<string, number>;
  /** Share of the multiply-adds of all sites that meet a zero. */
  readonly sparsity: number;
}

/** Runs states, counts and records every pass, and answers from a checkpoint what an earlier run found already. */
export class Evaluator {
  readonly model: SparsifyModel;
  readonly options: SparsifyOptions;
  readonly control: SparsifyControl;
  readonly points: SparsifyPoint[] = [];
  private readonly records: RecordedEvaluation[] = [];
  private readonly base = new Map<RowsKind, Float64Array>();
  private readonly macs: number;
  private replayed = 0;
  private fraction = 0;

  constructor(model: SparsifyModel, options: SparsifyOptions, control: SparsifyControl) {
    assert(options.maxLoss > 0 && Number.isFinite(options.maxLoss), 'the allowed increase is above 0');
    this.model = model;
    this.options = options;
    this.control = control;
    this.macs = model.sites.reduce((sum, site) => sum + site.macs, 0);
  }

  /** Sites that may be thresholded, in graph order. */
  get active(): readonly SparsitySite[] {
    const { active } = this.options;
    return active === null ? this.model.sites : this.model.sites.filter(({ id }) => active.has(id));
  }

  /** Passes over rows that computed a loss, and how many of them an earlier run made. */
  get evaluations(): number {
    return this.records.length;
  }

  get resumed(): number {
    return this.replayed;
  }

  /** Share of the multiply-adds of all sites that meet a zero. */
  sparsityOf(zeros: ReadonlyMap<string, number>): number {
    if (this.macs === 0) return 0;
    return this.model.sites.reduce((sum, { id, macs }) => sum + macs * (zeros.get(id) ?? 0), 0) / this.macs;
  }

  /** The model as it was given. */
  async dense(rows: RowsKind): Promise<Judged> {
    return await this.judge(`dense-${rows}`, denseState, rows);
  }

  /**
   * One pass, or its record. A loss that is not finite becomes the largest number, as does its increase. Ids must be the same in the same order for the same
   * options; a checkpoint whose next record has another id or other rows is not followed any further.
   */
  async judge(id: string, state: SparsityState, rows: RowsKind): Promise<Judged> {
    checkAbort(this.control.abort);
    const known = this.control.resume?.evaluations[this.records.length];
    const follows = this.replayed === this.records.length && known?.id === id && known.rows === rows;
    const record = follows && known.zeros.length === this.model.sites.length ? known : await this.run(id, state, rows);
    this.records.push(record);
    if (record === known) this.replayed++;
    else await this.control.onCheckpoint?.({ version: 1, evaluations: [...this.records] });
    const zeros = new Map(this.model.sites.map((site, i) => [site.id, record.zeros[i] ?? 0]));
    return { id, loss: record.loss, increase: record.increase, error: record.error, zeros, sparsity: this.sparsityOf(zeros) };
  }

  /** Tells what is being done; `fraction` never goes back. */
  progress(fraction: number, text: string, point: SparsifyPoint | null = null): void {
    this.fraction = Math.max(this.fraction, Math.min(1, fraction));
    this.control.onProgress?.({ fraction: this.fraction, text, evaluations: this.evaluations, point });
  }

  /** Adds a point of the curve (deciding rows) and tells it. */
  addPoint(judged: Judged, label: string, fraction: number, allowed: boolean): void {
    const { id, sparsity, loss, increase } = judged;
    const kind = this.points.length === 0 ? 'baseline' : 'candidate';
    const point: SparsifyPoint = { id, label, kind, sparsity, loss, lossIncrease: increase, allowed, chosen: false };
    this.points.push(point);
    this.progress(fraction, label, point);
  }

  private async run(id: string, state: SparsityState, rows: RowsKind): Promise<RecordedEvaluation> {
    const { losses, zeros } = await this.model.evaluate(state, rows);
    let base = state === denseState ? losses : this.base.get(rows);
    // A run that goes on from a checkpoint has not seen the dense model's losses yet: this pass was counted by the earlier run.
    base ??= (await this.model.evaluate(denseState, rows)).losses;
    this.base.set(rows, base);
    const { loss, increase, error } = pairedIncrease(base, losses);
    if (!Number.isFinite(increase))
      return { id, rows, loss: Number.MAX_VALUE, increase: Number.MAX_VALUE, error: 0, zeros: this.shares(zeros) };
    return { id, rows, loss, increase, error, zeros: this.shares(zeros) };
  }

  private shares(zeros: ReadonlyMap<string, number>): readonly number[] {
    return this.model.sites.map((site) => zeros.get(site.id) ?? 0);
  }
}
