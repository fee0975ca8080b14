import type { PyValue } from './values.ts';

/** What a loop over a value goes through; nothing where its turns are not all known, as the place of the others is not known then. */
export function itemsOf(value: PyValue): { readonly items: readonly PyValue[]; readonly isComplete: boolean } {
  const all = knownItemsOf(value);
  return all.isComplete ? all : { items: [], isComplete: false };
}

/** What is known to be in a value, and whether that is all. */
export function knownItemsOf(value: PyValue): { readonly items: readonly PyValue[]; readonly isComplete: boolean } {
  switch (value.kind) {
    case 'list':
      return value;
    case 'dict':
      return { items: [...value.entries.keys()].map((key) => ({ kind: 'string', value: key })), isComplete: value.isComplete };
    case 'string':
      return { items: [...value.value].slice(0, 1000).map((each) => ({ kind: 'string', value: each })), isComplete: true };
    case 'instance':
      if (value.instance.role !== 'container') return { items: [], isComplete: false };
      if (value.instance.type === 'ModuleDict')
        return { items: [...value.instance.attributes.keys()].map((key) => ({ kind: 'string', value: key })), isComplete: true };
      return { items: [...value.instance.attributes.values()], isComplete: true };
    default:
      return { items: [], isComplete: false };
  }
}
