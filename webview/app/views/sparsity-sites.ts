import type { SparsitySiteView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h } from '../dom.ts';
import { breakable, shortName } from '../text.ts';
import { layerLink } from './actions.ts';
import type { Column, DataTable } from './data-table.ts';
import { createTable } from './data-table.ts';

/** Layers told of one site; more stand in the record. */
const maxLayers = 20;
/** What stands where a site has no block or no role. */
const none = '\u2013';

/** Which columns a table of sites has: block and role only where the model has repeated blocks. */
export interface SiteColumns {
  readonly block: boolean;
  readonly role: boolean;
}

/** The columns that these sites fill. */
export function siteColumnsOf(sites: readonly SparsitySiteView[]): SiteColumns {
  return { block: sites.some(({ block }) => block !== none), role: sites.some(({ role }) => role !== none) };
}

/** Every site with its threshold, its zeros before and after, and what was done behind it. */
export function createSiteTable(context: PageContext, shown: SiteColumns): DataTable<SparsitySiteView> {
  const { t } = context;
  const block: Column<SparsitySiteView> = {
    key: 'block',
    label: t('Block'),
    numeric: false,
    rank: 4,
    sortBy: (site) => site.block,
    cell: (site) => [site.block],
  };
  const role: Column<SparsitySiteView> = {
    key: 'role',
    label: t('Role'),
    numeric: false,
    rank: 2,
    sortBy: (site) => site.role,
    cell: (site) => [shortName(site.role, 40)],
  };
  return createTable<SparsitySiteView>({
    context,
    caption: t('Each site before and after'),
    rowId: (site) => site.id,
    details: (site) => detailsOf(site, context),
    columns: [
      {
        key: 'site',
        label: t('Site'),
        numeric: false,
        rank: 1,
        sortBy: (site) => site.id,
        cell: (site) => [
          h(
            'span',
            { class: 'layer-name', title: shortName(site.id, 400) },
            ...breakable(shortName(site.id)).flatMap((piece) => [piece, h('wbr')]),
          ),
        ],
      },
      ...(shown.block ? [block] : []),
      ...(shown.role ? [role] : []),
      { key: 'macs', label: t('MACs'), numeric: true, rank: 5, sortBy: (site) => site.macCount, cell: (site) => [site.macs] },
      {
        key: 'natural',
        label: t('By itself'),
        hint: t('Share of zeros that the model makes by itself'),
        numeric: true,
        rank: 3,
        sortBy: (site) => site.natural,
        cell: (site) => [site.naturalText],
      },
      {
        key: 'zeros',
        label: t('With thresholds'),
        hint: t('Share of zeros with thresholds, on rows that chose nothing'),
        numeric: true,
        rank: 1,
        sortBy: (site) => site.zeros,
        cell: (site) => [site.zerosText],
      },
      {
        key: 'threshold',
        label: t('Threshold'),
        numeric: true,
        rank: 5,
        sortBy: (site) => site.threshold,
        cell: (site) => [site.left === null ? site.threshold : t('left as it was')],
      },
    ],
  });
}

function detailsOf(site: SparsitySiteView, context: PageContext): HTMLElement[] {
  const { t } = context;
  const facts: readonly (readonly [string, string])[] = [
    [t('Channels'), site.channels],
    [t('MACs'), site.macs],
    [t('Threshold'), site.threshold],
    [t('Centred'), site.centred ? t('yes: small differences from a channel\u2019s centre become the centre') : t('no')],
    [t('Corrected'), site.corrected ? t('yes: the weights behind it were solved anew') : t('no')],
  ];
  return [
    h(
      'div',
      { class: 'layer-details' },
      site.left !== null && h('p', {}, t('Left as it was: {0}', site.left)),
      h('dl', { class: 'fact-grid' }, ...facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
      h(
        'p',
        {},
        t('Read by'),
        ' ',
        ...site.layers.slice(0, maxLayers).flatMap((id, i) => [i === 0 ? '' : ', ', layerLink(context, id)]),
        site.layers.length > maxLayers && ` ${t('and {0} more', site.layers.length - maxLayers)}`,
      ),
    ),
  ];
}
