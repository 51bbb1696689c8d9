// What somebody else's UPnP client, the package nat-upnp, makes of the gateway: one line of JSON. It knows IGD
// version 1 only. Plain JavaScript, run as it is: bundlers cannot read the package (a variable is named `interface`).
//
//   { externalIp: string | null, mapped: boolean, unmapped: boolean, error?: string }
//
// mapped: a mapping that it asked for stood in the gateway's list; unmapped: and no more when it was taken back.
import { promisify } from 'node:util';
import natUpnp from 'nat-upnp';

const PORT = 40_404;
const MAPPING = { public: PORT, private: PORT, protocol: 'udp', ttl: 120 };
/** The package calls nothing back when the gateway's HTTP is dead. */
const LIMIT_MS = 5000;

const opinion = { externalIp: null, mapped: false, unmapped: false };

function say(error) {
  console.log(JSON.stringify({ ...opinion, error }));
  process.exit(0);
}

async function ask() {
  const client = natUpnp.createClient();
  const call = (method, ...args) => promisify(client[method].bind(client))(...args);
  const isListed = async () => {
    const mappings = await call('getMappings', { local: true });
    return mappings.some((mapping) => mapping.public.port === PORT && mapping.protocol === 'udp');
  };
  opinion.externalIp = await call('externalIp');
  await call('portMapping', MAPPING);
  opinion.mapped = await isListed();
  await call('portUnmapping', MAPPING);
  opinion.unmapped = !(await isListed());
}

setTimeout(() => say(`no end in ${LIMIT_MS} ms`), LIMIT_MS);
ask().then(
  () => say(),
  (error) => say(String(error)),
);
