import { startPage } from './page.ts';

startPage({
  page: 'compound',
  title: 'compound',
  select: (message) => (message.kind === 'compound' ? message.view : null),
  mount: () => () => '',
});
