import { Brand } from '../components/page-frame.js';

/** Asks for the login token. Works without scripts, too. */
export function LoginPage({ root, refusal }: { root: string; refusal: string | null }) {
  return (
    <main class="login">
      <form class="card" method="post" action={`${root}/login`}>
        <h1 class="visually-hidden">Log in</h1>
        <div class="brand">
          <Brand />
        </div>
        <p class="muted">
          Paste the dashboard's token: that of the options, or the one in <code>running.json</code> in the
          data folder.
        </p>
        {refusal !== null && (
          <p class="notice" role="alert">
            {refusal}
          </p>
        )}
        <label class="field" for="token">
          Login token
          {/* biome-ignore lint/a11y/noAutofocus: it is all that there is on the page */}
          <input id="token" name="token" type="password" required autoFocus autoComplete="off" />
        </label>
        <button type="submit" class="primary">
          Log in
        </button>
      </form>
    </main>
  );
}
