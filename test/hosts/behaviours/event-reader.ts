/** One event of a stream, and when it came. */
export interface ReceivedEvent {
  name: string;
  data: unknown;
  /** Milliseconds since the request. */
  atMs: number;
}

/** Asks for a run as an event stream, and reads it to its end. @param onEvent - is told of each, as it comes */
export async function readRun(
  url: string,
  headers: Record<string, string> = {},
  onEvent: (event: ReceivedEvent) => void = () => {},
): Promise<ReceivedEvent[]> {
  const startedAt = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { accept: 'text/event-stream', ...headers },
  });
  if (response.status !== 200 || response.body === null) {
    throw new Error(`${response.status}: ${await response.text()}`);
  }
  const events: ReceivedEvent[] = [];
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, name, data] = block.match(/^event: (.+)\ndata: (.+)$/) ?? [];
      if (name === undefined || data === undefined) continue;
      const event = { name, data: JSON.parse(data), atMs: performance.now() - startedAt };
      events.push(event);
      onEvent(event);
    }
  }
  return events;
}
