import { Injectable, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { NetDiagnosticsModule, NetDiagnosticsService } from '../../integrations/nest/index.js';
import { CLIENT_HOST_ALPN } from '../../lib/index.js';
import {
  adoptConnection,
  call,
  type NativeEndpoint,
  readRequest,
  respond,
} from '../../lib/transport/index.js';
import { addressOf, bindNative, dialBack, Stage } from '../net-diagnostics/stage.js';
import { closeApps, createApp, PLATFORMS } from './nest-app.js';

const CHAT = 'chat/1';
const ALPNS = [CHAT, CLIENT_HOST_ALPN];

const stage = new Stage();
afterEach(async () => {
  await closeApps();
  await stage.clear();
});

/** Owns the endpoint, as an app with a protocol of its own does. */
@Injectable()
class EndpointProvider implements OnModuleDestroy {
  readonly endpoint: Promise<NativeEndpoint> = bindNative(ALPNS);
  /** Whether the endpoint was still open when the diagnostics had stopped. */
  wasOpenAtTheEnd: boolean | undefined;

  async onModuleDestroy(): Promise<void> {
    const endpoint = await this.endpoint;
    this.wasOpenAtTheEnd = !endpoint.isClosed();
    await endpoint.close();
  }
}

@Module({ providers: [EndpointProvider], exports: [EndpointProvider] })
class EndpointModule {}

/** The app's own accept loop. */
@Injectable()
class AcceptLoop implements OnApplicationBootstrap {
  constructor(
    private readonly provider: EndpointProvider,
    private readonly diagnostics: NetDiagnosticsService,
  ) {}

  onApplicationBootstrap(): void {
    void this.run();
  }

  private async run(): Promise<void> {
    const endpoint = await this.provider.endpoint;
    for (let attempt = await endpoint.acceptNext(); attempt !== null; attempt = await endpoint.acceptNext()) {
      this.serve(attempt).catch(() => {});
    }
  }

  private async serve(
    attempt: NonNullable<Awaited<ReturnType<NativeEndpoint['acceptNext']>>>,
  ): Promise<void> {
    const native = await (await attempt.accept()).connect();
    if (Buffer.from(native.alpn()).toString() === CLIENT_HOST_ALPN) return this.diagnostics.accept(native);
    const connection = adoptConnection(native);
    const stream = await connection.acceptStream();
    await respond(stream, await readRequest(stream));
  }
}

describe.each(PLATFORMS)('a Nest app on %s with an endpoint of its own', (platform) => {
  it('serves both protocols, and stop() leaves the endpoint to its owner', async () => {
    const irohServices = await stage.platform();
    const app = await createApp(platform, {
      imports: [
        EndpointModule,
        NetDiagnosticsModule.forRootAsync({
          imports: [EndpointModule],
          inject: [EndpointProvider],
          useFactory: ({ endpoint }: EndpointProvider) => ({
            apiSecret: irohServices.apiSecret.reveal(),
            endpoint,
            acceptLoop: 'own' as const,
            alpns: ALPNS,
            metrics: 0,
            logger: false as const,
          }),
        }),
      ],
      providers: [AcceptLoop],
    });
    await app.listen(0, '127.0.0.1');
    const diagnostics = app.get(NetDiagnosticsService);
    const provider = app.get(EndpointProvider);
    const address = addressOf(await provider.endpoint);
    expect(await diagnostics.ready({ timeoutMs: 10_000 })).toMatchObject({
      state: 'online',
      endpointId: address.id,
      grant: { state: 'granted' },
    });

    const chat = await irohServices.endpoint.connect(address, CHAT);
    expect(await call(chat, Uint8Array.of(1, 2))).toEqual(Uint8Array.of(1, 2));
    expect(await dialBack(irohServices, address)).toMatchObject({
      ok: true,
      value: { endpointId: address.id },
    });
    chat.close(0);

    await app.close();
    expect(diagnostics.status().state).toBe('stopped');
    expect(provider.wasOpenAtTheEnd).toBe(true);
  });
});
