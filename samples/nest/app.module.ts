import { Module } from '@nestjs/common';
import { NetDiagnosticsModule } from 'iroh-net-diagnostics/nest';
import { StatusController } from './status.controller.js';

/** Everything comes from the environment: IROH_SERVICES_API_SECRET, NET_DIAGNOSTICS_NAME and so on. */
@Module({
  imports: [NetDiagnosticsModule.forRoot()],
  controllers: [StatusController],
})
export class AppModule {}
