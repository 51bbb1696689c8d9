import type { FastifyReply } from 'fastify';

/** Sends a page. */
export function html(reply: FastifyReply, body: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(body);
}

/** Escapes a text for the inside of an element or of a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Replaces names, such as `{{message}}`, by their texts. What is between `{{#message}}` and `{{/message}}` is left out where
 * the text is empty. @throws Error when the template names a text that is missing
 */
export function fill(template: string, texts: Readonly<Record<string, string>>): string {
  const textOf = (name: string) => {
    const text = Object.hasOwn(texts, name) ? texts[name] : undefined;
    if (text === undefined) throw new Error(`A page wants ${name}`);
    return text;
  };
  return template
    .replace(/\{\{#(\w+)\}\}(.*?)\{\{\/\1\}\}/gs, (_, name: string, part: string) =>
      textOf(name) === '' ? '' : part,
    )
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => escapeHtml(textOf(name)));
}
