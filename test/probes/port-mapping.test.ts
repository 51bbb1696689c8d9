import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { natPmpProbe, readExternalAddress } from '../../lib/probes/nat-pmp.js';
import { announceRequest, pcpProbe, readAnnounceResponse } from '../../lib/probes/pcp.js';
import type { PortMappingAnswer } from '../../lib/probes/port-mapping/datagram-probe.js';
import type { Probe } from '../../lib/probes/probe.js';
import { upnpProbe } from '../../lib/probes/upnp.js';
import { runAlone } from './support/context.js';
import { FakeGateway, GATEWAY, STRANGER } from './support/fake-gateway.js';

let gateway = new FakeGateway();
afterEach(async () => {
  await gateway.close();
  gateway = new FakeGateway();
});

async function ask(probe: Probe, portMapping: number, signal?: AbortSignal, ip: string | null = GATEWAY) {
  const [record] = await runAlone(probe, [], {
    gateways: async () => ({ gateway: ip, interface: 'lo', tunnel: false }),
    gatewayPorts: { portMapping, ssdp: 1900 },
    ...(signal === undefined ? {} : { signal }),
  });
  if (record === undefined) throw new Error('nothing was planned');
  return record;
}

/** A PCP answer to ANNOUNCE: version, opcode, reserved, result, lifetime, epoch, reserved. */
const pcpAnswer = (result: number, { version = 2, opcode = 0x80, length = 24 } = {}) => {
  const bytes = new Uint8Array(length);
  bytes.set([version, opcode, 0, result]);
  return bytes;
};
const natPmpAnswer = (result: number, ip = [203, 0, 113, 66], opcode = 128) =>
  Uint8Array.from([0, opcode, result >> 8, result & 0xff, 0, 0, 0, 9, ...ip]);

const PCP_RESULTS = [
  ...['UNSUPP_VERSION', 'NOT_AUTHORIZED', 'MALFORMED_REQUEST', 'UNSUPP_OPCODE', 'UNSUPP_OPTION'],
  ...['MALFORMED_OPTION', 'NETWORK_FAILURE', 'NO_RESOURCES', 'UNSUPP_PROTOCOL', 'USER_EX_QUOTA'],
  ...['CANNOT_PROVIDE_EXTERNAL', 'ADDRESS_MISMATCH', 'EXCESSIVE_REMOTE_PEERS'],
];

describe('PCP (RFC 6887)', () => {
  it('asks with ANNOUNCE, 24 bytes that name our address', () => {
    const request = Buffer.from(announceRequest('192.168.1.100')).toString('hex');
    expect(request).toBe('020000000000000000000000000000000000ffffc0a80164'.padEnd(48, '0'));
  });

  it.each<[string, Uint8Array, PortMappingAnswer | null]>([
    ['success', pcpAnswer(0), { available: true }],
    ['success with options', pcpAnswer(0, { length: 32 }), { available: true }],
    ...PCP_RESULTS.map((refusal, index): [string, Uint8Array, PortMappingAnswer] => [
      refusal,
      pcpAnswer(index + 1),
      { available: false, refusal },
    ]),
    ['a result of the future', pcpAnswer(99), { available: false, refusal: 'RESULT_99' }],
    ['a server of version 1', pcpAnswer(1, { version: 1 }), { available: false, refusal: 'UNSUPP_VERSION' }],
    [
      'a gateway that speaks NAT-PMP only',
      Uint8Array.from([0, 128, 0, 1, 0, 0, 0, 9]),
      { available: false, refusal: 'UNSUPP_VERSION' },
    ],
    ['a request, not a response', pcpAnswer(0, { opcode: 0 }), null],
    ['the response to another opcode', pcpAnswer(0, { opcode: 0x81 }), null],
    ['a wrong version', pcpAnswer(0, { version: 3 }), null],
    ['too short', pcpAnswer(0, { length: 20 }), null],
    ['not a multiple of 4', pcpAnswer(0, { length: 26 }), null],
    ['too long', pcpAnswer(0, { length: 1104 }), null],
    ['nothing', new Uint8Array(), null],
    ['a NAT-PMP success', natPmpAnswer(0), null],
  ])('reads %s', (_, bytes, expected) => {
    expect(readAnnounceResponse(bytes)).toEqual(expected);
  });
});

