import { Type } from 'typebox';
import { PLATFORM_VERSION } from '../../version.js';
import { callerOf } from '../doors/index.js';
import { KeyId } from './schemas.js';
import type { Api, ApiContext } from './types.js';

const About = Type.Object(
  {
    id: KeyId,
    version: Type.String(),
    held: Type.Optional(
      Type.Array(KeyId, {
        description: 'The identities that this process holds now, for who may `platform:read`.',
      }),
    ),
  },
  { title: 'Platform' },
);

/** Adds what the platform says of itself. */
export function addPlatform(api: Api, { services, held }: ApiContext): void {
  api.get(
    '/platform',
    {
      config: { needs: 'signed-in' },
      schema: {
        operationId: 'getPlatform',
        summary: 'Which platform this is',
        tags: ['platform'],
        response: { 200: About },
      },
    },
    async (request) => {
      const about = { id: services.id, version: PLATFORM_VERSION };
      return callerOf(request).may('platform:read', null) ? { ...about, held: [...held()] } : about;
    },
  );
}
