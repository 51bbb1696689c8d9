import { createCipheriv, timingSafeEqual } from 'node:crypto';
import { vector } from '../bytes.js';
import { TAG_BYTES } from '../constants.js';

/** RFC 9001 §5.8: keys that everybody knows. The tag shows that the packet's sender saw our Initial. */
const RETRY_KEY = Buffer.from('be0c690b9f66575a1d766b54e368c84e', 'hex');
const RETRY_NONCE = Buffer.from('461599d35d632bf2239825bb', 'hex');

/** The Retry integrity tag over a packet without its own tag. */
export function retryTag(packet: Buffer, originalDestinationId: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-gcm', RETRY_KEY, RETRY_NONCE);
  cipher.setAAD(Buffer.concat([vector(1, originalDestinationId), packet]));
  cipher.final();
  return cipher.getAuthTag();
}

/** Whether a whole Retry packet answers the Initial packet that went to `originalDestinationId`. */
export function isAuthenticRetry(packet: Buffer, originalDestinationId: Buffer): boolean {
  const tagAt = packet.length - TAG_BYTES;
  return (
    tagAt > 0 &&
    timingSafeEqual(packet.subarray(tagAt), retryTag(packet.subarray(0, tagAt), originalDestinationId))
  );
}
