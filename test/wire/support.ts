import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { SecretKey } from '../../lib/wire/index.js';

export const fromHex = (hex: string): Uint8Array =>
  new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The key whose seed is one byte, 32 times: the vectors' keys are made like this. */
export const keyOf = (byte: number): SecretKey => SecretKey.fromBytes(new Uint8Array(32).fill(byte));

/** What the official client sent. */
interface ClientVectors {
  apiSecret: { ticket: string; secretPublicKey: string; platformId: string };
  captures: {
    clientId: string;
    name: string;
    messages: { request: string; receivedAt: number; hex: string }[];
  }[];
}

const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8')) as T;

export const clientVectors = read<ClientVectors>('iroh-services-client-1.0.json');
export const reportVectors = read<{ captures: { hex: string }[] }>('put-network-diagnostics-1.0.json');
export const grantVector = read<{ hex: string }>('grant-cap-1.0.json');

/** What the official client of the second generation sent, and what its crate answers. */
interface ClientVectors2 {
  answers: { answer: string; hex: string }[];
  limits: { hex: string };
  messages: { request: string; hex: string }[];
}

export const clientVectors2 = read<ClientVectors2>('iroh-services-client-2.0.json');

/** Every captured request on the services protocol. */
export const requestVectors: { name: string; bytes: Uint8Array }[] = [
  ...clientVectors.captures.flatMap(({ clientId, messages }) =>
    messages.map(({ request, hex }, index) => ({
      name: `${clientId.slice(0, 6)} ${index} ${request}`,
      bytes: fromHex(hex),
    })),
  ),
  ...reportVectors.captures.map(({ hex }, index) => ({ name: `lab report ${index}`, bytes: fromHex(hex) })),
  { name: 'grant', bytes: fromHex(grantVector.hex) },
  ...clientVectors2.messages.map(({ request, hex }, index) => ({
    name: `2.0: ${index} ${request}`,
    bytes: fromHex(hex),
  })),
  { name: '2.0: the most attributes', bytes: fromHex(clientVectors2.limits.hex) },
];

/** `fc.assert` for synchronous properties; its overloads make the linter see a floating promise. */
export function holds<T>(property: fc.IPropertyWithHooks<T>, options?: fc.Parameters<T>): void {
  const done: unknown = fc.assert(property, options);
  if (done !== undefined) throw new Error('the property is asynchronous');
}
