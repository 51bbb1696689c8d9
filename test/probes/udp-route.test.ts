import { describe, expect, it } from 'vitest';
import { udpRoute } from '../../lib/probes/routes/udp-route.js';

/** UDP sockets of this process, as Node counts them. */
const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;

describe('the route to a destination', () => {
  it('leaves no socket behind when the report ends while the kernel is being asked', async () => {
    const before = sockets();
    const end = new AbortController();
    const asked = udpRoute(4, '127.0.0.1', 9, end.signal);
    end.abort(new Error('the report ended'));
    await expect(asked).rejects.toThrow('the report ended');
    await expect.poll(sockets).toBeLessThanOrEqual(before);
  });

  it('names the source address, and closes', async () => {
    const before = sockets();
    const route = await udpRoute(4, '127.0.0.1', 9, new AbortController().signal);
    expect(route).toEqual({ family: 4, destination: '127.0.0.1', sourceIp: '127.0.0.1' });
    await expect.poll(sockets).toBeLessThanOrEqual(before);
  });
});
