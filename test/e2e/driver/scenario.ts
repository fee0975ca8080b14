import { expect, test } from 'vitest';
import type { Session } from './session.ts';

/** A test in a running workbench; whatever its outcome, a picture of its end stays in test/e2e/out/. */
export function scenario(name: string, session: () => Session, body: (session: Session) => Promise<void>): void {
  test(name, async () => {
    const current = session();
    try {
      await body(current);
    } finally {
      await current.screenshot(name).catch(() => undefined);
    }
  });
}

/** Last scenario of a file: no page of this session ever broke its Content Security Policy. */
export function cspScenario(session: () => Session): void {
  test('no page broke its Content Security Policy', () => {
    expect(session().console.cspReports).toEqual([]);
  });
}