describe('NAT-PMP (RFC 6886)', () => {
  it.each<[string, Uint8Array, PortMappingAnswer | null]>([
    ['an address', natPmpAnswer(0), { available: true, externalIp: '203.0.113.66' }],
    ['no address at the moment', natPmpAnswer(0, [0, 0, 0, 0]), { available: true }],
    ['UNSUPPORTED_VERSION', natPmpAnswer(1), { available: false, refusal: 'UNSUPPORTED_VERSION' }],
    ['NOT_AUTHORIZED', natPmpAnswer(2), { available: false, refusal: 'NOT_AUTHORIZED' }],
    ['NETWORK_FAILURE', natPmpAnswer(3, []), { available: false, refusal: 'NETWORK_FAILURE' }],
    ['OUT_OF_RESOURCES', natPmpAnswer(4), { available: false, refusal: 'OUT_OF_RESOURCES' }],
    ['UNSUPPORTED_OPCODE', natPmpAnswer(5), { available: false, refusal: 'UNSUPPORTED_OPCODE' }],
    ['a result of the future', natPmpAnswer(600), { available: false, refusal: 'RESULT_600' }],
    ['a gateway that speaks PCP only', pcpAnswer(1), { available: false, refusal: 'UNSUPPORTED_VERSION' }],
    ['a PCP success', pcpAnswer(0), null],
    ['another opcode', natPmpAnswer(0, [1, 2, 3, 4], 129), null],
    ['too short', natPmpAnswer(0, [1, 2, 3]), null],
    ['too long', natPmpAnswer(0, [1, 2, 3, 4, 5]), null],
    ['a refusal too short', Uint8Array.from([0, 128, 0, 2]), null],
    ['nothing', new Uint8Array(), null],
  ])('reads %s', (_, bytes, expected) => {
    expect(readExternalAddress(bytes)).toEqual(expected);
  });
});

