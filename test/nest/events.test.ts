import { Injectable } from '@nestjs/common';
import { EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NetDiagnosticsModule, NetDiagnosticsService } from '../../integrations/nest/index.js';
import type { NetDiagnosticsEvent } from '../../lib/index.js';
import { TestPlatform } from '../../lib/testing/index.js';
import { until } from '../support/fake-time.js';
import { closeApps, createApp } from './nest-app.js';

let irohServices: TestPlatform;
beforeAll(async () => {
  irohServices = await TestPlatform.start();
});
afterAll(() => irohServices.stop());
afterEach(closeApps);

const heard: string[] = [];

@Injectable()
class Listener {
  @OnEvent('net-diagnostics.state')
  @OnEvent('net-diagnostics.grant')
  @OnEvent('net-diagnostics.dial-back')
  @OnEvent('net-diagnostics.report')
  hear(event: NetDiagnosticsEvent, instance: string | undefined): void {
    heard.push(`${event.type} of ${instance ?? 'the one'}`);
  }
}

describe('events of the Nest module', () => {
  it.each([undefined, 'edge'])(
    'reach all who listen, and none hinders another (instance: %s)',
    async (instance) => {
      heard.length = 0;
      const told: string[] = [];
      const app = await createApp('express', {
        imports: [
          EventEmitterModule.forRoot(),
          NetDiagnosticsModule.forRoot({
            ...irohServices.options({
              logger: false,
              onEvent: (event) => {
                told.push(event.type);
                throw new Error("a fault of the app's own");
              },
            }),
            instance,
          }),
        ],
        providers: [Listener],
      });
      const service = app.get<NetDiagnosticsService>(tokenOf(instance));
      const streamed: string[] = [];
      let isComplete = false;
      service.events$.subscribe({
        next: (event) => streamed.push(event.type),
        complete: () => {
          isComplete = true;
        },
      });
      await app.init();
      await service.ready({ timeoutMs: 10_000 });
      await irohServices.dialBack({ app: service });
      await until(() => told.includes('dial-back'));
      await app.close();
      expect(isComplete).toBe(true);
      expect(told).toEqual(expect.arrayContaining(['state', 'grant', 'dial-back', 'report']));
      expect(streamed).toEqual(told);
      expect(heard).toEqual(told.map((type) => `${type} of ${instance ?? 'the one'}`));
    },
  );

  it('tell listeners also what happens while the app boots, wherever the module stands', async () => {
    const diagnostics = NetDiagnosticsModule.forRoot({ apiSecret: null, logger: false });
    for (const imports of [
      [diagnostics, EventEmitterModule.forRoot()],
      [EventEmitterModule.forRoot(), diagnostics],
    ]) {
      heard.length = 0;
      const app = await createApp('express', { imports, providers: [Listener] });
      await app.init();
      await app.close();
      expect(heard).toEqual(['state of the one', 'state of the one']);
    }
  });

  it('need no event emitter', async () => {
    const app = await createApp('express', {
      imports: [NetDiagnosticsModule.forRoot({ apiSecret: null, logger: false })],
    });
    const states: string[] = [];
    app.get(NetDiagnosticsService).events$.subscribe((event) => {
      if (event.type === 'state') states.push(event.status.state);
    });
    await app.init();
    await app.close();
    expect(states).toEqual(['disabled', 'stopped']);
  });
});

function tokenOf(instance: string | undefined): symbol {
  return Symbol.for(`iroh-net-diagnostics:service${instance === undefined ? '' : `:${instance}`}`);
}
