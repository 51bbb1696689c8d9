import { Controller, Get } from '@nestjs/common';
import type { Status } from 'iroh-net-diagnostics';
import { NetDiagnosticsService } from 'iroh-net-diagnostics/nest';

/** Shows how the diagnostics are. It names the endpoint and its platform: in an app of your own, put a guard before it. */
@Controller()
export class StatusController {
  constructor(private readonly diagnostics: NetDiagnosticsService) {}

  @Get()
  status(): Status {
    return this.diagnostics.status();
  }
}
