// Runs inside a lab's namespace as a program of its own: the self-hosted platform, with what one needs to use it.
import { Platform } from '../../../platform/index.js';

/** What the program is told, as JSON. */
export interface PlatformHere {
  /** Address of the Internet that its endpoint listens on; the dashboard is on loopback. */
  address: string;
}

/** What it says when it is ready, as JSON. */
export interface PlatformReady {
  dashboardUrl: string;
  apiSecret: string;
}

const { address } = JSON.parse(process.argv[2] ?? '') as PlatformHere;
const platform = await Platform.start({
  dataDir: ':memory:',
  bindAddrs: [{ ip: address, port: 0 }],
  dashboard: { unsafeWithoutLogin: true },
});
const apiSecret = (await platform.createApiSecret('the shop')).reveal();
console.log(JSON.stringify({ dashboardUrl: platform.dashboardUrl, apiSecret }));
