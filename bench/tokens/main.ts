import { parseArgs } from 'node:util';
import {
  ApiSecret,
  Caps,
  decodeServicesRequest,
  encodeServicesRequest,
  endpointIdFromBytes,
  endpointIdToBytes,
  parseEndpointId,
  SecretKey,
  Token,
  verifySignature,
} from '../../lib/wire/index.js';
import { machine } from '../support/machine.js';
import { median } from '../support/statistics.js';

const USAGE = `node bench/run.js tokens [--rounds 15] [--times 200]

What the platform and an app pay for identities, in time of the CPU: other work on the machine changes it little.
  --rounds  of each, in turns
  --times   in one round`;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '15' },
      times: { type: 'string', default: '200' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const [rounds, times] = [Number(values.rounds), Number(values.times)];
  const samples = new Map(cases().map(([name, run]) => [name, { run, ms: [] as number[] }]));
  // One round more, which only warms up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const sample of samples.values()) {
      const before = process.cpuUsage();
      for (let time = 0; time < times; time += 1) sample.run();
      const { user, system } = process.cpuUsage(before);
      if (round > 0) sample.ms.push((user + system) / 1000 / times);
    }
  }
  console.log(`${machine()}; ${rounds} rounds of ${times}. Medians, with the lowest and the highest.\n`);
  console.log('| | ms of CPU |\n| --- | --- |');
  for (const [name, { ms }] of samples) {
    const [low, high] = [Math.min(...ms), Math.max(...ms)];
    console.log(`| ${name} | ${median(ms).toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)}) |`);
  }
}

function cases(): [name: string, run: () => unknown][] {
  const issuer = SecretKey.fromBytes(new Uint8Array(32).fill(9));
  const audience = SecretKey.fromBytes(new Uint8Array(32).fill(21)).id;
  const request = { issuer, audience, caps: Caps.of('client'), expiresAt: 1_800_000_000 };
  const token = Token.issue(request);
  const bytes = token.encode();
  const auth = encodeServicesRequest({ type: 'auth', token });
  const delegated = Token.issue({ ...request, origin: { kind: 'delegation', root: audience } }).encode();
  const message = new Uint8Array(200);
  const signature = issuer.sign(message);
  const key = endpointIdToBytes(audience);
  const secret = ApiSecret.create(issuer, { id: audience, relayUrls: [], directAddrs: [] }).reveal();
  return [
    ['an `auth` request is decoded', () => decodeServicesRequest(auth)],
    ['a token is decoded', () => Token.decode(bytes)],
    ['a delegated token is decoded', () => Token.decode(delegated)],
    ['a token is issued', () => Token.issue(request)],
    ['a signature is verified', () => verifySignature(issuer.id, message, signature)],
    ['a key is read from its bytes', () => endpointIdFromBytes(key)],
    ['an id is read from its text', () => parseEndpointId(audience)],
    ['an API secret is parsed', () => ApiSecret.parse(secret)],
  ];
}
