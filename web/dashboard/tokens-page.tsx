import type { TokenJson } from './answers.js';
import { inProject } from './api.js';
import { Frame, Heading, type PageProps } from './frame.js';
import { Tokens } from './tokens.js';
import { useList } from './use-list.js';

/** The API tokens of a project. */
export function TokensPage(props: PageProps) {
  const { me, project } = props;
  const path = inProject('tokens');
  const list = useList<TokenJson>(path);
  const mayWrite = me?.may('tokens:write', project) === true;
  return (
    <Frame
      {...props}
      section="tokens"
      connection={list}
      of={list.items}
      heading={
        <Heading title="API tokens">
          A program that holds one uses the HTTP API of this project, as far as the token allows. Apps that
          report to the platform need an API secret instead.
        </Heading>
      }
    >
      <Tokens
        list={list}
        path={path}
        offered={mayWrite ? (me.project(project)?.permissions ?? []) : []}
        mayBeEndless={me?.answer.isAdministrator === true}
        example={inProject('endpoints')}
      />
    </Frame>
  );
}
