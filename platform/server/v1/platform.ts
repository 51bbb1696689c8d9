import { Type } from 'typebox';
import { PLATFORM_VERSION } from '../../version.js';
import { KeyId } from './schemas.js';
import type { Api, ApiContext } from './types.js';

const About = Type.Object(
  {
    id: KeyId,
    version: Type.String(),
    held: Type.Array(KeyId, { description: 'The identities that this process holds now.' }),
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
    async () => ({ id: services.id, version: PLATFORM_VERSION, held: [...held()] }),
  );
}
