import { describe, expect, test } from 'vitest';
import { guardMessage } from '../../webview/app/guard.ts';
import { createStore, initialState, toggled } from '../../webview/app/state.ts';
import { hostileMessages, messages } from './canned.ts';

describe('guard', () => {
  test.each([...Object.values(messages), ...hostileMessages()])('passes a $kind message unchanged', (message) => {
    expect(guardMessage(message)).toEqual({ ok: true, message });
  });

  const report = messages.report;
  test.each([
    ['no object', 'report', 'message: '],
    ['nothing', null, 'message: '],
    ['an unknown kind', { kind: 'run', script: 'x' }, 'kind: '],
    ['a view of another kind', { ...messages.tiers, kind: 'report' }, 'view'],
    ['markup where a list belongs', { ...report, view: { ...('view' in report ? report.view : {}), layers: '<b>' } }, 'view.layers: '],
    ['an unknown command', { kind: 'empty', message: '', hint: '', action: { label: 'x', command: 'rm' } }, 'action.command: '],
    ['a text without end', { kind: 'busy', message: 'x'.repeat(1_000_001) }, 'message: '],
  ])('refuses %s and says where', (_name, data, where) => {
    const guarded = guardMessage(data);
    expect(guarded.ok).toBe(false);
    expect(guarded.ok ? '' : guarded.problem).toContain(where);
  });

  test('does not throw for an object that throws', () => {
    const trap = new Proxy({}, { get: () => undefined, has: () => true });
    expect(guardMessage(trap).ok).toBe(false);
  });
});

describe('remembered state', () => {
  const hostWith = (saved: unknown): { readState: () => unknown; writeState: (state: unknown) => void; written: unknown[] } => {
    const written: unknown[] = [];
    return { readState: () => saved, writeState: (state) => written.push(state), written };
  };

  test.each([[undefined], [null], ['x'], [{}], [{ ...initialState, sort: { column: 1 } }], [{ ...initialState, scrollY: -1 }]])(
    '%j starts afresh',
    (saved) => {
      expect(createStore(hostWith(saved)).get()).toEqual(initialState);
    },
  );

  test('merges, saves and restores', () => {
    const host = hostWith({ ...initialState, filter: 'conv' });
    const store = createStore(host);
    store.set({ sort: { column: 'macs', direction: 'descending' } });
    expect(host.written).toEqual([{ ...initialState, filter: 'conv', sort: { column: 'macs', direction: 'descending' } }]);
    expect(createStore(hostWith(host.written[0])).get()).toEqual(store.get());
  });

  test('remembers at most 200 rows, the newest', () => {
    const many = Array.from({ length: 250 }, (_, index) => `l${index}`).reduce<string[]>((names, name) => toggled(names, name, true), []);
    expect(many).toHaveLength(200);
    expect(many.at(-1)).toBe('l249');
    expect(toggled(['a', 'b'], 'a', false)).toEqual(['b']);
  });
});
