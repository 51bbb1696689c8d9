/** Reads `text/event-stream` from an answer to fetch: `EventSource` cannot POST. */

/** Gets each whole event. */
export type OnEvent = (name: string, data: unknown) => void;

/** Takes the stream's text in pieces of any size. */
export function eventParser(onEvent: OnEvent): (text: string) => void {
  let rest = '';
  return (text) => {
    const blocks = (rest + text).replace(/\r\n/g, '\n').split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split('\n').map((line) => /^(event|data): ?(.*)$/.exec(line) ?? []);
      const values = (name: string) =>
        fields.filter(([, field]) => field === name).map(([, , value]) => value ?? '');
      const data = values('data');
      if (data.length > 0) onEvent(values('event').pop() ?? 'message', JSON.parse(data.join('\n')));
    }
  };
}

/** Reads the answer to its end. */
export async function readEvents({ body }: Response, onEvent: OnEvent): Promise<void> {
  if (body === null) return;
  const parse = eventParser(onEvent);
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    parse(decoder.decode(value, { stream: true }));
  }
}
