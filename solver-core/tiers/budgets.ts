import type { Diagnostic } from '../model/diagnostic.ts';
import type { Budget, Compound } from '../model/plan.ts';
import type { BudgetDocument, BudgetLayers } from '../protocol/index.ts';
import type { BudgetClause, LimitClause } from './generated/ast.ts';
import { checkNumber, checkWord } from './context.ts';
import type { CheckContext, NumberRule, OnceOnly } from './context.ts';
import { closest } from './suggest.ts';
import { numberOf, rawOf, spanOf } from './nodes.ts';
import { shown } from './text.ts';
import { countWords, energyUnits, perWords, shownUnits } from './vocabulary.ts';

const budgetRule: NumberRule = { what: 'the budget', accepts: (v) => v > 0, range: 'above 0 and finite' };

/** Where a budget stands decides what it may count. */
export type BudgetPlace = 'plan' | 'lower' | 'upper';

/** A budget clause as an energy limit in joules; undefined when a part of it is wrong (reported). */
export function checkBudget(context: CheckContext, clause: BudgetClause, place: BudgetPlace, once: OnceOnly): Budget | undefined {
  const limit = checkLimit(context, clause);
  const per = checkPer(context, clause, place);
  if (per === undefined || !once.first(`budget per ${per}`, spanOf(clause)) || limit === undefined) return undefined;
  return { limitJ: limit, per, range: context.lines.range(spanOf(clause)) };
}

/** A budget clause of a compound section; as `checkBudget`. */
export function checkCompoundLimit(context: CheckContext, clause: LimitClause, once: OnceOnly): Compound['budgets'][number] | undefined {
  const limit = checkLimit(context, clause);
  const word = rawOf(clause, 'counts');
  const per = word && checkWord(context, 'kind of budget in a compound section', word, countWords)?.word;
  if (per === undefined || !once.first(`budget per ${per}`, spanOf(clause)) || limit === undefined) return undefined;
  return { limitJ: limit, per, range: context.lines.range(spanOf(clause)) };
}

/** The amount in joules; undefined when it or its unit is wrong (reported). */
function checkLimit(context: CheckContext, clause: BudgetClause | LimitClause): number | undefined {
  const amount = numberOf(clause, 'amount');
  const value = amount && checkNumber(context, budgetRule, amount);
  const exponent = checkUnit(context, clause);
  if (amount === undefined || value === undefined || exponent === undefined) return undefined;
  const limitJ = scaled(context.text.slice(amount.span.offset, amount.span.end), exponent);
  if (!Number.isFinite(limitJ) || limitJ <= 0) {
    context.findings.add('error', 'value-out-of-range', spanOf(clause), `the budget is ${limitJ} J; it must be above 0 and finite`);
    return undefined;
  }
  return limitJ;
}

/** `20` and -6 give 2e-5, the double nearest to the decimal: multiplying by 1e-6 would round twice. */
function scaled(written: string, exponent: number): number {
  const [mantissa = '', ownExponent = '0'] = written.toLowerCase().split('e');
  return Number(`${mantissa}e${Number(ownExponent) + exponent}`);
}

function checkUnit(context: CheckContext, clause: BudgetClause | LimitClause): number | undefined {
  const unit = rawOf(clause, 'unit');
  if (unit === undefined) return undefined;
  const exponent = energyUnits.get(unit.value);
  if (exponent !== undefined) return exponent;
  context.findings.add(
    'error',
    'bad-unit',
    unit.span,
    `${shown(unit.value)} is not a unit of energy${hint(unit.value)}; use ${shownUnits.join(', ')}`,
    unitSuggestions(unit.value),
  );
  return undefined;
}

function hint(unit: string): string {
  if (/^[numkpµμ]?W$/.test(unit)) return ' but of power';
  if (/^[numkpµμ]?Wh$/.test(unit)) return ' that plans use (1 Wh = 3600 J)';
  return '';
}

function unitSuggestions(unit: string): string[] {
  const prefix = /^([numkp]?)W$/.exec(unit)?.[1];
  return prefix === undefined ? closest(unit, shownUnits) : [`${prefix}J`];
}

function checkPer(context: CheckContext, clause: BudgetClause, place: BudgetPlace): Budget['per'] | undefined {
  const word = rawOf(clause, 'per');
  const known = word && checkWord(context, 'kind of budget', word, perWords)?.word;
  if (word === undefined || known === undefined) return undefined;
  const wrong = (known === 'fit' && place === 'upper') || (known === 'update' && place === 'lower');
  if (!wrong) return known;
  const right = place === 'upper' ? 'update' : 'fit';
  const does = place === 'upper' ? 'an upper tier is updated, not fitted' : 'a lower tier is fitted, not updated';
  context.findings.add('error', 'bad-unit', word.span, `"per ${known}" does not apply here: ${does}; use "per ${right}"`, [right]);
  return undefined;
}

