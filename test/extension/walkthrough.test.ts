import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../shared.ts';

interface Step {
  readonly id: string;
  readonly description: string;
  readonly media: { readonly svg: string; readonly altText: string };
  readonly completionEvents: readonly string[];
}
const manifest = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as {
  contributes: {
    walkthroughs: { steps: Step[] }[];
    commands: { command: string }[];
    views: Record<string, { id: string; type?: string }[]>;
    viewsWelcome: { view: string }[];
  };
};
const texts = JSON.parse(readFileSync(path.join(projectRoot, 'package.nls.json'), 'utf8')) as Record<string, string>;
const text = (key: string): string => texts[key.replace(/^%|%$/g, '')] ?? '';
const { commands, views, viewsWelcome, walkthroughs } = manifest.contributes;
const steps = walkthroughs[0]?.steps ?? [];
const viewIds = Object.values(views).flatMap((all) => all.map(({ id }) => id));

describe('walkthrough', () => {
  it('goes from the sample to a board, each step with one action', () => {
    expect(steps.map(({ id }) => id)).toEqual(['sample', 'annotate', 'python', 'energy', 'fit', 'compare', 'export', 'board']);
    for (const { id, description } of steps) expect(text(description).match(/\(command:/g), id).toHaveLength(1);
  });

  it('has pictures that follow the theme, run nothing, and are told in words', () => {
    const drawn = readdirSync(path.join(projectRoot, 'extension/media/walkthrough'));
    expect(steps.map(({ media }) => path.basename(media.svg)).sort()).toEqual(drawn.sort());
    for (const { id, media } of steps) {
      const svg = readFileSync(path.join(projectRoot, media.svg), 'utf8');
      expect(svg, id).toMatch(/var\(--vscode-foreground\)/);
      expect(svg, id).not.toMatch(/<script|foreignObject|href|\sstyle=|(fill|stroke)="(#|rgb)|\son\w+=/);
      expect(text(media.altText).length, id).toBeGreaterThan(40);
    }
  });

  it('completes by commands and views that exist', () => {
    const known = commands.map(({ command }) => command);
    for (const event of steps.flatMap(({ completionEvents }) => completionEvents)) {
      const [kind = '', name = ''] = event.split(':');
      if (kind === 'onCommand') expect(known).toContain(name);
      else if (kind === 'onView') expect(viewIds).toContain(name);
      else expect(event).toMatch(/^onContext:tierwise\.\w+$/);
    }
  });
});

describe('empty views', () => {
  it('every tree says what to do while it is empty', () => {
    const trees = Object.values(views)
      .flat()
      .filter(({ type }) => type !== 'webview')
      .map(({ id }) => id);
    for (const tree of trees)
      expect(
        viewsWelcome.map(({ view }) => view),
        tree,
      ).toContain(tree);
  });
});
