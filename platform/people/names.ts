/** How users, projects and tokens may be called. */
import { printable } from 'iroh-net-diagnostics/services';
import { PeopleError } from './errors.js';

const MAX_NAME = 60;
/** A sign of Arabic stands for eighteen letters; lists of users go on from such a key. */
const MAX_NAME_KEY = 240;
const MAX_EMAIL = 254;
const MAX_LABEL = 60;

/**
 * One name, one writing system: an `а` of Cyrillic between letters of Latin looks like theirs. First those whose letters stand
 * beside each other in one name, then each of the others in which people write today (Unicode's recommended scripts).
 */
const SPELLINGS = [
  /^[0-9 ._+'()\-\p{scx=Latin}\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Bopomofo}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Arabic}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Armenian}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Bengali}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Cyrillic}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Devanagari}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Ethiopic}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Georgian}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Greek}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Gujarati}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Gurmukhi}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Hebrew}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Kannada}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Khmer}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Lao}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Malayalam}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Myanmar}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Oriya}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Sinhala}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Tamil}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Telugu}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Thaana}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Thai}]+$/u,
  /^[0-9 ._+'()\-\p{scx=Tibetan}]+$/u,
];
/** Signs of no writing system of its own: emoji, mathematics, arrows. Marks on letters are none such. */
const SIGNS = /(?!\+)[\p{S}\p{C}\p{Zl}\p{Zp}]/u;
/** Not those that end a line. */
const SPACES = /[\t\p{Zs}]+/gu;
const HAS_LETTER = /[\p{L}0-9]/u;

/**
 * A user's name as it is kept: with single spaces, its letters in their composed form.
 * @throws PeopleError `invalid`
 */
export function userName(given: string): string {
  const name = given
    .slice(0, 4 * MAX_NAME)
    .normalize('NFC')
    .replace(SPACES, ' ')
    .replace(/^ | $/g, '');
  const fault =
    name === ''
      ? 'is missing'
      : given.length > 4 * MAX_NAME || [...name].length > MAX_NAME || nameKeyOf(name).length > MAX_NAME_KEY
        ? `has more than ${MAX_NAME} characters`
        : !SPELLINGS.some((spelling) => spelling.test(name)) || SIGNS.test(name) || !HAS_LETTER.test(name)
          ? "has letters of one writing system, digits and . _ - + ' ( ), and nothing else"
          : null;
  if (fault !== null) throw new PeopleError('invalid', `A user's name ${fault}.`, 'name');
  return name;
}

/** What two names have in common that count as the same: case, width and composed forms do not matter. */
export function nameKeyOf(name: string): string {
  // To lower case first: the capital ẞ has no upper case, and its lower case has one.
  const folded = name.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
  return folded.replace(SPACES, ' ').trim();
}

/**
 * An e-mail address as it is kept. ASCII only, so that no letter of another alphabet makes it look like, or be folded to,
 * somebody else's.
 * @throws PeopleError `invalid`
 */
export function emailAddress(given: string): string {
  const email = given.slice(0, 2 * MAX_EMAIL).trim();
  if (email.length <= MAX_EMAIL && /^[!-?A-~]{1,64}@[0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?$/.test(email))
    return email;
  throw new PeopleError(
    'invalid',
    'An e-mail address has the form name@host, in letters without accents.',
    'email',
  );
}

/** Providers of e-mail tell no upper case from lower case. */
export function emailKeyOf(email: string): string {
  return email.trim().toLowerCase();
}

/** A project's id. @throws PeopleError `invalid` */
export function projectId(given: string): string {
  if (/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(given)) return given;
  throw new PeopleError(
    'invalid',
    "A project's id has 1 to 40 lower-case letters, digits and hyphens, and no hyphen at its ends.",
    'id',
  );
}

/** A project's name, or a token's label. @throws PeopleError `invalid` */
export function label(what: string, given: string, field: string): string {
  const text = given.slice(0, 4 * MAX_LABEL).trim();
  if (text === '') throw new PeopleError('invalid', `${what} is missing.`, field);
  if (text.length > MAX_LABEL)
    throw new PeopleError('invalid', `${what} has at most ${MAX_LABEL} characters.`, field);
  return printable(text, MAX_LABEL);
}
