import { Controller, Get } from '@nestjs/common';
import { NetDiagnosticsService } from 'iroh-net-diagnostics/nest';

/** How the diagnostics are. All of `status()` names the endpoint and its platform: that is for your operators, behind a guard. */
@Controller()
export class StatusController {
  constructor(private readonly diagnostics: NetDiagnosticsService) {}

  @Get()
  status() {
    const { state, reason, grant } = this.diagnostics.status();
    return { state, reason, grant: grant.state };
  }
}
