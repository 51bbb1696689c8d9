import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { hasCode, Semaphore } from 'iroh-net-diagnostics/services';
import { PeopleError } from './errors.js';
import { nameKeyOf } from './names.js';

const LENGTH = { min: 10, max: 200 } as const;
/** 32 MiB of memory, three times over: about a fifth of a second of one core. */
const COST = { ln: 15, r: 8, p: 3 } as const;
/** What a row may ask for at most: it may come from a file. */
const MAX_COST = { ln: 17, r: 8, p: 8 } as const;
const [SALT_BYTES, KEY_BYTES] = [16, 32];
/** At once, of the four threads that Node has for such work, and in line: some ten seconds of it. */
const [AT_ONCE, IN_LINE] = [2, 50];

/** Those that everybody tries first, of ten characters or more; without the signs, in lower case. */
const OBVIOUS = [
  ...[
    'password',
    'passwort',
    'passw0rd',
    'letmein',
    'welcome',
    'administrator',
    'changeme',
    'qwertyuiop',
    'qwertzuiop',
  ],
  ...[
    'iloveyou',
    'trustno',
    'secret',
    'correcthorsebatterystaple',
    'netdiagnostics',
    'irohnetdiagnostics',
    'asdfghjkl',
  ],
];
const ROWS = ['01234567890', '09876543210', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiopasdfghjklzxcvbnm'];

/**
 * A new password, as far as it can be told that it is a bad one.
 * @param names - what everybody knows of who chooses it
 * @throws PeopleError `invalid`
 */
export function assertGoodPassword(password: string, names: readonly (string | null)[]): void {
  const refuse = (why: string): never => {
    throw new PeopleError('invalid', `A password ${why}.`, 'password');
  };
  // Counted before it is taken apart: it may have megabytes.
  if (password.length > 2 * LENGTH.max) refuse(`has at most ${LENGTH.max} characters`);
  const characters = [...password.normalize('NFC')];
  if (characters.length < LENGTH.min) refuse(`has at least ${LENGTH.min} characters`);
  if (characters.length > LENGTH.max) refuse(`has at most ${LENGTH.max} characters`);
  const letters = lettersOf(password);
  const signs = nameKeyOf(password).replace(/[^\p{L}\p{N}]/gu, '');
  if (new Set(characters).size < 5) refuse('has at least five different characters');
  if (signs.length > 4 && ROWS.some((row) => row.repeat(2).includes(signs))) refuse('is not a row of keys');
  if (OBVIOUS.some((word) => letters === word || signs === word))
    refuse('is not one that everybody tries first');
  const own = names.flatMap((name) => (name === null ? [] : [name, name.split('@')[0] ?? '']));
  if (letters !== '' && own.some((name) => lettersOf(name) === letters))
    refuse('is not the name of who has it');
}

function lettersOf(text: string): string {
  return nameKeyOf(text).replace(/[^\p{L}]/gu, '');
}

/** Hashes passwords, and holds some against their hashes, two at a time. */
export class Passwords {
  readonly #places = new Semaphore(AT_ONCE, { maxWaiting: IN_LINE });
  /** Held against when there is nothing else, so that it takes as long. */
  readonly #nobodys =
    `${head(COST)}${randomBytes(SALT_BYTES).toString('base64url')}$${randomBytes(KEY_BYTES).toString('base64url')}`;

  /** @returns a text with the hash, its salt and its cost @throws PeopleError `busy` */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const key = await this.#derive(password, { ...COST, salt });
    return `${head(COST)}${salt.toString('base64url')}$${key.toString('base64url')}`;
  }

  /**
   * Whether it is the password of that hash. For `null` it is not, and that takes as long.
   * @throws PeopleError `busy`
   */
  async matches(password: string, hash: string | null): Promise<boolean> {
    const known = hash === null ? null : parsed(hash);
    const against = known ?? parsed(this.#nobodys);
    if (against === null) return false;
    // Nobody has such a one; it is not hashed whole, but as long as another.
    const text = password.length > 2 * LENGTH.max ? '' : password;
    const isSame = timingSafeEqual(await this.#derive(text, against), against.key);
    return isSame && known !== null && text === password;
  }

  async #derive(password: string, { ln, r, p, salt }: Derivation): Promise<Buffer> {
    const leave = await this.#places.take().catch((error: unknown) => {
      if (!hasCode(error, 'ERR_STATE')) throw error;
      throw new PeopleError('busy', 'Too many passwords are being checked now: try again in some seconds.');
    });
    try {
      return await new Promise((resolve, reject) => {
        const N = 2 ** ln;
        const options = { N, r, p, maxmem: 128 * r * (N + p + 2) };
        scrypt(password.normalize('NFC'), salt, KEY_BYTES, options, (error, key) => {
          if (error === null) resolve(key);
          else reject(error);
        });
      });
    } finally {
      leave();
    }
  }
}

interface Derivation {
  ln: number;
  r: number;
  p: number;
  salt: Buffer;
}

function head({ ln, r, p }: Omit<Derivation, 'salt'>): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$`;
}

const FORM = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/;

/** @returns `null` for what is no hash of ours, or would cost too much */
function parsed(hash: string): (Derivation & { key: Buffer }) | null {
  const [, ln, r, p, salt = '', key = ''] = FORM.exec(hash) ?? [];
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  const isAffordable = cost.ln >= 1 && cost.r >= 1 && cost.p >= 1;
  if (!isAffordable || cost.ln > MAX_COST.ln || cost.r > MAX_COST.r || cost.p > MAX_COST.p) return null;
  return { ...cost, salt: Buffer.from(salt, 'base64url'), key: Buffer.from(key, 'base64url') };
}
