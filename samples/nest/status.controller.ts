import { Controller, Get } from '@nestjs/common';
import { NetDiagnosticsService } from 'iroh-net-diagnostics/nest';

/**
 * Shows how the diagnostics are. The whole `status()` names the endpoint and its platform: show it only to your
 * operators, behind a guard.
 */
@Controller()
export class StatusController {
  constructor(private readonly diagnostics: NetDiagnosticsService) {}

  @Get()
  status() {
    const { state, reason, grant } = this.diagnostics.status();
    return { state, reason, grant: grant.state };
  }
}