/** The part of a quantity that a budget is compared with, in joules. */
export interface EnergyBand {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The finding about one budget, or undefined when it is met or the energy is unknown (null). `scope` says whose energy it is, e.g.
 * `model` or `lower features`. A central value above the limit is an error; when only the upper bound is above it, information.
 * `ofLayers`: of a budget per layer, which is about its worst layers.
 */
export function budgetDiagnostic(
  budget: Budget,
  scope: string,
  actual: EnergyBand | null,
  ofLayers?: BudgetLayers,
): Diagnostic | undefined {
  if (budget.per === 'layer') return ofLayers === undefined ? undefined : layersDiagnostic(budget, scope, ofLayers);
  if (actual === null || !Number.isFinite(actual.value) || Math.max(actual.value, actual.high) <= budget.limitJ) return undefined;
  const band = `${energyText(actual.value)} per ${budget.per} (between ${energyText(actual.low)} and ${energyText(actual.high)})`;
  const limit = energyText(budget.limitJ);
  const where = { range: budget.range };
  if (actual.value <= budget.limitJ) {
    return {
      severity: 'info',
      code: 'budget-uncertain',
      message: `${scope}: ${band}; the estimate is within the budget of ${limit}, its upper bound is not`,
      where,
    };
  }
  const sure = actual.low > budget.limitJ ? '' : '; the lower bound would still fit';
  return {
    severity: 'error',
    code: 'budget-exceeded',
    message: `${scope}: ${band}, and the budget is ${limit}${sure}; raise the budget or make the layers cheaper`,
    where,
  };
}

/**
 * The finding about a budget that cannot be judged, or not for all of its layers, because figures are missing; undefined where every
 * figure is there. A warning: a check that passes for want of figures is no check.
 */
export function unknownBudgetDiagnostic(budget: Budget, { scope, status, missing }: BudgetDocument): Diagnostic | undefined {
  if (status !== 'unknown' && missing === undefined) return undefined;
  const names = (missing?.layers ?? []).slice(0, mostNamed).map((id) => shown(id));
  const more = (missing?.total ?? 0) > names.length ? ` and ${(missing?.total ?? 0) - names.length} more` : '';
  const limit = energyText(budget.limitJ);
  const why = names.length === 0 ? 'no layer that it counts is known' : `there is no figure for ${names.join(', ')}${more}`;
  const judged = budget.per === 'layer' && status !== 'unknown' ? 'cannot be judged for every layer' : 'cannot be judged';
  const message = `${scope}: the budget of ${limit} per ${budget.per} ${judged}: ${why}; ${missingAdvice[budget.per]}`;
  return { severity: 'warning', code: 'budget-unknown', message, where: { range: budget.range } };
}

const ofShapes = 'give the model fixed shapes, or take the budget out';
/** What brings the figure that each kind of budget needs. */
const missingAdvice: Readonly<Record<Budget['per'], string>> = {
  inference: ofShapes,
  layer: ofShapes,
  fit: 'see that the data can be read and that the tiers hold layers that can be solved, or take the budget out',
  update: 'see that the tiers hold layers that can be updated, or take the budget out',
};

/** Layers a finding names; the document holds more. */
const mostNamed = 3;

function layersDiagnostic(budget: Budget, scope: string, ofLayers: BudgetLayers): Diagnostic | undefined {
  const { total, exceeded, uncertain, worst } = ofLayers;
  const count = exceeded > 0 ? exceeded : uncertain;
  if (count === 0) return undefined;
  const named = worst.filter(({ status }) => status === (exceeded > 0 ? 'exceeded' : 'uncertain')).slice(0, mostNamed);
  const names = named.map(({ id, actual }) => `${shown(id)} ${actual === null ? '' : bandText(actual)}`);
  const more = count > names.length ? ` and ${count - names.length} more` : '';
  const which = total === 1 ? 'the only layer' : `${count} of ${total} layers`;
  const limit = energyText(budget.limitJ);
  const where = { range: budget.range };
  if (exceeded === 0) {
    const message = `${scope}: the estimate of every layer is within the budget of ${limit} per layer, the upper bound of ${which} is not: ${names.join(', ')}${more}`;
    return { severity: 'info', code: 'budget-uncertain', message, where };
  }
  const isSure = worst.some(({ actual }) => actual !== null && actual.low > budget.limitJ) || (ofLayers.surelyExceeded ?? 0) > 0;
  const sure = isSure ? '' : '; the lower bounds would still fit';
  const message = `${scope}: ${which} ${count === 1 ? 'is' : 'are'} above the budget of ${limit} per layer: ${names.join(', ')}${more}${sure}; raise the budget or make these layers cheaper`;
  return { severity: 'error', code: 'budget-exceeded', message, where };
}

function bandText(band: EnergyBand): string {
  return `${energyText(band.value)} (between ${energyText(band.low)} and ${energyText(band.high)})`;
}

/** Joules with three significant digits and the prefix that keeps the number readable. */
function energyText(joules: number): string {
  const magnitude = Math.abs(joules);
  const [factor, unit] =
    magnitude >= 1e3
      ? [1e3, 'kJ']
      : magnitude >= 1 || magnitude === 0
        ? [1, 'J']
        : magnitude >= 1e-3
          ? [1e-3, 'mJ']
          : magnitude >= 1e-6
            ? [1e-6, 'uJ']
            : magnitude >= 1e-9
              ? [1e-9, 'nJ']
              : [1e-12, 'pJ'];
  return `${Number((joules / factor).toPrecision(3))} ${unit}`;
}
