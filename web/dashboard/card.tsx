import type { ComponentChildren } from 'preact';

/** A part of a page, under a title that no other part of it has. */
export function Card({
  title,
  isBusy = false,
  children,
}: {
  title: string;
  /** Whether what it shows is still to come. */
  isBusy?: boolean;
  children: ComponentChildren;
}) {
  const id = `${title.toLowerCase().replace(/\W+/g, '-')}-title`;
  return (
    <section class="card" aria-labelledby={id} aria-busy={isBusy}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}
