import { numberText } from '../words/format.js';
import type { FilterName, ListFilter } from '../words/list-filter.js';
import type { FleetAnswer } from './answers.js';

/** A choice: its value, its words, and how many endpoints it finds. */
type Option = readonly [value: string, words: string, count?: number | undefined];

/** The search, and a choice for each thing that endpoints have in common. */
export function ListControls({
  filter,
  fleet,
  onChange,
}: {
  filter: ListFilter;
  /** `null`: not known yet. */
  fleet: FleetAnswer | null;
  /** @param isTyped - more may come in a moment */
  onChange(change: Partial<ListFilter>, isTyped?: boolean): void;
}) {
  const offline = fleet === null ? undefined : fleet.total - fleet.online;
  const choices: readonly (readonly [FilterName, string, readonly Option[]])[] = [
    [
      'online',
      'State',
      [
        ['true', 'Online', fleet?.online],
        ['false', 'Offline', offline],
      ],
    ],
    [
      'nat',
      'NAT type',
      [
        ['Endpoint-Independent', 'Endpoint-Independent', fleet?.natTypes['Endpoint-Independent']],
        ['Endpoint-Dependent', 'Endpoint-Dependent', fleet?.natTypes['Endpoint-Dependent']],
        ['Unknown', 'Unknown', fleet?.natTypes.Unknown],
      ],
    ],
    ['group', 'Group', counted(fleet?.groups)],
    ['version', 'iroh', counted(fleet?.versions)],
    [
      'grant',
      'Grant',
      [
        ['granted', 'Granted', fleet?.grants.granted],
        ['expired', 'Expired', fleet?.grants.expired],
        ['none', 'None', fleet?.grants.none],
      ],
    ],
  ];
  return (
    <search class="controls">
      <label class="field find" for="filter">
        <span>
          Search a name or id, <code>group:name</code> or <code>key=value</code>
        </span>
        <input
          id="filter"
          type="search"
          autoComplete="off"
          spellcheck={false}
          maxLength={400}
          value={filter.q}
          onInput={({ currentTarget }) => onChange({ q: currentTarget.value }, true)}
        />
      </label>
      <div class="choices">
        {choices.map(([name, label, options]) => (
          <Choice
            key={name}
            name={name}
            label={label}
            value={filter[name]}
            options={[['', 'Any'], ...options]}
            onChange={onChange}
          />
        ))}
        <Choice
          name="sort"
          label="Order"
          value={filter.sort}
          options={[
            ['', 'Last seen'],
            ['name', 'Name'],
          ]}
          onChange={onChange}
        />
      </div>
    </search>
  );
}

function counted(values: FleetAnswer['groups'] = []): Option[] {
  return values.map(({ value, count }) => [value, value, count]);
}

function Choice({
  name,
  label,
  value,
  options,
  onChange,
}: {
  name: FilterName;
  label: string;
  value: string;
  options: readonly Option[];
  onChange(change: Partial<ListFilter>): void;
}) {
  // What the URL asks for need not be among the commonest values.
  const all = options.some(([known]) => known === value) ? options : [...options, [value, value] as const];
  return (
    <div class="field">
      <label for={`choose-${name}`}>{label}</label>
      <select
        id={`choose-${name}`}
        class={value === '' ? '' : 'chosen'}
        value={value}
        onChange={({ currentTarget }) => onChange({ [name]: currentTarget.value })}
      >
        {all.map(([option, words, count]) => (
          <option key={option} value={option}>
            {count === undefined ? words : `${words} (${numberText(count)})`}
          </option>
        ))}
      </select>
    </div>
  );
}
