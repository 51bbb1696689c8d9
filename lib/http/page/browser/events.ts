/** `events.js`: reads `text/event-stream` from an answer to fetch, which `EventSource` cannot do with POST. */
export const EVENTS_JS = /* js */ `
/**
 * Takes the stream's text in pieces of any size, and calls onEvent(name, data) with each whole event.
 * @returns {(text: string) => void}
 */
export function eventParser(onEvent) {
  let rest = '';
  return (text) => {
    const blocks = (rest + text).replace(/\\r\\n/g, '\\n').split('\\n\\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split('\\n').map((line) => /^(event|data): ?(.*)$/.exec(line) ?? []);
      const values = (name) => fields.filter(([, field]) => field === name).map(([, , value]) => value);
      const data = values('data');
      if (data.length > 0) onEvent(values('event').pop() ?? 'message', JSON.parse(data.join('\\n')));
    }
  };
}

/** Reads the answer to its end. */
export async function readEvents(response, onEvent) {
  const parse = eventParser(onEvent);
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    parse(decoder.decode(value, { stream: true }));
  }
}
`;
