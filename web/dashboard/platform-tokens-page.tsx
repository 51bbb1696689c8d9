import { PERMISSION_WORDS } from '../words/access.js';
import type { Permission, TokenJson } from './answers.js';
import { inPlatform } from './api.js';
import { Frame, Heading, type PageProps } from './frame.js';
import { Tokens } from './tokens.js';
import { useList } from './use-list.js';

const PATH = inPlatform('tokens');

/** The API tokens of the whole platform. */
export function PlatformTokensPage(props: PageProps) {
  const list = useList<TokenJson>(PATH);
  const mayWrite = props.me?.may('platform:write', '') === true;
  return (
    <Frame
      {...props}
      section="tokens"
      connection={list}
      of={list.items}
      heading={
        <Heading title="API tokens">
          A program that holds one of these uses the HTTP API of all projects, as far as the token allows.
          Give it a token of one project where that is enough.
        </Heading>
      }
    >
      <Tokens
        list={list}
        path={PATH}
        offered={mayWrite ? (Object.keys(PERMISSION_WORDS) as Permission[]) : []}
        mayBeEndless
        example={inPlatform('platform')}
      />
    </Frame>
  );
}
