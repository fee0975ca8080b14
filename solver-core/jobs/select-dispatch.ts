import type { SelectControl, SelectOptions, SelectOutcome } from '../compress/select/types.ts';
import type { SelectMethod } from '../protocol/index.ts';
import type { SelectModel, SelectModelRequest } from './select-model.ts';
import { searchSelectModel } from './select-search.ts';
import { trainSelectModel } from './select-training.ts';

/** What a search gives: the outcome, and the layers that it could not change. */
export interface Searched {
  readonly model: SelectModel;
  readonly outcome: SelectOutcome;
}

/** The one place where the method decides who searches. */
export function searchBy(
  method: SelectMethod,
  request: SelectModelRequest,
  options: SelectOptions,
  control: SelectControl,
): Promise<Searched> {
  switch (method) {
    case 'closed-form':
      return searchSelectModel(request, options, control);
    case 'training':
      return trainSelectModel(request, options, control);
  }
}
