import { Type } from 'typebox';
import { callerOf } from '../doors/index.js';
import { idIn } from '../id-in.js';
import { InProject, KeyId, SHOULD } from './schemas.js';
import type { Api, ApiContext } from './types.js';

const DESCRIPTION = `A stream of server-sent events, until the caller leaves or may no longer read it. It tells that something
changed; what, the caller asks for anew.

| event | data |
|---|---|
| \`changed\` | \`{ endpointIds }\`: these endpoints |
| \`many\` | \`{}\`: more endpoints than are worth naming |
| \`run\` | a \`RunProgress\` with \`runId\`: how far a run is |
| \`secrets\` | \`{}\`: the API secrets |
| \`gap\` | \`{}\`: anything may have changed, since changes may have been missed |

An idle stream has a comment every 15 seconds.`;

/** Adds the live updates of a project. */
export function addEvents(api: Api, { live }: ApiContext): void {
  api.get(
    '/projects/:project/events',
    {
      config: { needs: 'fleet:read' },
      schema: {
        operationId: 'followEvents',
        summary: 'What changes, as it changes',
        description: DESCRIPTION,
        tags: ['events'],
        params: InProject,
        querystring: Type.Object(
          {
            endpoint: Type.Optional({
              ...KeyId,
              [SHOULD]: 'the id of an endpoint',
              description: 'Only of this one.',
            }),
          },
          { additionalProperties: false },
        ),
        response: {
          200: { description: 'The stream.', content: { 'text/event-stream': { schema: Type.String() } } },
        },
      },
    },
    (request, reply) => {
      const { project } = request.params;
      const { endpoint } = request.query;
      const should = 'endpoint has to be the id of an endpoint.';
      const about = endpoint === undefined ? null : idIn(endpoint, 400, should);
      // Of a head alone there would be nothing to read, and no end.
      if (request.method === 'HEAD') void reply.type('text/event-stream; charset=utf-8').send('');
      else live.open(reply, callerOf(request), project, about);
    },
  );
}
