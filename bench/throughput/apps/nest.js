import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { NetDiagnosticsModule, NetDiagnosticsService } from 'iroh-net-diagnostics/nest';

class HelloController {
  hello() {
    return { hello: 'world' };
  }
}
// What decorators do, without their syntax: Node runs this file as it is.
Controller()(HelloController);
Get('hello')(
  HelloController.prototype,
  'hello',
  Object.getOwnPropertyDescriptor(HelloController.prototype, 'hello'),
);

class AppModule {}

export async function start(isMounted) {
  const options = { logger: false, http: { access: 'loopback' } };
  const imports = isMounted ? [NetDiagnosticsModule.forRoot(options)] : [];
  Module({ imports, controllers: [HelloController] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  const diagnostics = isMounted ? app.get(NetDiagnosticsService) : null;
  return { port: app.getHttpServer().address().port, diagnostics };
}
