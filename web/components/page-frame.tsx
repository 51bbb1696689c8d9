import type { ComponentChildren } from 'preact';
import { Icon } from './icon.js';

/** What every page has: the link that skips the bar, the bar, and the content below it. */
export function PageFrame({ bar, children }: { bar: ComponentChildren; children: ComponentChildren }) {
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="bar">
        <div>{bar}</div>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

/** The name of the page, with the logo. */
export function Brand() {
  return (
    <>
      <Icon />
      <span>Net Diagnostics</span>
    </>
  );
}

/** Whether what is shown is up to date. */
export function Live({ isOn, children }: { isOn: boolean; children: string }) {
  return (
    <span id="live" class="live">
      <span class={isOn ? 'dot on' : 'dot'} />
      <span>{children}</span>
    </span>
  );
}

/** What went wrong; renders nothing when nothing did. */
export function Notice({ text }: { text: string }) {
  return (
    <p id="error" class="notice" role="alert" hidden={text === ''}>
      {text}
    </p>
  );
}
