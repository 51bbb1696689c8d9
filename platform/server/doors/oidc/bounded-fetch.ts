import type { CustomFetchOptions } from 'openid-client';

/** A provider's answers hold a few kilobytes. What is longer is no such answer. */
export const MAX_ANSWER = 256 * 1024;

/** How long one question to the provider may take, its answer's last byte included. Milliseconds. */
export const ANSWER_TIMEOUT_MS = 10_000;

/** An answer of more than {@link MAX_ANSWER} bytes. */
export class AnswerTooLong extends Error {
  override name = 'AnswerTooLong';

  constructor() {
    super(`the answer has more than ${MAX_ANSWER} bytes`);
  }
}

/**
 * `fetch` for questions to the provider: the answer is read whole, within its time and its size, before anybody looks at it.
 * @throws AnswerTooLong, and what `fetch` throws
 */
export async function boundedFetch(url: string, options: CustomFetchOptions): Promise<Response> {
  const signals = [AbortSignal.timeout(ANSWER_TIMEOUT_MS), options.signal ?? []].flat();
  const response = await fetch(url, {
    ...options,
    // The library sends forms alone.
    body: (options.body ?? null) as URLSearchParams | null,
    signal: AbortSignal.any(signals),
  });
  const body = await bodyOf(response);
  const { status, headers } = response;
  return new Response(EMPTY.has(status) ? null : body, { status, headers });
}

const EMPTY = new Set([204, 205, 304]);

async function bodyOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the rest.
    if (size > MAX_ANSWER) throw new AnswerTooLong();
    chunks.push(chunk);
  }
  return Uint8Array.from(Buffer.concat(chunks));
}
