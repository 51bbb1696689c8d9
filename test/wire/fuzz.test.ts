import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NetDiagnosticsError } from '../../lib/errors.js';
import { encodeBase32 } from '../../lib/wire/base32.js';
import {
  ApiSecret,
  decodeClientHostRequest,
  decodePong,
  decodeReport,
  decodeReportResult,
  decodeServicesRequest,
  decodeUnitResult,
  encodeClientHostRequest,
  encodePong,
  encodeReport,
  encodeReportResult,
  encodeServicesRequest,
  encodeUnitResult,
  readFrameLength,
  Token,
} from '../../lib/wire/index.js';
import * as arbitrary from './arbitraries.js';
import { clientVectors, requestVectors, toHex } from './support.js';

/** Milliseconds a decoder; FUZZ_MS extends it. */
const BUDGET_MS = Number(process.env.FUZZ_MS ?? 300);
/** FUZZ_SEED repeats a run. */
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

/** Seeded, so that a failure can be repeated. */
class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  /** mulberry32 */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }
  bytes(length: number): number[] {
    return Array.from({ length }, () => this.below(256));
  }
}

const EXTREMES = [
  [0x00],
  [0x7f],
  [0x80, 0x00],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
];

function mutate(original: Uint8Array, random: Random): Uint8Array {
  const bytes = [...original];
  for (let times = 1 + random.below(3); times > 0; times -= 1) {
    const at = random.below(bytes.length + 1);
    const size = random.below(8);
    const mutations = [
      () => bytes.splice(at, 1, (bytes[at] ?? 0) ^ (1 << random.below(8))),
      () => bytes.splice(at, 1, random.below(256)),
      () => bytes.splice(at, size),
      () => bytes.splice(at, 0, ...random.bytes(size)),
      () => bytes.splice(at, 0, ...bytes.slice(at, at + size)),
      () => bytes.splice(at, 1, ...(EXTREMES[random.below(EXTREMES.length)] ?? [])),
      () => bytes.splice(at),
    ];
    mutations[random.below(mutations.length)]?.();
  }
  return Uint8Array.from(bytes);
}

/** Runs `decode` until the time is up; it may throw our own errors and nothing else. Returns how often it ran. */
function fuzz(decode: (bytes: Uint8Array) => unknown, corpus: readonly Uint8Array[]): number {
  const random = new Random(SEED);
  const end = performance.now() + BUDGET_MS;
  let runs = 0;
  for (; performance.now() < end; runs += 1) {
    const seed = corpus[random.below(corpus.length)] ?? new Uint8Array();
    const bytes =
      random.below(4) === 0 ? Uint8Array.from(random.bytes(random.below(200))) : mutate(seed, random);
    const started = performance.now();
    try {
      decode(bytes);
    } catch (error) {
      if (!(error instanceof NetDiagnosticsError)) {
        throw new Error(`seed ${SEED}, run ${runs}: ${toHex(bytes)}`, { cause: error });
      }
    }
    // Generous: the machine may be busy. A hang would be far longer.
    expect(performance.now() - started, toHex(bytes)).toBeLessThan(2000);
  }
  return runs;
}

/** What is taken must be written again, read again, and then be the same bytes. */
function stable<T>(decode: (bytes: Uint8Array) => T, encode: (value: T) => Uint8Array) {
  return (bytes: Uint8Array) => {
    const once = encode(decode(bytes));
    expect(toHex(encode(decode(once)))).toBe(toHex(once));
  };
}

const sample = <T>(values: fc.Arbitrary<T>, encode: (value: T) => Uint8Array): Uint8Array[] =>
  fc.sample(values, { numRuns: 40, seed: 1 }).map(encode);

const requests = [
  ...requestVectors.map(({ bytes }) => bytes),
  ...sample(arbitrary.servicesRequest, encodeServicesRequest),
];
const tokens = sample(arbitrary.token, (token) => token.encode());
const ticketBodies = sample(arbitrary.endpointAddress, (address) => {
  const text = ApiSecret.create(
    fc.sample(arbitrary.secretKey, { numRuns: 1, seed: 2 })[0] as never,
    address,
  ).reveal();
  return new TextEncoder().encode(text);
});

describe(`random and damaged bytes, ${BUDGET_MS} ms a decoder`, () => {
  it.each<[string, (bytes: Uint8Array) => unknown, Uint8Array[]]>([
    ['services request', stable(decodeServicesRequest, encodeServicesRequest), requests],
    [
      'client host request',
      stable(decodeClientHostRequest, encodeClientHostRequest),
      sample(arbitrary.clientHostRequest, encodeClientHostRequest),
    ],
    ['report', stable(decodeReport, encodeReport), sample(arbitrary.report, encodeReport)],
    [
      'report result',
      (bytes) => decodeReportResult(bytes),
      sample(arbitrary.report, (value) => encodeReportResult({ ok: true, value })),
    ],
    [
      'unit result',
      (bytes) => decodeUnitResult(bytes),
      sample(arbitrary.failure, (error) => encodeUnitResult({ ok: false, error })),
    ],
    ['pong', stable(decodePong, encodePong), [new Uint8Array(16)]],
    ['token', stable(Token.decode, (token) => token.encode()), tokens],
    [
      'stand-alone token',
      stable(Token.decodeStandalone, (token) => token.encodeStandalone()),
      tokens.map((bytes) => Uint8Array.of(1, ...bytes)),
    ],
    ['API secret as text', (bytes) => ApiSecret.parse(new TextDecoder().decode(bytes)), ticketBodies],
    [
      'API secret as bytes',
      (bytes) => ApiSecret.parse(`services${encodeBase32(bytes)}`),
      [...ticketBodies.map(() => new Uint8Array(80)), Buffer.from(clientVectors.apiSecret.ticket)],
    ],
    ['frame length', (bytes) => readFrameLength(bytes), [Uint8Array.of(0x80, 0x80, 0x01)]],
  ])('%s: our errors alone, no hang', { timeout: BUDGET_MS * 4 + 30_000 }, (_name, decode, corpus) => {
    expect(fuzz(decode, corpus)).toBeGreaterThan(0);
  });

  it('a message of 16 MiB that promises much takes little memory and time', () => {
    const bytes = new Uint8Array(16 * 1024 * 1024);
    // PutMetrics, a session id, no schema, then 8 million counters that are all there.
    bytes.set([0x01, 0x10]);
    bytes.set([0x00, 0x80, 0x92, 0xf4, 0x01], 18);
    const before = process.memoryUsage().heapUsed;
    const started = performance.now();
    expect(() => decodeServicesRequest(bytes)).toThrow('values at offset 19: more than 65536 items');
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * 1024 * 1024);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
