import { Brand } from '../components/page-frame.js';

/** An error, as a page. */
export function ErrorPage() {
  return (
    <main class="login">
      <div class="card">
        <div class="brand">
          <Brand />
        </div>
        <h1>Error {'{{status}}'}</h1>
        <p>{'{{message}}'}</p>
        <p>
          <a href="{{root}}/">To the start</a>
        </p>
      </div>
    </main>
  );
}
