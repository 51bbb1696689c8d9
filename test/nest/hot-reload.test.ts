import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it } from 'vitest';
import { NetDiagnosticsModule } from '../../integrations/nest/index.js';
import { LOCAL, Stage } from '../net-diagnostics/stage.js';

const stage = new Stage();
afterEach(() => stage.clear());

const ROUNDS = 5;

describe('a hot reload of a Nest app while its platform is away', () => {
  it('finds the port free, though nobody waits for the end of the app before', async () => {
    const { endpoint, apiSecret } = await stage.absentPlatform();
    // A port where nobody is: an endpoint that dials it takes three seconds to close.
    await endpoint.close();
    const options = { ...LOCAL, apiSecret, logger: false as const };
    const boot = async (port: number): Promise<INestApplication> => {
      const root = {
        module: class AppModule {},
        imports: [NetDiagnosticsModule.forRoot(options)],
      };
      const app = await NestFactory.create(root as unknown as Type, { logger: false, abortOnError: false });
      await app.listen(port, '127.0.0.1');
      return app;
    };
    let app = await boot(0);
    const port = Number(new URL(await app.getUrl()).port);
    const closing: Promise<void>[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      // As `module.hot.dispose(() => app.close())` does.
      closing.push(app.close());
      app = await boot(port);
    }
    closing.push(app.close());
    expect(await Promise.all(closing)).toHaveLength(ROUNDS + 1);
  });
});
