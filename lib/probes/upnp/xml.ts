import { MAX_XML_DEPTH, MAX_XML_ELEMENTS } from './constants.js';
import { UpnpError } from './upnp-error.js';

/*
 * A reader for the documents of gateways, our own for the sake of what it leaves out: a document type may be named,
 * but defines nothing and is never loaded, hence no entities but XML's five; no namespaces but cutting prefixes off,
 * no attributes, no recovery. One pass over a bounded text, without backtracking; elements and depth are counted.
 */

/** An element. Prefixes are cut off, attributes are not kept. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** Its own text, trimmed. */
  readonly text: string;
}

interface OpenElement {
  /** With its prefix. */
  tag: string;
  name: string;
  children: XmlElement[];
  text: string;
}

const NAME = String.raw`[A-Za-z_][\w.\-]*(?::[A-Za-z_][\w.\-]*)?`;
const START = new RegExp(`<(${NAME})`, 'y');
const ATTRIBUTE = new RegExp(String.raw`\s+${NAME}\s*=\s*(?:"[^"<]*"|'[^'<]*')`, 'y');
const START_END = /\s*(\/?)>/y;
const END = new RegExp(String.raw`</(${NAME})\s*>`, 'y');
const REFERENCE = /&(?:#x([\da-f]{1,6})|#(\d{1,7})|([a-z]{1,4}));|&/gi;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** @throws UpnpError `BAD_XML` */
export function parseXml(document: string): XmlElement {
  return new Reader(document).read();
}

/** The text of the first child of that name; empty when there is none. */
export function childText({ children }: XmlElement, name: string): string {
  return children.find((child) => child.name === name)?.text ?? '';
}

/** The element itself and all below it that have that name, in the document's order. */
export function allNamed(element: XmlElement, name: string): XmlElement[] {
  const below = element.children.flatMap((child) => allNamed(child, name));
  return element.name === name ? [element, ...below] : below;
}

class Reader {
  readonly #document: string;
  readonly #open: OpenElement[] = [];
  #at = 0;
  #elements = 0;
  #hasType = false;
  #root: XmlElement | null = null;

  constructor(document: string) {
    this.#document = withoutEnds(document);
  }

  read(): XmlElement {
    while (this.#at < this.#document.length) this.#step();
    if (this.#root === null || this.#open.length > 0) throw bad('it ends too early');
    return this.#root;
  }

  #step(): void {
    const rest = (start: string) => this.#document.startsWith(start, this.#at);
    if (!rest('<')) this.#addText(resolveReferences(this.#upTo('<')));
    else if (rest('<!--')) this.#skip('<!--', '-->');
    else if (rest('<![CDATA[')) this.#addText(this.#skip('<![CDATA[', ']]>'));
    else if (rest('<?')) this.#skip('<?', '?>');
    else if (rest('<!')) this.#documentType();
    else if (rest('</')) this.#close();
    else this.#start();
  }

  #upTo(mark: string): string {
    const end = this.#document.indexOf(mark, this.#at);
    const text = this.#document.slice(this.#at, end === -1 ? undefined : end);
    this.#at += text.length;
    return text;
  }

  #skip(from: string, to: string): string {
    this.#at += from.length;
    const text = this.#upTo(to);
    if (this.#at >= this.#document.length) throw bad(`it lacks a '${to}'`);
    this.#at += to.length;
    return text;
  }

  // Some firmware has a document type. One with brackets would define entities, which no gateway needs.
  #documentType(): void {
    const text = this.#skip('<!', '>');
    const isNamed = /^DOCTYPE\s/.test(text) && !text.includes('[');
    const isFirst = this.#root === null && this.#open.length === 0 && !this.#hasType;
    if (!isNamed || !isFirst) throw bad('it defines a document type, or has one in the wrong place');
    this.#hasType = true;
  }

  #addText(text: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += text;
    else if (text.trim() !== '') throw bad('it has text outside of its root');
  }

  #start(): void {
    const tag = this.#take(START)?.[1];
    if (tag === undefined) throw bad('it has a broken tag');
    while (this.#take(ATTRIBUTE) !== null);
    const end = this.#take(START_END);
    if (end === null) throw bad('it has a broken tag');
    this.#elements += 1;
    const tooMuch = this.#elements > MAX_XML_ELEMENTS || this.#open.length >= MAX_XML_DEPTH;
    if (tooMuch) throw bad('it has too many elements');
    if (this.#root !== null && this.#open.length === 0) throw bad('it has two roots');
    this.#open.push({ tag, name: tag.slice(tag.indexOf(':') + 1), children: [], text: '' });
    if (end[1] === '/') this.#finish();
  }

  #close(): void {
    const tag = this.#take(END)?.[1];
    if (tag === undefined || tag !== this.#open.at(-1)?.tag) throw bad('its tags do not match');
    this.#finish();
  }

  #finish(): void {
    const done = this.#open.pop();
    if (done === undefined) return;
    const element = { name: done.name, children: done.children, text: done.text.trim() };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
  }

  #take(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.#document);
    if (match !== null) this.#at = sticky.lastIndex;
    return match;
  }
}

/**
 * Removes a byte order mark, and zero bytes at the end, which some firmware sends (the end of a C string). A loop,
 * since a regular expression would read a run of zeros again from each of its bytes.
 */
function withoutEnds(document: string): string {
  let end = document.length;
  while (end > 0 && document.charCodeAt(end - 1) === 0) end -= 1;
  return document.slice(document.startsWith('\uFEFF') ? 1 : 0, end);
}

function resolveReferences(text: string): string {
  return text.replace(REFERENCE, (_, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined && Object.hasOwn(ENTITIES, name)) return ENTITIES[name] ?? '';
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    if (!(code >= 1 && code <= 0x10ffff)) throw bad('it refers to an unknown entity');
    return String.fromCodePoint(code);
  });
}

function bad(why: string): UpnpError {
  return new UpnpError('BAD_XML', `not a document of this reader's kind: ${why}`);
}
