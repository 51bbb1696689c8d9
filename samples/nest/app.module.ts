import { Module } from '@nestjs/common';
import { NetDiagnosticsModule } from 'iroh-net-diagnostics/nest';
import { StatusController } from './status.controller.js';

/** The rest comes from the environment: IROH_SERVICES_API_SECRET, NET_DIAGNOSTICS_NAME and so on. */
@Module({
  imports: [
    NetDiagnosticsModule.forRoot({
      // The page at /net-diagnostics, for a browser on this machine. In production it stays closed until you use
      // `authorize` instead.
      http: { access: 'loopback' },
    }),
  ],
  controllers: [StatusController],
})
export class AppModule {}
