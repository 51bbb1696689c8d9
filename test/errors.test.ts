import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { codeOf, NetDiagnosticsError } from '../lib/errors.js';

describe('the code of anything thrown', () => {
  it('is the one of Node, of the system or of ours', async () => {
    const missing = await readFile('/nowhere/at-all').catch((error: unknown) => error);
    expect(codeOf(missing)).toBe('ENOENT');
    expect(codeOf(new NetDiagnosticsError('ERR_STATE', 'It is stopped.'))).toBe('ERR_STATE');
  });

  it.each([
    ['no error', 'ENOENT'],
    ['nothing', undefined],
    ['an object that only looks like one', { code: 'ENOENT' }],
    ['a number', Object.assign(new Error('x'), { code: 20 })],
    ['a sentence', Object.assign(new Error('x'), { code: 'Bearer s3cret\n' })],
    ['a long one', Object.assign(new Error('x'), { code: 'E'.repeat(65) })],
  ])('is none where there is none that may be shown: %s', (_, thrown) => {
    expect(codeOf(thrown)).toBe('ERROR');
    expect(codeOf(thrown, '_OTHER')).toBe('_OTHER');
  });
});
