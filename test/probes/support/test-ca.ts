import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A server's key and certificate, PEM. */
export interface Identity {
  key: string;
  cert: string;
}

/** A throwaway certificate authority, made by the openssl program: someone else's X.509. */
export class TestCa {
  private constructor(
    private readonly folder: string,
    readonly cert: string,
  ) {}

  static async create(): Promise<TestCa> {
    const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-ca-'));
    await openssl(folder, [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/O=Throwaway/CN=Test CA'],
    ]);
    return new TestCa(folder, await readFile(join(folder, 'ca.crt'), 'utf8'));
  }

  /** @param days - validity; negative: expired since */
  async issue(name: string, altNames: string, days = 1): Promise<Identity> {
    await openssl(this.folder, [
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`],
      ...['-keyout', `${name}.key`, '-out', `${name}.csr`],
    ]);
    await writeFile(join(this.folder, `${name}.ext`), `subjectAltName=${altNames}\n`);
    await openssl(this.folder, [
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', String(days), '-extfile', `${name}.ext`, '-out', `${name}.crt`],
    ]);
    const read = (kind: string) => readFile(join(this.folder, `${name}.${kind}`), 'utf8');
    return { key: await read('key'), cert: await read('crt') };
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

async function openssl(cwd: string, args: string[]): Promise<void> {
  await run('openssl', args, { cwd });
}
