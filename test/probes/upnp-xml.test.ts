import { describe, expect, it } from 'vitest';
import { gatewayUrl } from '../../lib/probes/upnp/description.js';
import { allNamed, childText, parseXml } from '../../lib/probes/upnp/xml.js';

describe("the reader of gateways' XML", () => {
  it('reads elements without their prefixes and attributes', () => {
    const root = parseXml(
      `\uFEFF<?xml version="1.0"?>\n<!-- <x> --><s:a xmlns:s="urn:x" b='>"&' ><s:b>one</s:b><b> two <c/></b >
<![CDATA[<raw>&amp;]]></s:a>\r\n\0\0`,
    );
    expect(root).toMatchObject({ name: 'a', text: '<raw>&amp;' });
    expect(allNamed(root, 'b').map(({ text }) => text)).toEqual(['one', 'two']);
    expect(childText(root, 'b')).toBe('one');
    expect(childText(root, 'none')).toBe('');
  });

  it.each([
    ['&amp;&lt;&gt;&quot;&apos;', `&<>"'`],
    ['&#65;&#x1F600;', 'A😀'],
    ['&amp;lt;', '&lt;'],
  ])('resolves %s', (text, expected) => {
    expect(parseXml(`<a>${text}</a>`).text).toBe(expected);
  });

  it.each([
    ['a name', '<!DOCTYPE root>'],
    ['a file', '<?xml version="1.0"?>\n<!DOCTYPE root SYSTEM "http://192.168.1.2/root.dtd">\n'],
    ['a public name', "<!DOCTYPE root PUBLIC '-//x//y' 'http://192.168.1.2/root.dtd'>"],
  ])('passes over a document type that is only named: %s', (_, type) => {
    expect(parseXml(`${type}<root><a>one</a></root>`).children).toHaveLength(1);
  });

  it.each([
    ['nothing', ''],
    ['text only', 'hello'],
    ['text before the root', 'x<a/>'],
    ['text after the root', '<a/>x'],
    ['two roots', '<a/><b/>'],
    ['an open element', '<a><b></b>'],
    ['crossed tags', '<a><b></a></b>'],
    ['tags of other prefixes', '<x:a></y:a>'],
    ['an end without a start', '</a>'],
    ['a document type with a part of its own', '<!DOCTYPE a []><a/>'],
    ['a document type with entities', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['a document type behind the root', '<a/><!DOCTYPE a>'],
    ['a document type inside of the root', '<a><!DOCTYPE a></a>'],
    ['two document types', '<!DOCTYPE a><!DOCTYPE a><a/>'],
    ['an open document type', '<!DOCTYPE a <a/>'],
    ['a definition without a document type', '<!ENTITY b "c"><a/>'],
    ['an entity of its own', '<a>&bomb;</a>'],
    ['an inherited name as entity', '<a>&toString;</a>'],
    ['a bare ampersand', '<a>this & that</a>'],
    ['a reference to nothing', '<a>&#0;</a>'],
    ['a reference beyond Unicode', '<a>&#x110000;</a>'],
    ['an attribute without a value', '<a b></a>'],
    ['an attribute without quotes', '<a b=c></a>'],
    ['an open attribute', '<a b="c></a>'],
    ['an open comment', '<a><!-- </a>'],
    ['an open section', '<a><![CDATA[ </a>'],
    ['an open instruction', '<?xml <a/>'],
    ['a broken tag', '<1/>'],
    ['a tag cut off', '<a'],
  ])('refuses %s', (_, document) => {
    expect(() => parseXml(document)).toThrow(expect.objectContaining({ code: 'BAD_XML' }));
  });

  // 128 KiB took 18 seconds once; each of these takes a few milliseconds.
  it('is quick with what would make others slow', () => {
    const long = 128 * 1024;
    const startedAt = performance.now();
    for (const document of [
      `<a>${'\0'.repeat(long)}</b>`,
      `${'\0'.repeat(long)}<a/>`,
      `<a/>${'\0x'.repeat(long / 2)}`,
      `<!DOCTYPE ${' '.repeat(long)}`,
      `${'<!DOCTYPE a>'.repeat(long / 12)}`,
      `<a>${'<![CDATA['.repeat(long / 9)}`,
      `<a b${' '.repeat(long)}`,
      `<a:${'b'.repeat(long)}:`,
      `${'<a b="c" '.repeat(long / 9)}`,
      `<a ${' '.repeat(long)}`,
      `<a b="${'x'.repeat(long)}`,
      `<a${' b="c"'.repeat(long / 6)}`,
      `<${'a'.repeat(long)}`,
      `<a>${'&'.repeat(long)}</a>`,
      `<a>${'&amp'.repeat(long / 4)}</a>`,
      `<a>${'<!--'.repeat(long / 4)}`,
      '<a>'.repeat(long / 3),
    ]) {
      expect(() => parseXml(document)).toThrow(expect.objectContaining({ code: 'BAD_XML' }));
    }
    expect(performance.now() - startedAt).toBeLessThan(1500);
  });
});

describe("a gateway's URL", () => {
  const base = new URL('http://192.168.1.1:5000/x/root.xml');
  it.each([
    ['http://192.168.1.1:5000/root.xml', 'http://192.168.1.1:5000/root.xml'],
    ['HTTP://192.168.1.1/a?b#c', 'http://192.168.1.1/a?b'],
    ['/ctl', 'http://192.168.1.1:5000/ctl'],
    ['ctl', 'http://192.168.1.1:5000/x/ctl'],
    ['//192.168.1.2/ctl', null],
    ['http://192.168.1.2:5000/', null],
    ['http://192.168.1.1.example/', null],
    ['http://192.168.1.1@example/', null],
    ['http://user@192.168.1.1/', null],
    ['http://192.168.1.1:0/', null],
    ['https://192.168.1.1/', null],
    ['ftp://192.168.1.1/', null],
    ['', null],
  ])('%s: %s', (text, expected) => {
    expect(gatewayUrl(text, '192.168.1.1', base)?.href ?? null).toBe(expected);
  });

  it('needs a whole one where there is no base', () => {
    expect(gatewayUrl('/ctl', '192.168.1.1')).toBeNull();
  });
});