describe('asking the gateway for port mapping', () => {
  it('tells what it offers, with the route it was asked on', async () => {
    const port = await gateway.portMapping((_, reply) => reply(natPmpAnswer(0)));
    const record = await ask(natPmpProbe, port);
    expect(record).toMatchObject({
      ref: 'nat-pmp',
      outcome: 'ok',
      observation: {
        portMappings: [{ protocol: 'natPmp', available: true, gateway: GATEWAY, externalIp: '203.0.113.66' }],
        routes: [{ family: 4, destination: '192.0.2.1', gateway: GATEWAY, tunnel: false }],
      },
    });
    expect(gateway.datagrams.map((bytes) => bytes.toString('hex'))).toEqual(['0000']);
    expect(record.durationMs).toBeLessThan(140);
  });

  it("writes the datagram's own source address into a PCP request", async () => {
    const port = await gateway.portMapping((_, reply) => reply(pcpAnswer(0)));
    expect(await ask(pcpProbe, port)).toMatchObject({
      ref: 'pcp',
      outcome: 'ok',
      observation: { portMappings: [{ protocol: 'pcp', available: true, gateway: GATEWAY }] },
    });
    expect(gateway.datagrams).toEqual([Buffer.from(announceRequest('127.0.0.1'))]);
  });

  it('asks again where a datagram was lost', async () => {
    let asked = 0;
    const port = await gateway.portMapping((_, reply) => {
      asked += 1;
      if (asked === 3) reply(pcpAnswer(0));
    });
    const record = await ask(pcpProbe, port);
    expect(record.outcome).toBe('ok');
    expect(record.durationMs).toBeGreaterThan(340);
  });

  it('gives up on silence after three questions and half a second: unknown', async () => {
    const port = await gateway.portMapping(() => undefined);
    const record = await ask(pcpProbe, port);
    expect(record).toMatchObject({ outcome: 'timeout', error: { code: 'NO_ANSWER' } });
    expect(record.observation?.portMappings).toBeUndefined();
    expect(record.durationMs).toBeGreaterThan(490);
    expect(record.durationMs).toBeLessThan(700);
    expect(gateway.datagrams).toHaveLength(3);
  });

  it('takes a closed port for a no, at once', async () => {
    const port = await gateway.portMapping(() => undefined);
    await gateway.close();
    const record = await ask(pcpProbe, port);
    expect(record.observation?.portMappings).toEqual([
      { protocol: 'pcp', gateway: GATEWAY, available: false, refusal: 'ECONNREFUSED' },
    ]);
    expect(record.durationMs).toBeLessThan(300);
  });

  it('takes a refusal for a no, with its name', async () => {
    const port = await gateway.portMapping((_, reply) => reply(pcpAnswer(2)));
    expect((await ask(pcpProbe, port)).observation?.portMappings).toEqual([
      { protocol: 'pcp', gateway: GATEWAY, available: false, refusal: 'NOT_AUTHORIZED' },
    ]);
  });

  it('waits on where the first datagram is nonsense', async () => {
    const port = await gateway.portMapping((_, reply) => {
      reply('nonsense');
      reply(new Uint8Array(60_000));
      reply(pcpAnswer(0));
    });
    expect((await ask(pcpProbe, port)).outcome).toBe('ok');
  });

  it('calls nothing but nonsense a bad answer, however much of it comes', async () => {
    const port = await gateway.portMapping((_, reply) => {
      for (let i = 0; i < 500; i += 1) reply('nonsense');
    });
    const record = await ask(pcpProbe, port);
    expect(record).toMatchObject({ outcome: 'failed', error: { code: 'BAD_ANSWER' } });
    expect(record.durationMs).toBeLessThan(700);
  });

  it.skipIf(process.platform !== 'linux')('does not hear anybody but the gateway', async () => {
    let asked = 0;
    const port = await gateway.portMapping((_, __, from) => {
      asked += 1;
      sendFrom(STRANGER, pcpAnswer(0), from.port);
      // Nor the gateway itself from another port.
      sendFrom(GATEWAY, pcpAnswer(0), from.port);
    });
    const record = await ask(pcpProbe, port);
    expect(asked).toBe(3);
    expect(record).toMatchObject({ outcome: 'timeout', error: { code: 'NO_ANSWER' } });
  });

  it('ends with the report, and asks nothing more', async () => {
    const port = await gateway.portMapping(() => undefined);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 60);
    const record = await ask(pcpProbe, port, controller.signal);
    expect(record).toMatchObject({ outcome: 'aborted' });
    expect(record.durationMs).toBeLessThan(150);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(gateway.datagrams).toHaveLength(1);
  });

  it('leaves no socket behind, whenever it is cancelled', async () => {
    const port = await gateway.portMapping(() => undefined);
    const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'UDPWRAP').length;
    const before = sockets();
    for (const probe of [pcpProbe, upnpProbe]) {
      for (const ms of [0, 1, 2, 3, 5, 8]) {
        const controller = new AbortController();
        setTimeout(() => controller.abort(), ms);
        expect((await ask(probe, port, controller.signal)).outcome).toBe('aborted');
      }
    }
    await vi.waitFor(() => expect(sockets()).toBeLessThanOrEqual(before));
  });

  it('finds the gateway where the reference destination is a neighbour', async () => {
    const portMapping = await gateway.portMapping((_, reply) => reply(pcpAnswer(0)));
    const [record] = await runAlone(pcpProbe, [], {
      gateways: async (_, destination) => ({ gateway: destination === '192.0.2.1' ? null : GATEWAY }),
      gatewayPorts: { portMapping, ssdp: 1900 },
    });
    expect(record?.observation).toMatchObject({
      portMappings: [{ available: true }],
      routes: [{ destination: '198.51.100.1', gateway: GATEWAY }],
    });
  });

  it('asks nobody where there is no gateway, or none that is known', async () => {
    expect(await ask(pcpProbe, 5351, undefined, null)).toMatchObject({
      outcome: 'skipped',
      error: { code: 'NO_GATEWAY' },
    });
    const [unknown] = await runAlone(pcpProbe, []);
    expect(unknown).toMatchObject({ outcome: 'skipped', error: { code: 'GATEWAY_UNKNOWN' } });
  });
});

function sendFrom(ip: string, bytes: Uint8Array, toPort: number): void {
  const socket = createSocket('udp4');
  socket.bind(0, ip, () => socket.send(bytes, toPort, '127.0.0.1', () => socket.close()));
}
