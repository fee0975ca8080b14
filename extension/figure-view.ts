import type { Quantity } from '../solver-core/protocol/index.ts';
import type { FigureView } from '../webview/messages/index.ts';
import { formatBand, formatQuantity, type Translate } from './format.ts';

/** A quantity for a page: text for people, numbers for charts. */
export function figureView(quantity: Quantity | null, t: Translate): FigureView | null {
  if (quantity === null) return null;
  const { value, low, high, source, ref } = quantity;
  return { text: formatQuantity(quantity), value, low, high, bandText: formatBand(quantity, t), source, ref };
}
