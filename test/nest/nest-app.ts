import 'reflect-metadata';
import type { DynamicModule, INestApplication, LoggerService, ModuleMetadata, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** Both of Nest's HTTP platforms; every test runs on each. */
export const PLATFORMS = ['express', 'fastify'] as const;

/** Nest's logger as an app replaces it. */
export class Lines implements LoggerService {
  readonly all: string[] = [];
  log = (message: unknown, context?: unknown) => this.#keep('log', message, context);
  warn = (message: unknown, context?: unknown) => this.#keep('warn', message, context);
  error = (message: unknown, context?: unknown) => this.#keep('error', message, context);
  debug = (message: unknown, context?: unknown) => this.#keep('debug', message, context);

  /** The lines of our module. */
  get ours(): string[] {
    return this.all.filter((line) => line.includes('[NetDiagnostics]'));
  }

  #keep(level: string, message: unknown, context: unknown): void {
    this.all.push(`${level} [${String(context)}] ${String(message)}`);
  }
}

const apps: INestApplication[] = [];

/** Builds an app around `metadata`; `closeApps` in an `afterEach`. */
export async function createApp(
  platform: (typeof PLATFORMS)[number],
  metadata: ModuleMetadata,
  logger: Lines | false = false,
): Promise<INestApplication> {
  class AppModule {}
  const root: DynamicModule = { module: AppModule, ...metadata };
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create(root as unknown as Type, adapter, { logger, abortOnError: false });
  apps.push(app);
  return app;
}

export async function closeApps(): Promise<void> {
  await Promise.all(apps.splice(0).map((app) => app.close()));
}
