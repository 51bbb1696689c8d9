import { DecodeError, Reader, varint } from '../bytes.js';
import {
  ADDRESS_DISCOVERY_PARAMETER,
  IDLE_TIMEOUT_MS,
  MAX_CONNECTION_ID_BYTES,
  RESET_TOKEN_BYTES,
  WANTS_REPORTS,
} from '../constants.js';
import { protocolError, TransportError } from '../qad-error.js';

/** RFC 9000 §18.2. */
const Parameter = {
  ORIGINAL_DESTINATION_ID: 0x00n,
  MAX_IDLE_TIMEOUT: 0x01n,
  STATELESS_RESET_TOKEN: 0x02n,
  ACK_DELAY_EXPONENT: 0x0an,
  MAX_ACK_DELAY: 0x0bn,
  INITIAL_SOURCE_ID: 0x0fn,
  RETRY_SOURCE_ID: 0x10n,
} as const;

const DEFAULT_ACK_DELAY_EXPONENT = 3;
const MAX_ACK_DELAY_EXPONENT = 20;
const DEFAULT_MAX_ACK_DELAY_MS = 25;
const MAX_MAX_ACK_DELAY_MS = 2 ** 14;

/** The server's parameters that we use. */
export interface ServerParameters {
  originalDestinationId: Buffer | null;
  initialSourceId: Buffer | null;
  retrySourceId: Buffer | null;
  resetToken: Buffer | null;
  /** Factor of an ACK frame's delay field, in milliseconds. */
  ackDelayUnitMs: number;
  maxAckDelayMs: number;
  /** Whether it tells our address if asked. */
  reportsAddresses: boolean;
}

/** An additional parameter of ours, for servers that need it. */
export interface TransportParameter {
  id: bigint;
  value: Buffer;
}

/** Our parameters. All limits on streams and data have their default, zero: the server may open no stream. */
export function encodeClientParameters(
  initialSourceId: Buffer,
  extra: readonly TransportParameter[] = [],
): Buffer {
  const parameter = (id: bigint, value: Buffer) => Buffer.concat([varint(id), varint(value.length), value]);
  return Buffer.concat([
    parameter(Parameter.MAX_IDLE_TIMEOUT, varint(IDLE_TIMEOUT_MS)),
    parameter(Parameter.INITIAL_SOURCE_ID, initialSourceId),
    parameter(ADDRESS_DISCOVERY_PARAMETER, varint(WANTS_REPORTS)),
    ...extra.map(({ id, value }) => parameter(id, value)),
  ]);
}

/** @throws `QAD_PROTOCOL` with TRANSPORT_PARAMETER_ERROR */
export function decodeServerParameters(bytes: Buffer): ServerParameters {
  try {
    return interpret(split(bytes));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw protocolError(`transport parameters: ${error.message}`, TransportError.TRANSPORT_PARAMETER);
  }
}

function split(bytes: Buffer): ReadonlyMap<bigint, Buffer> {
  const reader = new Reader(bytes);
  const values = new Map<bigint, Buffer>();
  while (reader.left > 0) {
    const id = reader.varint();
    if (values.has(id)) throw new DecodeError(`parameter 0x${id.toString(16)} comes twice`);
    values.set(id, reader.bytes(reader.varintNumber()));
  }
  return values;
}

function interpret(values: ReadonlyMap<bigint, Buffer>): ServerParameters {
  const connectionId = (id: bigint) => {
    const value = values.get(id) ?? null;
    if ((value?.length ?? 0) > MAX_CONNECTION_ID_BYTES) throw new DecodeError('a connection id is too long');
    return value;
  };
  const integer = (id: bigint, missing: number, max: number) => {
    const value = values.get(id);
    if (value === undefined) return missing;
    const number = wholeVarint(value);
    if (number > max) throw new DecodeError(`parameter 0x${id.toString(16)} is ${number}`);
    return number;
  };
  const resetToken = values.get(Parameter.STATELESS_RESET_TOKEN) ?? null;
  if (resetToken !== null && resetToken.length !== RESET_TOKEN_BYTES) {
    throw new DecodeError('a stateless reset token has 16 bytes');
  }
  const exponent = integer(Parameter.ACK_DELAY_EXPONENT, DEFAULT_ACK_DELAY_EXPONENT, MAX_ACK_DELAY_EXPONENT);
  // 0: sends reports; 1: wants reports; 2: both.
  const role = integer(ADDRESS_DISCOVERY_PARAMETER, WANTS_REPORTS, 2);
  return {
    originalDestinationId: connectionId(Parameter.ORIGINAL_DESTINATION_ID),
    initialSourceId: connectionId(Parameter.INITIAL_SOURCE_ID),
    retrySourceId: connectionId(Parameter.RETRY_SOURCE_ID),
    resetToken,
    ackDelayUnitMs: 2 ** exponent / 1000,
    maxAckDelayMs: integer(Parameter.MAX_ACK_DELAY, DEFAULT_MAX_ACK_DELAY_MS, MAX_MAX_ACK_DELAY_MS - 1),
    reportsAddresses: role !== WANTS_REPORTS,
  };
}

function wholeVarint(value: Buffer): number {
  const reader = new Reader(value);
  const number = reader.varintNumber();
  reader.end();
  return number;
}
