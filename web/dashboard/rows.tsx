import type { ComponentChildren } from 'preact';
import { Guard } from '../components/guard.js';
import { Card } from './card.js';
import type { ListModel } from './use-list.js';

/** A list under a title: each entry a row, which cannot break the others. */
export function Rows<Item>({
  title,
  list,
  none,
  keyOf,
  children,
}: {
  title: string;
  list: Pick<ListModel<Item>, 'items' | 'hasMore' | 'more'>;
  /** What is said when there is nothing in it. */
  none: string;
  keyOf(item: Item): string;
  /** The row of an entry. */
  children(item: Item): ComponentChildren;
}) {
  const { items, hasMore, more } = list;
  return (
    <Card title={title} isBusy={items === null}>
      {items === null && <p class="muted">Loading…</p>}
      {items?.length === 0 && <p class="muted">{none}</p>}
      <ul class="entries" aria-label={title}>
        {items?.map((item) => (
          <Guard
            key={keyOf(item)}
            of={item}
            instead={(message) => <li class="muted">One entry cannot be shown: {message}</li>}
          >
            {children(item)}
          </Guard>
        ))}
      </ul>
      {hasMore && (
        <button type="button" class="more" onClick={more}>
          Show more
        </button>
      )}
    </Card>
  );
}

/** One entry of a list: what it is, a line about it, and what can be done with it. */
export function Row({
  name,
  about,
  children,
}: {
  name: ComponentChildren;
  about: ComponentChildren;
  children?: ComponentChildren;
}) {
  return (
    <li>
      <div class="what">
        <strong>
          <bdi>{name}</bdi>
        </strong>
        <div class="small muted">{about}</div>
      </div>
      {children}
    </li>
  );
}
