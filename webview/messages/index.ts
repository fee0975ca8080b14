/**
 * What the extension host and the pages say to each other. Types only.
 * Strings that name layers, files or tiers come from the user's files: pages show them with textContent, never as markup.
 */
import type { PageCommand, PageName } from './commands.ts';
import type { CompoundView, SparsifyOptions, SparsityView } from './language.ts';
import type { LearningView } from './learning.ts';
import type { ModelPageMessage, ModelPageRequest, ModelView } from './model.ts';
import type { OptimiseOptions, OptimiseView } from './optimise.ts';
import type { ReportView } from './report.ts';
import type { TiersToHost, TiersView } from './tiers.ts';

export type { FigureView, JoulesView } from './figures.ts';
export type { PageCommand, PageName } from './commands.ts';
export type * from './language.ts';
export type * from './learning.ts';
export type * from './model.ts';
export type * from './optimise.ts';
export type * from './report.ts';
export type * from './runs.ts';
export type * from './tiers.ts';

/** Texts of a page, localised by the host: translation by English text, as in a `vscode.l10n` bundle. Missing texts stay English. */
export type Strings = Readonly<Record<string, string>>;

/** Host to page. */
export type ToWebview =
  | { readonly kind: 'report'; readonly strings: Strings; readonly view: ReportView }
  /** Open the explanation of a figure of the report, by its key. */
  | { readonly kind: 'show-figure'; readonly figure: string; readonly strings?: Strings }
  | { readonly kind: 'tiers'; readonly strings?: Strings; readonly view: TiersView }
  | { readonly kind: 'model'; readonly strings: Strings; readonly view: ModelView }
  | (ModelPageMessage & { readonly strings?: Strings })
  | { readonly kind: 'learning'; readonly strings: Strings; readonly view: LearningView }
  | { readonly kind: 'optimise'; readonly strings: Strings; readonly view: OptimiseView }
  | { readonly kind: 'sparsity'; readonly strings: Strings; readonly view: SparsityView }
  | { readonly kind: 'compound'; readonly strings: Strings; readonly view: CompoundView }
  | { readonly kind: 'busy'; readonly message: string; readonly strings?: Strings }
  | {
      readonly kind: 'empty';
      readonly message: string;
      readonly hint: string;
      readonly action: { readonly label: string; readonly command: PageCommand } | null;
      /** Further ways on, shown as links below the action. */
      readonly more?: readonly { readonly label: string; readonly command: PageCommand }[];
      readonly strings?: Strings;
    }
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly advice: string; readonly strings?: Strings };

/** Page to host. */
export type ToHost =
  | { readonly kind: 'ready'; readonly page: PageName }
  | { readonly kind: 'command'; readonly command: PageCommand }
  | { readonly kind: 'reveal-layer'; readonly id: string }
  | ModelPageRequest
  | TiersToHost
  /** Remember what was set; start nothing. */
  | { readonly kind: 'optimise-options'; readonly options: OptimiseOptions }
  /** Search with these options; `write` also writes the model that they choose. */
  | { readonly kind: 'optimise-run'; readonly options: OptimiseOptions; readonly write: boolean }
  | { readonly kind: 'sparsify-options'; readonly options: SparsifyOptions }
  | { readonly kind: 'sparsify-run'; readonly options: SparsifyOptions; readonly write: boolean }
  /** Tell about a decision of the stream, by its number. */
  | { readonly kind: 'inspect-decision'; readonly index: number }
  | { readonly kind: 'csp-violation'; readonly directive: string; readonly blocked: string }
  | { readonly kind: 'page-error'; readonly message: string };
