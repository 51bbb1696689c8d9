import type { Case, CaseOutcome } from './case.js';

/** A family of topologies with its heading. */
export interface Chapter {
  title: string;
  cases: readonly Case[];
}

const INTRODUCTION = `# What the report says in which network

Made by the tests in \`test/lab/\` (\`npm test -- test/lab -u\`), which build each of these networks out of real NATs, firewalls, relays,
STUN servers and gateways, and hold the report against what is true there. The sentence is what a user sees. *A pair* is what two real iroh
endpoints then do, one in this network and one behind an ordinary home router: a direct path, a relayed one, or not online at all.
`;

/** The page for users: for each topology what the report says. */
export function verdictsPage(
  chapters: readonly Chapter[],
  results: ReadonlyMap<string, CaseOutcome>,
): string {
  return [INTRODUCTION, ...chapters.map((chapter) => chapterText(chapter, results))].join('\n');
}

function chapterText({ title, cases }: Chapter, results: ReadonlyMap<string, CaseOutcome>): string {
  const rows = cases.map((each) => {
    const result = results.get(each.name);
    return result === undefined ? '' : row(each, result);
  });
  return [
    `## ${title}`,
    '',
    '| network | a pair | | the report says | next steps |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** A network's line of the page. */
export function row(
  { name, about, oneSideCannotKnow, mayAlsoSay }: Case,
  { report, pair }: CaseOutcome,
): string {
  const { colour, nextSteps } = report.summary;
  const sentence = withMayAlso(report.summary.sentence, mayAlsoSay);
  const why =
    oneSideCannotKnow === undefined ? '' : `<br>(one side alone cannot know: ${oneSideCannotKnow.reason})`;
  // What chance decides would make another page of each run.
  const outcome = oneSideCannotKnow?.isByChance === true ? 'now direct, now relayed' : pair.outcome;
  return `| **${name}**<br>${about} | ${outcome}${why} | ${colour} | ${sentence}<br>${facts(report)} | ${nextSteps.join('<br>')} |`;
}

/** Whether it was said this time is chance: the page says that it comes and goes. */
function withMayAlso(sentence: string, also: string | undefined): string {
  return also === undefined ? sentence : `${sentence.replace(` ${also}`, '')} (Mostly also: ${also})`;
}

/** What is known beyond the sentence. */
function facts({ verdict }: CaseOutcome['report']): string {
  const { ipv4, ipv6, portMapping, upstreamNat, captivePortal } = verdict;
  const families = (
    [
      ['IPv4', ipv4],
      ['IPv6', ipv6],
    ] as const
  ).flatMap(([name, { routed, udp, mapping, filtering }]) =>
    routed.value === 'no'
      ? []
      : [`${name}: UDP ${udp.value}, mapping ${mapping.value}, filtering ${filtering.value}`],
  );
  const ports = (['upnp', 'pcp', 'natPmp'] as const).filter((name) => portMapping[name].value === 'yes');
  return [
    ...families,
    ...(ports.length === 0 ? [] : [`port mapping: ${ports.join(', ')}`]),
    ...(upstreamNat.value === 'unknown' ? [] : [`NAT beyond the gateway: ${upstreamNat.value}`]),
    ...(captivePortal.value === 'yes' ? ['captive portal: yes'] : []),
  ].join('<br>');
}
