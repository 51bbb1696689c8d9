import { describe, expect, it } from 'vitest';
import { MarkdownPage } from '../support/markdown.js';

const PARTS = [
  'Install',
  'Ten lines',
  'Options',
  'In your own code',
  'The page, opened safely',
  'Behind a proxy',
  'Start and stop',
  'Events and health',
  'Several instances',
  'Your own tests',
];

describe('the guides of the hosts', () => {
  it.each(['nest', 'express', 'fastify'])('have the same parts in the same order: %s', (host) => {
    expect(MarkdownPage.read(`docs/guides/${host}.md`).headings(2)).toEqual(PARTS);
  });
});
