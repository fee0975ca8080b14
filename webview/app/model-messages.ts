import type { CompareView, ToWebview } from '../messages/index.ts';
import type { WeightsState } from './views/weights-panel.ts';

/** What the parts of the page do with messages that carry no view. */
export interface ModelHearers {
  readonly compare: (compare: CompareView | null) => void;
  readonly weights: (id: string, state: WeightsState) => void;
  readonly source: (id: string, hasSource: boolean) => void;
  readonly focus: (id: string) => void;
}

/** Hears the messages of the model editor; what came before the page was built is told then. */
export interface ModelMessages {
  readonly hear: (message: ToWebview) => void;
  readonly attach: (hearers: ModelHearers) => void;
}

export function createModelMessages(): ModelMessages {
  let hearers: ModelHearers | null = null;
  let compare: CompareView | null = null;
  let focus: string | null = null;
  return {
    hear: (message) => {
      switch (message.kind) {
        case 'model-compare':
          compare = message.compare;
          return hearers?.compare(compare);
        case 'layer-weights':
          return hearers?.weights(message.id, message.weights === null ? { failed: message.failed ?? '' } : { weights: message.weights });
        case 'layer-source':
          return hearers?.source(message.id, message.hasSource);
        case 'focus-layer':
          focus = hearers === null ? message.id : null;
          return hearers?.focus(message.id);
        case 'error':
        case 'empty':
          // The page is replaced by a notice; it is built anew with the next view.
          hearers = null;
          return undefined;
        default:
          return undefined;
      }
    },
    attach: (next) => {
      hearers = next;
      if (compare !== null) next.compare(compare);
      if (focus !== null) next.focus(focus);
      focus = null;
    },
  };
}
