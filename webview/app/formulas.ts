import type { LayerView } from '../messages/index.ts';
import type { Translate } from './strings.ts';

/** The kinds of energy that a layer and a model have. */
export type Metric = keyof Pick<LayerView, 'inference' | 'sgd' | 'solve' | 'incremental'>;

/** The name of a kind of energy. */
export function metricName(t: Translate, metric: Metric): string {
  switch (metric) {
    case 'inference':
      return t('One inference');
    case 'sgd':
      return t('Retrain: gradient descent');
    case 'solve':
      return t('Retrain: direct solve');
    case 'incremental':
      return t('Retrain: incremental update');
  }
}

/** How a kind of energy is computed, in words; docs/energy.md has the equations. */
export function formulaText(t: Translate, metric: Metric): string {
  switch (metric) {
    case 'inference':
      return t(
        'The sum of its parts: multiply-adds times joules per multiply-add, bits of weights and activations moved times joules per bit of their memory, and static power times the time it takes.',
      );
    case 'sgd':
      return t(
        'Epochs times rows times about three times the multiply-adds of one inference (forward, and backward for inputs and weights), plus the optimiser per weight and step, plus the weights and activations that each step moves.',
      );
    case 'solve':
      return t(
        'One pass over the rows for the sums XᵀX and XᵀY, one factorisation with its substitutions, and the refinement passes. On our engine by its cycles, those of the fit record where there is one.',
      );
    case 'incremental':
      return t('The sums of the new rows alone, then one factorisation and solve against the sums that are kept.');
  }
}

/** How a part of one inference is computed, in words. */
export function partFormula(t: Translate, name: string): string {
  switch (name) {
    case 'compute':
    case 'MACs':
      return t('Multiply-adds times what one costs: the geometric mean of the published tables, times the factor of the target.');
    case 'weights':
      return t('Bits of all weights times joules per bit of the memory that holds them, times how often each is fetched.');
    case 'activations':
      return t('Bits of inputs and outputs times joules per bit of the memory that holds them.');
    case 'static':
      return t('Static power of the target times the time that the multiply-adds take on its units.');
    case 'idle':
      return t('Units that wait, or a chip that waits, times what that costs for as long as it takes.');
    case 'registers':
    case 'array':
    case 'buffer':
    case 'off-chip':
    case 'memory':
      return t('Exact counts of what crosses this level, from the mapping of the layer, times joules per bit of it.');
    case 'events':
      return t('Inputs that are not zero, each sent as an event, times what one event costs.');
    default:
      return t('A count of what happens, times what one costs on the target.');
  }
}

/** The name of a part of one inference in the user's language; a name that is not known here stays as the solver core gave it. */
export function partName(t: Translate, name: string): string {
  switch (name) {
    case 'compute':
      return t('compute');
    case 'weights':
      return t('weights');
    case 'activations':
      return t('activations');
    case 'static':
      return t('static');
    case 'idle':
      return t('idle');
    case 'registers':
      return t('registers');
    case 'array':
      return t('array');
    case 'buffer':
      return t('buffer');
    case 'off-chip':
      return t('off-chip');
    case 'memory':
      return t('memory');
    case 'events':
      return t('events');
    case 'link':
      return t('link');
    case 'forward':
      return t('forward');
    default:
      return name;
  }
}
