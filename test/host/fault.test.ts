import { describe, expect, it } from 'vitest';
import { NetDiagnosticsError } from '../../lib/errors.js';
import { faultOf } from '../../lib/host/fault.js';
import { ConnectionClosedError, StreamError } from '../../lib/transport/index.js';
import { UnknownRequestError, WireError } from '../../lib/wire/index.js';

describe('what becomes of a stream that brought no request', () => {
  it.each<[string, unknown, string, string]>([
    ['an unknown variant', new UnknownRequestError('request', 0, 6), 'reset-stream', 'reset-stream'],
    [
      'a connection that ended',
      new ConnectionClosedError({ by: 'peer', code: 0, reason: '' }),
      'caller-left',
      'caller-left',
    ],
    [
      'too many bytes',
      new NetDiagnosticsError('ERR_MESSAGE_TOO_LARGE', 'long'),
      '1 Message too large',
      '1 Message too large',
    ],
    [
      'a forged token',
      new NetDiagnosticsError('ERR_TOKEN_INVALID', 'forged'),
      '401 Unauthorized',
      '400 Unexpected auth message',
    ],
    ['nonsense', new WireError('x', 0, 'y'), '400 Expected initial auth message', '400 Malformed message'],
    [
      'half a message',
      new StreamError('ended'),
      '400 Expected initial auth message',
      '400 Malformed message',
    ],
  ])('%s', (_, error, first, later) => {
    const [asFirst, asLater] = [true, false].map((isFirst) => {
      const fault = faultOf(error, isFirst);
      return typeof fault === 'string' ? fault : `${fault.code} ${fault.reason}`;
    });
    expect([asFirst, asLater]).toEqual([first, later]);
  });
});
