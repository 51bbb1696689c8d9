/** A datagram is no STUN message that was asked for. Such datagrams are ignored; tests tell why. */
export class StunFormatError extends Error {
  override name = 'StunFormatError';
  readonly code = 'STUN_FORMAT';
}
